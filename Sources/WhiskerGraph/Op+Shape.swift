public import WhiskerTensors

extension Op {
  /// The shape of the result for operands of the given shapes.
  ///
  /// - Throws: ``GraphError`` with `operandCount` or `shapeMismatch`, naming the op and both shapes.
  public func outputShape(for operands: [Shape]) throws(GraphError) -> Shape {
    try checkCount(operands.count)
    switch self {
    case .input, .state:
      throw error(.malformed, "expected its shape to be declared, not derived")
    case .constant(_, let shape): return shape
    case .add, .multiply, .activationGradient, .rectifierGradient:
      try require(operands[1], operands[0])
      return operands[0]
    case .scale, .rescale, .rectifier: return operands[0]
    case .broadcast(let shape):
      try require(operands[0], [])
      return shape
    case .sum, .mean: return []
    case .reshape(let shape):
      guard shape.count == operands[0].count else {
        throw error(.shapeMismatch, "expected \(operands[0].count) elements \(operands[0]), got \(shape)")
      }
      return shape
    case .pad(let edges): return try paddedShape(operands[0], edges, sign: 1)
    case .crop(let edges): return try paddedShape(operands[0], edges, sign: -1)
    case .concatenate(let axis): return try concatenatedShape(operands, axis: axis)
    case .slice(let axis, let start, let count):
      guard operands[0].sizes.indices.contains(axis), start >= 0, count > 0,
        start <= operands[0][axis] - count
      else {
        throw error(
          .shapeMismatch, "expected places of axis \(axis) of \(operands[0]), got \(start) and \(count) more")
      }
      return operands[0].replacing(axis, with: count)
    case .activation(let activation):
      guard activation.isElementwise || operands[0].rank >= 1 else {
        throw error(.shapeMismatch, "expected at least one axis for softmax, got a scalar")
      }
      return operands[0]
    case .matrixProduct(let product): return try matrixProductShape(product, operands)
    case .convolution(let convolution): return try convolutionShape(convolution, operands)
    case .convolutionInputGradient(let convolution, let shape):
      try require(operands[1], convolutionShape(convolution, [shape, operands[0]]))
      return shape
    case .convolutionKernelGradient(let convolution, let shape):
      try require(operands[1], convolutionShape(convolution, [operands[0], shape]))
      return shape
    case .biasGradient, .channelMean, .channelVariance: return try channels(of: operands[0])
    case .normalization, .batchNormalization:
      for vector in operands.dropFirst() { try require(vector, channels(of: operands[0])) }
      return operands[0]
    case .batchNormalizationGradient:
      try require(operands[1], channels(of: operands[0]))
      try require(operands[2], operands[0])
      return operands[0]
    case .batchNormalizationScaleGradient:
      try require(operands[1], operands[0])
      return try channels(of: operands[0])
    case .pooling(let pooling): return try poolingShape(pooling, operands[0])
    case .poolingGradient(let pooling):
      let result = try poolingShape(pooling, operands[0])
      try require(operands[1], result)
      try require(operands[2], result)
      return operands[0]
    case .dropout:
      try require(operands[1], [4])
      return operands[0]
    case .crossentropy(let loss): return try crossentropyShape(loss, operands)
    case .crossentropyGradient(let loss):
      try require(operands[2], crossentropyShape(loss, operands))
      return operands[0]
    case .update:
      for scalar in operands.dropFirst() { try require(scalar, []) }
      return []
    case .movingAverage: return []
    }
  }

  /// How many operands the op takes.
  var operandCount: ClosedRange<Int> {
    switch self {
    case .input, .state, .constant: 0...0
    case .scale, .rescale, .broadcast, .sum, .mean, .reshape, .activation, .biasGradient, .pooling: 1...1
    case .pad, .crop, .slice, .rectifier, .channelMean, .channelVariance, .movingAverage: 1...1
    case .concatenate: 1...Int.max
    case .add, .multiply, .activationGradient, .convolutionInputGradient, .convolutionKernelGradient: 2...2
    case .rectifierGradient, .batchNormalizationScaleGradient: 2...2
    case .dropout, .crossentropy: 2...2
    case .update(let rule, _, _): rule.countsSteps ? 3...3 : 2...2
    case .matrixProduct, .convolution: 2...3
    case .poolingGradient, .crossentropyGradient, .batchNormalization, .batchNormalizationGradient: 3...3
    case .normalization: 5...5
    }
  }

  private func checkCount(_ count: Int) throws(GraphError) {
    guard operandCount.contains(count) else {
      throw error(
        .operandCount,
        "expected \(operandCount.lowerBound) to \(operandCount.upperBound) operands, got \(count)")
    }
  }

  private func error(_ code: GraphError.Code, _ message: String) -> GraphError {
    GraphError(code, kind.rawValue, message)
  }

  private func require(_ shape: Shape, _ expected: Shape) throws(GraphError) {
    guard shape == expected else { throw error(.shapeMismatch, "expected \(expected), got \(shape)") }
  }

  private func channels(of shape: Shape) throws(GraphError) -> Shape {
    guard let channels = shape.sizes.last else {
      throw error(.shapeMismatch, "expected at least one axis, got a scalar")
    }
    return [channels]
  }

