import COneDNN
import WhiskerGraph
import WhiskerSystem

extension ActivationFunction {
  /// oneDNN's form of an elementwise activation; nil for those that it doesn't have (``ActivationLoops``).
  var eltwise: Eltwise? {
    switch self {
    case .relu: Eltwise(algorithm: dnnl_eltwise_relu)
    case .relu6: Eltwise(algorithm: dnnl_eltwise_clip_v2, alpha: 0, beta: 6)
    case .leakyReLU: Eltwise(algorithm: dnnl_eltwise_relu, alpha: ActivationFunction.leakySlope)
    case .elu, .celu: Eltwise(algorithm: dnnl_eltwise_elu, alpha: 1)
    case .sigmoid: Eltwise(algorithm: dnnl_eltwise_logistic)
    case .logSigmoid: Eltwise(algorithm: dnnl_eltwise_logsigmoid)
    case .silu: Eltwise(algorithm: dnnl_eltwise_swish, alpha: 1)
    case .hardSilu: Eltwise(algorithm: dnnl_eltwise_hardswish)
    case .gelu: Eltwise(algorithm: dnnl_eltwise_gelu_erf)
    case .approximateGELU: Eltwise(algorithm: dnnl_eltwise_gelu_tanh)
    case .mish: Eltwise(algorithm: dnnl_eltwise_mish)
    case .softplus: Eltwise(algorithm: dnnl_eltwise_soft_relu)
    case .tanh: Eltwise(algorithm: dnnl_eltwise_tanh)
    case .hardTanh: Eltwise(algorithm: dnnl_eltwise_clip_v2, alpha: -1, beta: 1)
    case .exponential: Eltwise(algorithm: dnnl_eltwise_exp)
    case .selu, .hardSigmoid, .sparseSigmoid, .squareplus, .sparsePlus, .tanhShrink, .softShrink, .hardShrink,
      .softsign, .softmax, .logSoftmax, .sparsemax:
      nil
    }
  }

  /// The form whose gradient is taken from the result, where there is one.
  fileprivate var backward: Eltwise? {
    guard var function = eltwise else { return nil }
    switch self {
    case .relu, .leakyReLU: function.algorithm = dnnl_eltwise_relu_use_dst_for_bwd
    case .relu6, .hardTanh: function.algorithm = dnnl_eltwise_clip_v2_use_dst_for_bwd
    case .elu, .celu: function.algorithm = dnnl_eltwise_elu_use_dst_for_bwd
    case .sigmoid: function.algorithm = dnnl_eltwise_logistic_use_dst_for_bwd
    case .tanh: function.algorithm = dnnl_eltwise_tanh_use_dst_for_bwd
    case .exponential: function.algorithm = dnnl_eltwise_exp_use_dst_for_bwd
    default: break
    }
    return function
  }
}

/// Activations and rectifiers.
extension Lowering {
  func lowerActivation(_ value: Value, _ activation: ActivationFunction) throws(WhiskerError) {
    let x = graph[value].operands[0]
    guard activation.isElementwise else {
      let source = try rowMajor(x)
      let output = allocate(value, source.layout)
      guard activation == .softmax else { return appendRows(value, activation, [source.buffer, output]) }
      return try appendSoftmax(from: source.buffer, to: output, layout: source.layout)
    }
    guard activation.eltwise != nil else {
      let source = try unpadded(x)
      let (output, count) = (allocate(value, source.layout), source.layout.storedCount)
      return append(
        LoopStep("activation \(activation.rawValue)", [source.buffer, output]) { memory in
          parallelLoop(over: count, grain: 4096) { activation.apply(memory[0], to: memory[1], $0) }
        })
    }
    let source = try placement(of: x)
    let output = allocate(value, source.layout)
    try appendActivation(activation, from: source.buffer, to: output, layout: source.layout)
  }

