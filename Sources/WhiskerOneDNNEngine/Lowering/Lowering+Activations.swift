import COneDNN
import WhiskerGraph
import WhiskerSystem

extension ActivationFunction {
  /// oneDNN's form of an elementwise activation.
  var eltwise: Eltwise {
    switch self {
    case .relu: Eltwise(algorithm: dnnl_eltwise_relu)
    case .relu6: Eltwise(algorithm: dnnl_eltwise_clip_v2, alpha: 0, beta: 6)
    case .sigmoid: Eltwise(algorithm: dnnl_eltwise_logistic)
    case .silu: Eltwise(algorithm: dnnl_eltwise_swish, alpha: 1)
    case .tanh: Eltwise(algorithm: dnnl_eltwise_tanh)
    case .softmax: Eltwise(algorithm: dnnl_alg_kind_undef)
    }
  }

  /// The form whose gradient is taken from the result, where there is one.
  fileprivate var backward: Eltwise {
    switch self {
    case .relu: Eltwise(algorithm: dnnl_eltwise_relu_use_dst_for_bwd)
    case .relu6: Eltwise(algorithm: dnnl_eltwise_clip_v2_use_dst_for_bwd, alpha: 0, beta: 6)
    case .sigmoid: Eltwise(algorithm: dnnl_eltwise_logistic_use_dst_for_bwd)
    case .tanh: Eltwise(algorithm: dnnl_eltwise_tanh_use_dst_for_bwd)
    case .silu, .softmax: eltwise
    }
  }
}

/// Activations and rectifiers.
extension Lowering {
  func lowerActivation(_ value: Value, _ activation: ActivationFunction) throws(WhiskerError) {
    let x = graph[value].operands[0]
    guard activation.isElementwise else {
      let source = try rowMajor(x)
      let output = allocate(value, source.layout)
      return try appendSoftmax(from: source.buffer, to: output, layout: source.layout)
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
      return try appendSoftmaxGradient(
        y: result.buffer, gradient: gradient.buffer, to: output, layout: result.layout)
    }
    let result = try placement(of: y)
    let gradient = try placement(of: g, in: result.layout)
    let output = allocate(value, result.layout)
    try appendActivationGradient(
      activation, y: result.buffer, gradient: gradient.buffer, to: output, layout: result.layout)
  }

  func appendActivation(
    _ activation: ActivationFunction, from source: Buffer, to target: Buffer, layout: Layout
  ) throws(WhiskerError) {
    try appendEltwise(activation.eltwise, from: source, to: target, layout: layout)
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
    let backward = activation.backward
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
