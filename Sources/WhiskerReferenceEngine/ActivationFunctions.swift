import Foundation
import WhiskerGraph
import WhiskerTensors

extension ActivationFunction {
  func result(_ x: DoubleTensor) -> DoubleTensor {
    switch self {
    case .softmax: x.mapRows(softmaxRow)
    case .logSoftmax: x.mapRows { zip($0, logSumExp($0)).map(-) }
    case .sparsemax: x.mapRows(sparsemaxRow)
    default: x.map { value($0) }
    }
  }

  /// The gradient before the activation, from its result `y` (or from its operand, where the derivative takes that:
  /// ``WhiskerGraph/ActivationFunction/isDifferentiatedFromResult``) and the gradient `g` after it.
  func gradient(y: DoubleTensor, g: DoubleTensor) -> DoubleTensor {
    switch self {
    case .softmax: softmaxGradient(y: y, g: g)
    case .logSoftmax:
      // ∂xᵢ = gᵢ − e^yᵢ Σⱼ gⱼ in each row.
      g.with(y.map { exp($0) }.with(g.mapRows { row in repeating(row.reduce(0, +), row.count) }, *), -)
    case .sparsemax: sparsemaxGradient(x: y, g: g)
    default: y.with(g) { known, g in g * derivative(known) }
    }
  }

  /// The function of one element.
  private func value(_ x: Double) -> Double {
    switch self {
    case .relu: max(x, 0)
    case .relu6: min(max(x, 0), 6)
    case .leakyReLU: x > 0 ? x : Double(Self.leakySlope) * x
    case .elu, .celu: x > 0 ? x : expm1(x)
    case .selu: Self.seluScale * (x > 0 ? x : Self.seluSlope * expm1(x))
    case .sigmoid: logistic(x)
    case .logSigmoid: -softened(-x)
    case .hardSigmoid: min(max(x + 3, 0), 6) / 6
    case .sparseSigmoid: min(max((x + 1) / 2, 0), 1)
    case .silu: x * logistic(x)
    case .hardSilu: x * min(max(x + 3, 0), 6) / 6
    case .gelu: x * normalShare(x)
    case .approximateGELU: x / 2 * (1 + Foundation.tanh(tanhArgument(x)))
    case .mish: x * Foundation.tanh(softened(x))
    case .softplus: softened(x)
    case .squareplus: (x + (x * x + 4).squareRoot()) / 2
    case .sparsePlus: x <= -1 ? 0 : x < 1 ? (x + 1) * (x + 1) / 4 : x
    case .tanh: Foundation.tanh(x)
    case .hardTanh: min(max(x, -1), 1)
    case .tanhShrink: x - Foundation.tanh(x)
    case .softShrink: x - min(max(x, -Double(Self.shrinkThreshold)), Double(Self.shrinkThreshold))
    case .hardShrink: abs(x) > Double(Self.shrinkThreshold) ? x : 0
    case .softsign: x / (1 + abs(x))
    case .exponential: exp(x)
    case .softmax, .logSoftmax, .sparsemax: preconditionFailure("\(self) is a function of a row")
    }
  }