  func lowerActivationGradient(_ value: Value, _ activation: ActivationFunction) throws(WhiskerError) {
    let (y, g) = (graph[value].operands[0], graph[value].operands[1])
    guard activation.isElementwise else {
      let result = try rowMajor(y)
      let gradient = try rowMajor(g)
      let output = allocate(value, result.layout)
      guard activation == .softmax else {
        return appendRows(value, activation, [result.buffer, gradient.buffer, output])
      }
      return try appendSoftmaxGradient(
        y: result.buffer, gradient: gradient.buffer, to: output, layout: result.layout)
    }
    guard activation.eltwise != nil else {
      let known = try unpadded(y)
      let gradient = try placement(of: g, in: known.layout)
      let (output, count) = (allocate(value, known.layout), known.layout.storedCount)
      let buffers = [known.buffer, gradient.buffer, output]
      return append(
        LoopStep("activationGradient \(activation.rawValue)", buffers) { memory in
          parallelLoop(over: count, grain: 4096) {
            activation.applyGradient(memory[0], memory[1], to: memory[2], $0)
          }
        })
    }
    let result = try placement(of: y)
    let gradient = try placement(of: g, in: result.layout)
    let output = allocate(value, result.layout)
    try appendActivationGradient(
      activation, y: result.buffer, gradient: gradient.buffer, to: output, layout: result.layout)
  }

  /// A function of rows, or its gradient, as our own loop; the last buffer is the result's.
  private func appendRows(_ value: Value, _ activation: ActivationFunction, _ buffers: [Buffer]) {
    let shape = graph.shape(of: value)
    let count = shape[shape.rank - 1]
    let rows = shape.count / max(count, 1)
    append(
      LoopStep("\(graph[value].op.kind.rawValue) \(activation.rawValue)", buffers) { memory in
        parallelLoop(over: rows, grain: max(1, 256 / max(count, 1))) { range in
          for start in range.lazy.map({ $0 * count }) {
            if memory.count == 2 {
              activation.applyToRow(memory[0] + start, to: memory[1] + start, count)
            } else {
              activation.applyGradientToRow(
                memory[0] + start, memory[1] + start, to: memory[2] + start, count)
            }
          }
        }
      })
  }

  func appendActivation(
    _ activation: ActivationFunction, from source: Buffer, to target: Buffer, layout: Layout
  ) throws(WhiskerError) {
    guard let function = activation.eltwise else { throw noForm(activation) }
    try appendEltwise(function, from: source, to: target, layout: layout)
  }

  func appendEltwise(
    _ function: Eltwise, from source: Buffer, to target: Buffer, layout: Layout
  ) throws(WhiskerError) {
    var operation = dnnl_eltwise_desc_t()
    var data = layout.descriptor
    try check(
      dnnl_eltwise_forward_desc_init(
        &operation, dnnl_forward_training, function.algorithm, &data, function.alpha, function.beta),
      "eltwise")
    try append(
      PrimitiveDescriptor(&operation, on: device, place: "eltwise"), place: "eltwise",
      [(DNNL_ARG_SRC, source, layout), (DNNL_ARG_DST, target, layout)])
  }

  /// From the activation's result, which is what fused activations leave; for those that need it from the operand.
  func appendActivationGradient(
    _ activation: ActivationFunction, y: Buffer, gradient: Buffer, to target: Buffer, layout: Layout
  ) throws(WhiskerError) {
    guard let backward = activation.backward else { throw noForm(activation) }
    var (hintOperation, operation) = (dnnl_eltwise_desc_t(), dnnl_eltwise_desc_t())
    var (data, difference) = (layout.descriptor, layout.descriptor)
    try check(
      dnnl_eltwise_forward_desc_init(
        &hintOperation, dnnl_forward_training, backward.algorithm, &data, backward.alpha, backward.beta),
      "activationGradient")
    let hint = try PrimitiveDescriptor(&hintOperation, on: device, place: "activationGradient")
    try check(
      dnnl_eltwise_backward_desc_init(
        &operation, backward.algorithm, &difference, &data, backward.alpha, backward.beta),
      "activationGradient")
    let descriptor = try PrimitiveDescriptor(&operation, on: device, hint: hint, place: "activationGradient")
    try append(
      descriptor, place: "activationGradient",
      [
        (activation.isDifferentiatedFromResult ? DNNL_ARG_DST : DNNL_ARG_SRC, y, layout),
        (DNNL_ARG_DIFF_DST, gradient, layout), (DNNL_ARG_DIFF_SRC, target, layout),
      ])
  }

