import Foundation
import WhiskerGraph
import WhiskerTensors

extension ActivationFunction {
  func result(_ x: DoubleTensor) -> DoubleTensor {
    switch self {
    case .relu: x.map { max($0, 0) }
    case .relu6: x.map { min(max($0, 0), 6) }
    case .sigmoid: x.map { 1 / (1 + exp(-$0)) }
    case .silu: x.map { $0 / (1 + exp(-$0)) }
    case .tanh: x.map { Foundation.tanh($0) }
    case .softmax: x.mapRows(softmaxRow)
    }
  }

  /// The gradient before the activation, from its result `y` (for SiLU its operand) and the gradient `g` after
  /// it.
  func gradient(y: DoubleTensor, g: DoubleTensor) -> DoubleTensor {
    switch self {
    case .relu: y.with(g) { y, g in y > 0 ? g : 0 }
    case .relu6: y.with(g) { y, g in y > 0 && y < 6 ? g : 0 }
    case .sigmoid: y.with(g) { y, g in g * y * (1 - y) }
    case .silu:
      y.with(g) { x, g in
        let s = 1 / (1 + exp(-x))
        return g * s * (1 + x * (1 - s))
      }
    case .tanh: y.with(g) { y, g in g * (1 - y * y) }
    case .softmax: softmaxGradient(y: y, g: g)
    }
  }

  /// `∂xᵢ = yᵢ (gᵢ − Σⱼ gⱼ yⱼ)` in each row.
  private func softmaxGradient(y: DoubleTensor, g: DoubleTensor) -> DoubleTensor {
    let mean = y.with(g, *).mapRows { row in Array(repeating: row.reduce(0, +), count: row.count) }
    return y.with(g.with(mean, -), *)
  }
}

extension Rectifier {
  func result(_ x: DoubleTensor) -> DoubleTensor { x.map { result($0) } }

  func gradient(x: DoubleTensor, g: DoubleTensor) -> DoubleTensor { x.with(g) { x, g in derivative(x) * g } }

  private func result(_ x: Double) -> Double {
    let y = x > Double(threshold) ? x : Double(slope) * (x - Double(threshold))
    return maximum.map { min(y, Double($0)) } ?? y
  }

  /// Where the function has a kink, the side that Keras takes: at the maximum it is flat, at the threshold too.
  private func derivative(_ x: Double) -> Double {
    if let maximum, result(x) >= Double(maximum) { return 0 }
    return x > Double(threshold) ? 1 : Double(slope)
  }
}

/// `eˣ / Σeˣ`, from differences to the largest so that no power overflows.
func softmaxRow(_ x: ArraySlice<Double>) -> [Double] {
  let largest = x.max() ?? 0
  let powers = x.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}

/// Inverted dropout: elements are 0 with probability `rate`, the others are multiplied by `1 / (1 − rate)`.
///
/// Element `i` in row-major order is decided by word `i mod 4` of random block `i / 4`, so that engines agree
/// on which ones stay.
func dropout(_ x: DoubleTensor, seed: DoubleTensor, rate: Float, salt: Int) -> DoubleTensor {
  let key = RandomKey(words: seed.rounded.values).derived(UInt64(salt))
  let scale = 1 / (1 - Double(rate))
  var result = x
  for index in x.values.indices {
    let word = key.block(at: UInt64(index / 4))[index % 4]
    let isKept = Float(word >> 8) * 0x1p-24 >= rate
    result.values[index] = isKept ? x.values[index] * scale : 0
  }
  return result
}