  /// The derivative for one element, from the result `y` or the operand.
  private func derivative(_ known: Double) -> Double {
    let (x, y) = (known, known)
    switch self {
    case .relu: return y > 0 ? 1 : 0
    case .relu6: return y > 0 && y < 6 ? 1 : 0
    case .leakyReLU: return y > 0 ? 1 : Double(Self.leakySlope)
    case .elu, .celu: return y > 0 ? 1 : y + 1
    case .selu: return y > 0 ? Self.seluScale : y + Self.seluScale * Self.seluSlope
    case .sigmoid: return y * (1 - y)
    case .logSigmoid: return logistic(-x)
    case .hardSigmoid: return y > 0 && y < 1 ? 1 / 6 : 0
    case .sparseSigmoid: return y > 0 && y < 1 ? 0.5 : 0
    case .silu: return logistic(x) * (1 + x * logistic(-x))
    case .hardSilu: return x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1
    case .gelu: return normalShare(x) + x * exp(-x * x / 2) / (2 * Double.pi).squareRoot()
    case .approximateGELU:
      let t = Foundation.tanh(tanhArgument(x))
      let slope = (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
      return (1 + t) / 2 + x / 2 * (1 - t * t) * slope
    case .mish:
      let t = Foundation.tanh(softened(x))
      return t + x * (1 - t * t) * logistic(x)
    case .softplus: return logistic(x)
    case .squareplus: return (1 + x / (x * x + 4).squareRoot()) / 2
    case .sparsePlus: return x <= -1 ? 0 : x < 1 ? (x + 1) / 2 : 1
    case .tanh: return 1 - y * y
    case .hardTanh: return y > -1 && y < 1 ? 1 : 0
    case .tanhShrink: return Foundation.tanh(x) * Foundation.tanh(x)
    case .softShrink, .hardShrink: return abs(x) > Double(Self.shrinkThreshold) ? 1 : 0
    case .softsign: return (1 - abs(y)) * (1 - abs(y))
    case .exponential: return y
    case .softmax, .logSoftmax, .sparsemax: preconditionFailure("\(self) is a function of a row")
    }
  }

  /// `∂xᵢ = yᵢ (gᵢ − Σⱼ gⱼ yⱼ)` in each row.
  private func softmaxGradient(y: DoubleTensor, g: DoubleTensor) -> DoubleTensor {
    let mean = y.with(g, *).mapRows { row in repeating(row.reduce(0, +), row.count) }
    return y.with(g.with(mean, -), *)
  }

  /// In each row `g` of the elements above 0, less for each of the k largest its share of the sum of these: the largest is
  /// part of all k running sums, the next of k − 1, ….
  private func sparsemaxGradient(x: DoubleTensor, g: DoubleTensor) -> DoubleTensor {
    let isKept = x.mapRows(sparsemaxRow).map { $0 > 0 ? 1 : 0 }
    let kept = isKept.with(g, *)
    let sums = kept.mapRows { row in repeating(row.reduce(0, +), row.count) }
    let shares = x.mapRows { row in
      let row = Array(row)
      let count = sparsemaxThreshold(row).count
      var shares = repeating(0, row.count)
      let order = row.indices.sorted { row[$0] > row[$1] || row[$0] == row[$1] && $0 < $1 }
      for (place, index) in order.prefix(count).enumerated() {
        shares[index] = Double(count - place) / Double(count)
      }
      return shares
    }
    return kept.with(sums.with(shares, *), -)
  }
}

private func repeating(_ number: Double, _ count: Int) -> [Double] { Array(repeating: number, count: count) }

private func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// `log(1 + eˣ)`, arranged so that no power overflows.
private func softened(_ x: Double) -> Double { max(x, 0) + log1p(exp(-abs(x))) }

/// How much of a standard normal distribution lies below `x`.
private func normalShare(_ x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

/// What the approximation of GELU takes the tanh of.
private func tanhArgument(_ x: Double) -> Double { (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x) }

/// `log Σeˣ` for each element of a row, from differences to the largest.
private func logSumExp(_ x: ArraySlice<Double>) -> [Double] {
  let largest = x.max() ?? 0
  return repeating(largest + log(x.reduce(0) { $0 + exp($1 - largest) }), x.count)
}

/// What ``WhiskerGraph/ActivationFunction/sparsemax`` subtracts from a row, and over how many of its largest elements that
/// is computed.
private func sparsemaxThreshold(_ x: [Double]) -> (value: Double, count: Int) {
  var (sum, total, count) = (0.0, 0.0, 0)
  for z in x.sorted(by: >) {
    sum += z
    guard 1 + Double(count + 1) * z > sum else { break }
    total += sum
    count += 1
  }
  return ((total - 1) / Double(max(count, 1)), count)
}

private func sparsemaxRow(_ x: ArraySlice<Double>) -> [Double] {
  let threshold = sparsemaxThreshold(Array(x)).value
  return x.map { max($0 - threshold, 0) }
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

/// Numbers with mean 0 and deviation 1: each pair of elements in row-major order from one random block.
func noise(_ shape: Shape, seed: DoubleTensor, salt: Int) -> DoubleTensor {
  let key = RandomKey(words: seed.rounded.values).derived(UInt64(salt))
  var result = DoubleTensor(shape)
  for index in result.values.indices {
    let pair = key.normals(at: UInt64(index / 2))
    result.values[index] = index % 2 == 0 ? pair.0 : pair.1
  }
  return result
}