  private func noForm(_ activation: ActivationFunction) -> WhiskerError {
    WhiskerError(.unsupportedOp, "activation", expected: "one of oneDNN's", got: activation.rawValue)
  }

  private func appendSoftmax(from source: Buffer, to target: Buffer, layout: Layout) throws(WhiskerError) {
    let descriptor = try softmaxDescriptor(layout)
    try append(
      descriptor, place: "softmax", [(DNNL_ARG_SRC, source, layout), (DNNL_ARG_DST, target, layout)])
  }

  private func softmaxDescriptor(_ layout: Layout) throws(WhiskerError) -> PrimitiveDescriptor {
    var operation = dnnl_softmax_desc_t()
    var data = layout.descriptor
    try check(
      dnnl_softmax_forward_desc_init(&operation, dnnl_forward_training, &data, data.ndims - 1), "softmax")
    return try PrimitiveDescriptor(&operation, on: device, place: "softmax")
  }

  private func appendSoftmaxGradient(
    y: Buffer, gradient: Buffer, to target: Buffer, layout: Layout
  ) throws(WhiskerError) {
    var operation = dnnl_softmax_desc_t()
    var (difference, data) = (layout.descriptor, layout.descriptor)
    try check(
      dnnl_softmax_backward_desc_init(&operation, &difference, &data, data.ndims - 1), "softmaxGradient")
    let descriptor = try PrimitiveDescriptor(
      &operation, on: device, hint: softmaxDescriptor(layout), place: "softmaxGradient")
    try append(
      descriptor, place: "softmaxGradient",
      [(DNNL_ARG_DST, y, layout), (DNNL_ARG_DIFF_DST, gradient, layout), (DNNL_ARG_DIFF_SRC, target, layout)])
  }

  func lowerRectifier(_ value: Value, _ rectifier: Rectifier) throws(WhiskerError) {
    let source = try unpadded(graph[value].operands[0])
    let (output, count) = (allocate(value, source.layout), source.layout.storedCount)
    append(
      LoopStep("rectifier", [source.buffer, output]) { memory in
        parallelLoop(over: count, grain: 4096) { range in
          for index in range { memory[1][index] = rectifier.result(memory[0][index]) }
        }
      })
  }

  func lowerRectifierGradient(_ value: Value, _ rectifier: Rectifier) throws(WhiskerError) {
    let source = try unpadded(graph[value].operands[0])
    let gradient = try placement(of: graph[value].operands[1], in: source.layout)
    let (output, count) = (allocate(value, source.layout), source.layout.storedCount)
    append(
      LoopStep("rectifierGradient", [source.buffer, gradient.buffer, output]) { memory in
        parallelLoop(over: count, grain: 4096) { range in
          for index in range { memory[2][index] = memory[1][index] * rectifier.derivative(memory[0][index]) }
        }
      })
  }

  /// Where a value lies without padding, whose zeros a function that isn't 0 at 0 would spoil.
  private func unpadded(_ value: Value) throws(WhiskerError) -> Placement {
    let placement = try placement(of: value)
    return placement.layout.storedCount == graph.shape(of: value).count ? placement : try rowMajor(value)
  }
}

extension Rectifier {
  fileprivate func result(_ x: Float) -> Float {
    let y = x > threshold ? x : slope * (x - threshold)
    return min(y, maximum ?? .infinity)
  }

  fileprivate func derivative(_ x: Float) -> Float {
    if result(x) >= maximum ?? .infinity { return 0 }
    return x > threshold ? 1 : slope
  }
}
