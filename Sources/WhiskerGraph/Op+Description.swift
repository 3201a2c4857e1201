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
    case .activation(let activation), .activationGradient(let activation): [activation.rawValue]
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
    case .dropout(let rate, let salt): ["\(rate)", "salt \(salt)"]
    case .crossentropy(let loss), .crossentropyGradient(let loss):
      [loss.kind.rawValue, loss.isFromLogits ? "from-logits" : "from-probabilities"]
        + (loss.labelSmoothing == 0 ? [] : ["smoothing \(loss.labelSmoothing)"])
    case .update(let rule, let state): ["\"\(state)\"", "\(rule)"]
    case .add, .multiply, .broadcast, .sum, .mean, .reshape, .biasGradient: []
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
