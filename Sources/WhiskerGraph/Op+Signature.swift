public import WhiskerSystem
public import WhiskerTensors

extension Op {
  /// What the graph knows about the op: a row of the table.
  private var signature: Signature {
    switch self {
    case .input(let name): Signature(.input, 0...0, ["\"\(name)\""], .declared)
    case .state(let name): Signature(.state, 0...0, ["\"\(name)\""], .declared)
    case .constant(let number, let shape): Signature(.constant, 0...0, ["\(number)"], .fixed(shape))

    case .add: Signature(.add, 2...2, .combined)
    case .multiply: Signature(.multiply, 2...2, .combined)
    case .scale(let factor): Signature(.scale, 1...1, ["\(factor)"], .first)
    case .rescale(let factor, let offset):
      Signature(.rescale, 1...1, ["\(factor)", "+", "\(offset)"], .first)
    case .broadcast(let shape): Signature(.broadcast, 1...1, .broadcast(to: shape))
    case .reduce(let shape): Signature(.reduce, 1...1, .reduce(to: shape))
    case .sum: Signature(.sum, 1...1, .fixed([]))
    case .mean: Signature(.mean, 1...1, .fixed([]))
    case .reshape(let shape): Signature(.reshape, 1...1, .reshape(to: shape))
    case .transpose(let order):
      Signature(.transpose, 1...1, ["\(order)"], .transposed(order))
    case .pad(let edges): Signature(.pad, 1...1, ["\(edges)"], .padded(edges, sign: 1))
    case .crop(let edges): Signature(.crop, 1...1, ["\(edges)"], .padded(edges, sign: -1))
    case .concatenate(let axis):
      Signature(.concatenate, 1...Int.max, ["axis \(axis)"], .concatenated(axis: axis))
    case .slice(let axis, let start, let count):
      Signature(
        .slice, 1...1, ["axis \(axis)", "\(start)..<\(start + count)"],
        .sliced(axis: axis, start: start, count: count))

    case .activation(let activation):
      Signature(.activation, 1...1, [activation.rawValue], .activated(activation))
    case .activationGradient(let activation):
      Signature(.activationGradient, 2...2, [activation.rawValue], .alike)
    case .rectifier(let rectifier): Signature(.rectifier, 1...1, rectifier.settings, .first)
    case .rectifierGradient(let rectifier):
      Signature(.rectifierGradient, 2...2, rectifier.settings, .alike)

    case .matrixProduct(let product):
      Signature(.matrixProduct, 2...3, product.settings, .product(product))
    case .convolution(let convolution):
      Signature(.convolution, 2...3, convolution.settings, .convolution(convolution))
    case .convolutionInputGradient(let convolution, let shape):
      Signature(
        .convolutionInputGradient, 2...2, convolution.settings,
        .gradient(of: .convolution(convolution), for: shape) { [shape, $0[0]] })
    case .convolutionKernelGradient(let convolution, let shape):
      Signature(
        .convolutionKernelGradient, 2...2, convolution.settings,
        .gradient(of: .convolution(convolution), for: shape) { [$0[0], shape] })
    case .biasGradient: Signature(.biasGradient, 1...1, .channels)

    case .pooling(let pooling): Signature(.pooling, 1...1, pooling.settings, .pooling(pooling))
    case .poolingGradient(let pooling):
      Signature(.poolingGradient, 3...3, pooling.settings, .poolingGradient(pooling))

    case .channelMean: Signature(.channelMean, 1...1, .channels)
    case .channelVariance: Signature(.channelVariance, 1...1, .channels)
    case .normalization(let epsilon):
      Signature(.normalization, 5...5, ["epsilon \(epsilon)"], .normalization)
    case .batchNormalization(let epsilon):
      Signature(.batchNormalization, 3...3, ["epsilon \(epsilon)"], .normalization)
    case .batchNormalizationGradient(let epsilon):
      Signature(
        .batchNormalizationGradient, 3...3, ["epsilon \(epsilon)"], .normalizationGradient)
    case .batchNormalizationScaleGradient(let epsilon):
      Signature(
        .batchNormalizationScaleGradient, 2...2, ["epsilon \(epsilon)"], .normalizationScaleGradient)

    case .layerNormalization(let epsilon):
      Signature(.layerNormalization, 3...3, ["epsilon \(epsilon)"], .normalization)
    case .layerNormalizationGradient(let epsilon):
      Signature(.layerNormalizationGradient, 3...3, ["epsilon \(epsilon)"], .normalizationGradient)
    case .layerNormalizationScaleGradient(let epsilon):
      Signature(.layerNormalizationScaleGradient, 2...2, ["epsilon \(epsilon)"], .normalizationScaleGradient)

    case .resample(let resampling): Signature(.resample, 1...1, resampling.settings, .resampled(resampling))
    case .resampleGradient(let resampling, let shape):
      Signature(.resampleGradient, 1...1, resampling.settings, .resampleGradient(resampling, for: shape))

    case .dropout(let rate, let salt):
      Signature(.dropout, 2...2, ["\(rate)", "salt \(salt)"], .dropout)
    case .noise(let shape, let salt): Signature(.noise, 1...1, ["salt \(salt)"], .noise(shape))
    case .crossentropy(let loss): Signature(.crossentropy, 2...2, loss.settings, .crossentropy(loss))
    case .crossentropyGradient(let loss):
      Signature(.crossentropyGradient, 3...3, loss.settings, .crossentropyGradient(loss))

    case .clipNorm(let bound): Signature(.clipNorm, 2...2, ["\(bound)"], .scaledFirst)
    case .update(let rule, let weightDecay, let state):
      Signature(
        .update, rule.countsSteps ? 3...3 : 2...2,
        ["\"\(state)\"", "\(rule)"] + (weightDecay == 0 ? [] : ["decay \(weightDecay)"]), .update,
        hasEffect: true)
    case .movingAverage(let momentum, let state):
      Signature(
        .movingAverage, 1...1, ["\"\(state)\"", "momentum \(momentum)"], .fixed([]), hasEffect: true)
    case .blend(let state): Signature(.blend, 2...2, ["\"\(state)\""], .update, hasEffect: true)
    }
  }

