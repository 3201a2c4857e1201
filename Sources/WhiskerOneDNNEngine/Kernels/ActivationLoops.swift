import Foundation
import WhiskerGraph

/// The activations that oneDNN doesn't have: plain loops over elements, or over rows in Double.
extension ActivationFunction {
  /// The function of each element of a range.
  func apply(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, _ range: Range<Int>) {
    @inline(__always) func each(_ function: (Float) -> Float) {
      for index in range { y[index] = function(x[index]) }
    }
    let (scale, slope) = (Float(Self.seluScale), Float(Self.seluScale * Self.seluSlope))
    let threshold = Self.shrinkThreshold
    switch self {
    case .selu: each { $0 > 0 ? scale * $0 : slope * expm1($0) }
    case .hardSigmoid: each { min(max($0 + 3, 0), 6) / 6 }
    case .sparseSigmoid: each { min(max(($0 + 1) / 2, 0), 1) }
    case .squareplus: each { ($0 + ($0 * $0 + 4).squareRoot()) / 2 }
    case .sparsePlus: each { $0 <= -1 ? 0 : $0 < 1 ? ($0 + 1) * ($0 + 1) / 4 : $0 }
    case .tanhShrink: each { $0 - Foundation.tanh($0) }
    case .softShrink: each { $0 - min(max($0, -threshold), threshold) }
    case .hardShrink: each { abs($0) > threshold ? $0 : 0 }
    case .softsign: each { $0 / (1 + abs($0)) }
    default: preconditionFailure("\(self) is oneDNN's")
    }
  }

  /// The gradient before the function of each element of a range, from the result or the operand.
  func applyGradient(
    _ known: UnsafeMutablePointer<Float>, _ g: UnsafeMutablePointer<Float>,
    to result: UnsafeMutablePointer<Float>, _ range: Range<Int>
  ) {
    @inline(__always) func each(_ slope: (Float) -> Float) {
      for index in range { result[index] = g[index] * slope(known[index]) }
    }
    let (scale, bend) = (Float(Self.seluScale), Float(Self.seluScale * Self.seluSlope))
    let threshold = Self.shrinkThreshold
    switch self {
    case .selu: each { $0 > 0 ? scale : $0 + bend }
    case .hardSigmoid: each { $0 > 0 && $0 < 1 ? 1 / 6 : 0 }
    case .sparseSigmoid: each { $0 > 0 && $0 < 1 ? 0.5 : 0 }
    case .squareplus: each { (1 + $0 / ($0 * $0 + 4).squareRoot()) / 2 }
    case .sparsePlus: each { $0 <= -1 ? 0 : $0 < 1 ? ($0 + 1) / 2 : 1 }
    case .tanhShrink: each { Foundation.tanh($0) * Foundation.tanh($0) }
    case .softShrink, .hardShrink: each { abs($0) > threshold ? 1 : 0 }
    case .softsign: each { (1 - abs($0)) * (1 - abs($0)) }
    default: preconditionFailure("\(self) is oneDNN's")
    }
  }

  /// The function of one row.
  func applyToRow(_ x: UnsafeMutablePointer<Float>, to y: UnsafeMutablePointer<Float>, _ count: Int) {
    switch self {
    case .logSoftmax:
      let largest = Double((0..<count).reduce(-.infinity) { max($0, x[$1]) })
      let sum = (0..<count).reduce(0.0) { $0 + exp(Double(x[$1]) - largest) }
      let logarithm = largest + log(sum)
      for index in 0..<count { y[index] = Float(Double(x[index]) - logarithm) }
    case .sparsemax:
      let threshold = Self.sparsemaxThreshold(x, count).value
      for index in 0..<count { y[index] = Float(max(Double(x[index]) - threshold, 0)) }
    default: preconditionFailure("\(self) is oneDNN's, or no function of a row")
    }
  }

  /// What sparsemax subtracts from a row, and the places of the elements that it is computed from, the largest first.
  private static func sparsemaxThreshold(
    _ x: UnsafeMutablePointer<Float>, _ count: Int
  ) -> (value: Double, places: ArraySlice<Int>) {
    let order = (0..<count).sorted { x[$0] > x[$1] || x[$0] == x[$1] && $0 < $1 }
    var (sum, total, size) = (0.0, 0.0, 0)
    for place in order {
      sum += Double(x[place])
      guard 1 + Double(size + 1) * Double(x[place]) > sum else { break }
      total += sum
      size += 1
    }
    return ((total - 1) / Double(max(size, 1)), order.prefix(size))
  }

  /// The gradient before the function of one row, from its result or its operand.
  func applyGradientToRow(
    _ known: UnsafeMutablePointer<Float>, _ g: UnsafeMutablePointer<Float>,
    to result: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    switch self {
    case .logSoftmax:
      let sum = (0..<count).reduce(0.0) { $0 + Double(g[$1]) }
      for index in 0..<count { result[index] = Float(Double(g[index]) - exp(Double(known[index])) * sum) }
    case .sparsemax:
      let (threshold, places) = Self.sparsemaxThreshold(known, count)
      var sum = 0.0
      for index in 0..<count {
        let isKept = Double(known[index]) > threshold
        result[index] = isKept ? g[index] : 0
        if isKept { sum += Double(g[index]) }
      }
      // The largest element is part of every running sum, the next of all but one, ….
      for (place, index) in places.enumerated() {
        result[index] = Float(
          Double(result[index]) - sum * Double(places.count - place) / Double(places.count))
      }
    default: preconditionFailure("\(self) is oneDNN's, or no function of a row")
    }
  }
}