  /// `[N, H, W, C]` with rows and columns added (`sign` 1) or taken away (−1).
  private func paddedShape(_ input: Shape, _ edges: EdgePadding, sign: Int) throws(GraphError) -> Shape {
    guard input.rank == 4 else { throw error(.shapeMismatch, "expected [N, H, W, C], got \(input)") }
    guard min(edges.top, edges.left, edges.bottom, edges.right) >= 0 else {
      throw error(.shapeMismatch, "expected edges of at least 0, got \(edges)")
    }
    let height = input[1] + sign * (edges.top + edges.bottom)
    let width = input[2] + sign * (edges.left + edges.right)
    guard height > 0, width > 0 else {
      throw error(.shapeMismatch, "expected more rows and columns than are cropped, got \(input)")
    }
    return [input[0], height, width, input[3]]
  }

  private func concatenatedShape(_ operands: [Shape], axis: Int) throws(GraphError) -> Shape {
    guard operands[0].sizes.indices.contains(axis) else {
      throw error(.shapeMismatch, "expected an axis of \(operands[0]), got \(axis)")
    }
    var size = operands[0][axis]
    for shape in operands.dropFirst() {
      guard shape.rank == operands[0].rank else {
        throw error(.shapeMismatch, "expected as many axes as \(operands[0]), got \(shape)")
      }
      try require(shape, operands[0].replacing(axis, with: shape[axis]))
      size += shape[axis]
    }
    return operands[0].replacing(axis, with: size)
  }

  /// Softmax looks at a whole row, so it can't be part of the op that makes the row.
  private func requireElementwise(_ fused: ActivationFunction?) throws(GraphError) {
    guard fused?.isFusible ?? true else {
      throw error(.unsupported, "expected an elementwise activation, got \(fused?.rawValue ?? "")")
    }
  }

  private func matrixProductShape(_ product: MatrixProduct, _ operands: [Shape]) throws(GraphError) -> Shape {
    guard operands[0].rank == 2, operands[1].rank == 2 else {
      throw error(.shapeMismatch, "expected two matrices, got \(operands[0]) and \(operands[1])")
    }
    let (rows, inner) =
      product.transposesLeft ? (operands[0][1], operands[0][0]) : (operands[0][0], operands[0][1])
    let (innerRight, columns) =
      product.transposesRight ? (operands[1][1], operands[1][0]) : (operands[1][0], operands[1][1])
    guard inner == innerRight else {
      throw error(.shapeMismatch, "expected equal inner sizes, got \(operands[0]) and \(operands[1])")
    }
    try requireElementwise(product.activation)
    if operands.count == 3 { try require(operands[2], [columns]) }
    return [rows, columns]
  }

  private func convolutionShape(_ convolution: Convolution, _ operands: [Shape]) throws(GraphError) -> Shape {
    let (input, kernel, window) = (operands[0], operands[1], convolution.window)
    guard input.rank == 4, kernel.rank == 4 else {
      throw error(.shapeMismatch, "expected [N, H, W, C] and [h, w, I, O], got \(input) and \(kernel)")
    }
    guard convolution.groups > 0 else {
      throw error(.shapeMismatch, "expected at least 1 group, got \(convolution.groups)")
    }
    guard kernel[0] == window.height, kernel[1] == window.width, kernel[2] * convolution.groups == input[3],
      kernel[3] % convolution.groups == 0
    else {
      throw error(
        .shapeMismatch,
        "expected a kernel (\(window.height), \(window.width), \(input[3] / convolution.groups), O), "
          + "got \(kernel) for input \(input)")
    }
    guard let size = window.outputSize(height: input[1], width: input[2]) else {
      throw error(.shapeMismatch, "expected at least \(window.height) × \(window.width) pixels, got \(input)")
    }
    try requireElementwise(convolution.activation)
    if operands.count == 3 { try require(operands[2], [kernel[3]]) }
    return [input[0], size.height, size.width, kernel[3]]
  }

  private func poolingShape(_ pooling: Pooling, _ input: Shape) throws(GraphError) -> Shape {
    guard input.rank == 4 else { throw error(.shapeMismatch, "expected [N, H, W, C], got \(input)") }
    let (window, padding) = (pooling.window, pooling.window.padding)
    guard max(padding.top, padding.bottom) < window.height, max(padding.left, padding.right) < window.width
    else {
      throw error(.shapeMismatch, "expected padding smaller than the window, got \(window) for \(input)")
    }
    guard let size = window.outputSize(height: input[1], width: input[2]) else {
      throw error(
        .shapeMismatch,
        "expected at least \(window.height) × \(window.width) pixels, got \(input)")
    }
    return [input[0], size.height, size.width, input[3]]
  }

  private func crossentropyShape(_ loss: Crossentropy, _ operands: [Shape]) throws(GraphError) -> Shape {
    guard operands[0].rank == 2 else {
      throw error(.shapeMismatch, "expected predictions [N, K], got \(operands[0])")
    }
    try require(operands[1], loss.kind == .sparseCategorical ? [operands[0][0]] : operands[0])
    return [operands[0][0]]
  }
}

extension Shape {
  /// The same shape with another size of one axis.
  package func replacing(_ axis: Int, with size: Int) -> Shape {
    var sizes = sizes
    sizes[axis] = size
    return Shape(sizes)
  }
}
