public import WhiskerSystem

extension Graph {
  /// Appends the gradients of a scalar with respect to other values, by reverse accumulation.
  ///
  /// The chain rule runs once over the nodes from last to first: every node adds, for each operand, its
  /// local gradient times what has reached its result. Nodes that lead to none of `values` are skipped.
  ///
  /// - Returns: one value for each of `values`, of the same shape.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `noGradient`, naming the op, if an op along the way has
  ///   none.
  public mutating func gradients(of loss: Value, for values: [Value]) throws(WhiskerError) -> [Value] {
    guard shape(of: loss) == [] else {
      throw WhiskerError(.operandMismatch, "gradients", expected: "a scalar", got: "\(shape(of: loss))")
    }
    let leadsToValues = reachability(from: values, through: loss)
    var gradients: [Value: Value] = [loss: constant(1)]
    for index in stride(from: loss.index, through: 0, by: -1) where leadsToValues[index] {
      let value = Value(index: index)
      guard let gradient = gradients[value], !nodes[index].operands.isEmpty else { continue }
      let node = nodes[index]
      let wanted = node.operands.map { leadsToValues[$0.index] }
      guard wanted.contains(true) else { continue }  // one of `values` itself, made from others
      let locals = try operandGradients(of: value, gradient: gradient, wanted: wanted)
      for (operand, local) in zip(node.operands, locals) {
        guard let local else { continue }
        gradients[operand] = if let sum = gradients[operand] { try append(.add, sum, local) } else { local }
      }
    }
    var results: [Value] = []
    for value in values { results.append(gradients[value] ?? constant(0, shape(of: value))) }
    return results
  }

  /// For every node up to `last`, whether one of `values` is it or feeds it.
  private func reachability(from values: [Value], through last: Value) -> [Bool] {
    var reached = [Bool](repeating: false, count: last.index + 1)
    for value in values where value.index <= last.index { reached[value.index] = true }
    for index in reached.indices where !reached[index] {
      reached[index] = nodes[index].operands.contains { reached[$0.index] }
    }
    return reached
  }

  /// The gradient table: for the node of `y = op(x…)` and the gradient `g` of `y`, the gradient of each
  /// operand that is wanted, nil for the others.
  private mutating func operandGradients(
    of y: Value, gradient g: Value, wanted: [Bool]
  ) throws(WhiskerError) -> [Value?] {
    let (op, x) = (self[y].op, self[y].operands)
    switch op {
    case .input, .state, .constant: return []
    case .add:
      return [wanted[0] ? try reduced(g, to: x[0]) : nil, wanted[1] ? try reduced(g, to: x[1]) : nil]
    case .multiply:
      return [
        wanted[0] ? try reduced(append(.multiply, g, x[1]), to: x[0]) : nil,
        wanted[1] ? try reduced(append(.multiply, g, x[0]), to: x[1]) : nil,
      ]
    case .scale(let factor): return [try append(.scale(factor), g)]
    case .rescale(let factor, _): return [try append(.scale(factor), g)]
    case .broadcast: return [try reduced(g, to: x[0])]
    case .reduce: return [try append(.broadcast(shape(of: x[0])), g)]
    case .sum: return [try append(.broadcast(shape(of: x[0])), g)]
    case .mean:
      let share = try append(.scale(1 / Float(shape(of: x[0]).count)), g)
      return [try append(.broadcast(shape(of: x[0])), share)]
    case .reshape: return [try append(.reshape(shape(of: x[0])), g)]
    case .transpose(let order):
      return [try append(.transpose(order.indices.sorted { order[$0] < order[$1] }), g)]
    case .pad(let edges): return [try append(.crop(edges), g)]
    case .crop(let edges): return [try append(.pad(edges), g)]
    case .concatenate(let axis):
      var start = 0
      var parts: [Value?] = []
      for (operand, isWanted) in zip(x, wanted) {
        let count = shape(of: operand)[axis]
        parts.append(isWanted ? try append(.slice(axis: axis, start: start, count: count), g) : nil)
        start += count
      }
      return parts
    case .slice(let axis, let start, let count):
      let whole = shape(of: x[0])
      let after = whole[axis] - start - count
      let before = start == 0 ? [] : [constant(0, whole.replacing(axis, with: start))]
      let behind = after == 0 ? [] : [constant(0, whole.replacing(axis, with: after))]
      return [try append(.concatenate(axis: axis), before + [g] + behind)]
    case .activation(let activation):
      let known = activation.isDifferentiatedFromResult ? y : x[0]
      return [try append(.activationGradient(activation), known, g)]
    case .rectifier(let rectifier): return [try append(.rectifierGradient(rectifier), x[0], g)]
    case .matrixProduct(let product):
      return try matrixProductGradients(product, x, y, g, wanted)
    case .convolution(let convolution):
      return try convolutionGradients(convolution, x, y, g, wanted)
    case .convolutionInputGradient(let convolution, _):
      // Linear in both; the convolution of `g` is what it transposes.
      return [
        wanted[0] ? try append(.convolutionKernelGradient(convolution, shape(of: x[0])), g, x[1]) : nil,
        wanted[1] ? try append(.convolution(convolution), g, x[0]) : nil,
      ]
    case .pooling(let pooling): return [try append(.poolingGradient(pooling), x[0], y, g)]
    case .normalization(let epsilon): return try normalizationGradients(epsilon, x, g, wanted)
    case .batchNormalization(let epsilon):
      return [
        wanted[0] ? try append(.batchNormalizationGradient(epsilon: epsilon), x[0], x[1], g) : nil,
        wanted[1] ? try append(.batchNormalizationScaleGradient(epsilon: epsilon), x[0], g) : nil,
        wanted[2] ? try append(.biasGradient, g) : nil,
      ]
    case .layerNormalization(let epsilon):
      return [
        wanted[0] ? try append(.layerNormalizationGradient(epsilon: epsilon), x[0], x[1], g) : nil,
        wanted[1] ? try append(.layerNormalizationScaleGradient(epsilon: epsilon), x[0], g) : nil,
        wanted[2] ? try append(.biasGradient, g) : nil,
      ]
    case .resample(let resampling): return [try append(.resampleGradient(resampling, shape(of: x[0])), g)]
    case .channelMean, .channelVariance:
      throw noGradient(op, "(batch normalisation has one, through both)")
    case .dropout: return [try append(op, g, x[1]), nil]
    case .noise: return [nil]
    case .crossentropy(let loss):
      guard !wanted[1] else { throw noGradient(op, "for its target") }
      return [try append(.crossentropyGradient(loss), x[0], x[1], g), nil]
    case .activationGradient, .convolutionKernelGradient, .biasGradient,
      .poolingGradient, .crossentropyGradient, .rectifierGradient, .batchNormalizationGradient,
      .batchNormalizationScaleGradient, .layerNormalizationGradient, .layerNormalizationScaleGradient,
      .resampleGradient, .clipNorm, .update, .movingAverage, .blend:
      throw noGradient(op, "(second derivatives aren't built)")
    }
  }