  /// The op without its settings.
  public var kind: Kind { signature.kind }

  /// How many operands the op takes.
  public var operandCount: ClosedRange<Int> { signature.operandCount }

  /// Whether running the op changes state, so that it must stay though nothing reads it.
  public var hasEffect: Bool { signature.hasEffect }

  /// The shape of the result for operands of the given shapes.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `operandCount` or `shapeMismatch`, naming the op and both shapes.
  public func outputShape(for operands: [Shape]) throws(WhiskerError) -> Shape {
    let signature = signature
    guard signature.operandCount.contains(operands.count) else {
      let (fewest, most) = (signature.operandCount.lowerBound, signature.operandCount.upperBound)
      throw WhiskerError(
        .operandCount, signature.kind.rawValue,
        expected: "\(fewest) to \(most) operands", got: "\(operands.count)")
    }
    return try signature.shape.apply(OperandShapes(signature.kind, operands))
  }
}

extension Op: CustomStringConvertible {
  /// The op's name and settings, as a dump shows them: `convolution 3×3 stride 1×1 relu`.
  public var description: String {
    let signature = signature
    return ([signature.kind.rawValue] + signature.settings()).joined(separator: " ")
  }
}

/// A row of the table of ops: name, operands, settings, shape of the result.
private struct Signature {
  let kind: Op.Kind
  let operandCount: ClosedRange<Int>
  /// The settings as a dump shows them; made only for one.
  let settings: () -> [String]
  let shape: ShapeRule
  let hasEffect: Bool

  init(
    _ kind: Op.Kind, _ operandCount: ClosedRange<Int>, _ settings: @autoclosure @escaping () -> [String],
    _ shape: ShapeRule, hasEffect: Bool = false
  ) {
    self.kind = kind
    self.operandCount = operandCount
    self.settings = settings
    self.shape = shape
    self.hasEffect = hasEffect
  }

  /// An op without settings to show.
  init(_ kind: Op.Kind, _ operandCount: ClosedRange<Int>, _ shape: ShapeRule) {
    self.init(kind, operandCount, [], shape)
  }
}
