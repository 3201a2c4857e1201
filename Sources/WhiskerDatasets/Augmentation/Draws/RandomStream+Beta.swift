package import WhiskerTensors

#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

extension RandomStream {
  /// A number from 0 to 1 with the density `x^(α−1) (1 − x)^(α−1) / B(α, α)`: ½ on average; near 0 or 1 for small α.
  package mutating func symmetricBeta(_ alpha: Double) -> Double {
    // Two gamma variates, as logarithms: for small α they are too small for a Double.
    let (first, second) = (logGamma(alpha), logGamma(alpha))
    return 1 / (1 + exp(second - first))
  }

  /// The logarithm of a gamma variate (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).
  private mutating func logGamma(_ shape: Double) -> Double {
    if shape < 1 { return logGamma(shape + 1) + log(1 - Double(uniform())) / shape }
    let d = shape - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = Double(normal())
      let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
      guard v > 0 else { continue }
      if log(1 - Double(uniform())) < x * x / 2 + d - d * v + d * log(v) { return log(d * v) }
    }
  }
}