  /// The gradient for an operand that was repeated: summed over where it was.
  private mutating func reduced(_ g: Value, to operand: Value) throws(WhiskerError) -> Value {
    let target = shape(of: operand)
    if shape(of: g) == target { return g }
    return try append(target == [] ? .sum : .reduce(target), g)
  }

  private func noGradient(_ op: Op, _ what: String) -> WhiskerError {
    WhiskerError(.noGradient, op.kind.rawValue, expected: "an op with a gradient", got: "none \(what)")
  }

  /// `y = x·w + b`: `∂x = g·wᵀ`, `∂w = xᵀ·g`, `∂b = Σg`.
  private mutating func matrixProductGradients(
    _ product: MatrixProduct, _ x: [Value], _ y: Value, _ g: Value, _ wanted: [Bool]
  ) throws(WhiskerError) -> [Value?] {
    guard !product.transposesLeft, !product.transposesRight else {
      throw noGradient(.matrixProduct(product), "with transposed operands")
    }
    let g = try beforeActivation(product.activation, y, g)
    let left = MatrixProduct(transposesRight: true)
    let right = MatrixProduct(transposesLeft: true)
    return [
      wanted[0] ? try append(.matrixProduct(left), g, x[1]) : nil,
      wanted[1] ? try append(.matrixProduct(right), x[0], g) : nil,
    ] + (x.count == 3 ? [wanted[2] ? try append(.biasGradient, g) : nil] : [])
  }

  private mutating func convolutionGradients(
    _ convolution: Convolution, _ x: [Value], _ y: Value, _ g: Value, _ wanted: [Bool]
  ) throws(WhiskerError) -> [Value?] {
    let g = try beforeActivation(convolution.activation, y, g)
    let linear = Convolution(window: convolution.window, groups: convolution.groups)
    return [
      wanted[0] ? try append(.convolutionInputGradient(linear, shape(of: x[0])), x[1], g) : nil,
      wanted[1] ? try append(.convolutionKernelGradient(linear, shape(of: x[1])), x[0], g) : nil,
    ] + (x.count == 3 ? [wanted[2] ? try append(.biasGradient, g) : nil] : [])
  }

  /// `y = γ · (x − m) / √(v + ε) + β` is linear in `x` for a given mean and variance, so the op itself serves:
  /// `∂x = γ · g / √(v + ε)`, `∂γ = Σ g · (x − m) / √(v + ε)`, `∂β = Σg`.
  private mutating func normalizationGradients(
    _ epsilon: Float, _ x: [Value], _ g: Value, _ wanted: [Bool]
  ) throws(WhiskerError) -> [Value?] {
    let op = Op.normalization(epsilon: epsilon)
    guard !wanted[1], !wanted[2] else { throw noGradient(op, "for its mean and variance") }
    let channels = shape(of: x[3])
    let zero = constant(0, channels)
    var results: [Value?] = [nil, nil, nil, nil, nil]
    if wanted[0] { results[0] = try append(op, g, zero, x[2], x[3], zero) }
    if wanted[3] {
      let standard = try append(op, x[0], x[1], x[2], constant(1, channels), zero)
      results[3] = try append(.biasGradient, append(.multiply, g, standard))
    }
    if wanted[4] { results[4] = try append(.biasGradient, g) }
    return results
  }

  /// The gradient before a fused activation, from the gradient after it.
  private mutating func beforeActivation(
    _ activation: ActivationFunction?, _ y: Value, _ g: Value
  ) throws(WhiskerError) -> Value {
    guard let activation else { return g }
    return try append(.activationGradient(activation), y, g)
  }
}
