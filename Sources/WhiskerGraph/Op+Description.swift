extension Op: CustomStringConvertible {
  /// The op's name and settings, as a dump shows them: `convolution 3×3 stride 1×1 relu`.
  public var description: String {
    ([kind.rawValue] + settings).joined(separator: " ")
  }

  private var settings: [String] {
    switch self {
    case .input(let name), .state(let name): ["\"\(name)\""]
    case .constant(let number, _): ["\(number)"]
    case .scale(let factor): ["\(factor)"]
    case .rescale(let factor, let offset): ["\(factor)", "+", "\(offset)"]
    case .pad(let edges), .crop(let edges):
      [[edges.top, edges.left, edges.bottom, edges.right].map(String.init).joined(separator: ",")]
    case .concatenate(let axis): ["axis \(axis)"]
    case .slice(let axis, let start, let count): ["axis \(axis)", "\(start)..<\(start + count)"]
    case .activation(let activation), .activationGradient(let activation): [activation.rawValue]
    case .rectifier(let rectifier), .rectifierGradient(let rectifier):
      ["\(rectifier.slope)", "\(rectifier.threshold)", rectifier.maximum.map { "\($0)" } ?? "∞"]
    case .matrixProduct(let product):
      (product.transposesLeft ? ["transposed-left"] : [])
        + (product.transposesRight ? ["transposed-right"] : [])
        + (product.activation.map { [$0.rawValue] } ?? [])
    case .convolution(let convolution), .convolutionInputGradient(let convolution, _),
      .convolutionKernelGradient(let convolution, _):
      [convolution.window.description] + (convolution.groups == 1 ? [] : ["groups \(convolution.groups)"])
        + (convolution.activation.map { [$0.rawValue] } ?? [])
    case .pooling(let pooling), .poolingGradient(let pooling):
      [pooling.kind.rawValue, pooling.window.description] + (pooling.hasReLU ? ["relu"] : [])
    case .normalization(let epsilon), .batchNormalization(let epsilon),
      .batchNormalizationGradient(let epsilon), .batchNormalizationScaleGradient(let epsilon):
      ["epsilon \(epsilon)"]
    case .dropout(let rate, let salt): ["\(rate)", "salt \(salt)"]
    case .crossentropy(let loss), .crossentropyGradient(let loss):
      [loss.kind.rawValue, loss.isFromLogits ? "from-logits" : "from-probabilities"]
        + (loss.labelSmoothing == 0 ? [] : ["smoothing \(loss.labelSmoothing)"])
    case .update(let rule, let weightDecay, let state):
      ["\"\(state)\"", "\(rule)"] + (weightDecay == 0 ? [] : ["decay \(weightDecay)"])
    case .movingAverage(let momentum, let state): ["\"\(state)\"", "momentum \(momentum)"]
    case .add, .multiply, .broadcast, .sum, .mean, .reshape, .biasGradient, .channelMean, .channelVariance: []
    }
  }
}

extension Window: CustomStringConvertible {
  /// `3×3 stride 1×1`, with the padding if there is any.
  public var description: String {
    let sides = [padding.top, padding.left, padding.bottom, padding.right]
    let edges = padding == .none ? "" : " padding \(sides.map(String.init).joined(separator: ","))"
    return "\(height)×\(width) stride \(rowStride)×\(columnStride)\(edges)"
  }
}
