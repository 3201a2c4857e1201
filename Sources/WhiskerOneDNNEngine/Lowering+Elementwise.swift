import COneDNN
import WhiskerGraph
import WhiskerTensors

/// Ops that treat each element alike, and the moves between shapes.
extension Lowering {
  func lowerConstant(_ value: Value, _ number: Float) {
    let layout = Layout(rowMajor: graph.shape(of: value))
    let (output, count) = (allocate(value, layout), layout.storedCount)
    append(LoopStep("constant", [output]) { $0[0].update(repeating: number, count: count) })
  }

  func lowerBinary(_ value: Value, _ algorithm: dnnl_alg_kind_t) throws(GraphError) {
    let (left, right) = (graph[value].operands[0], graph[value].operands[1])
    let first = try placement(of: left)
    let second = try placement(of: right, in: first.layout)
    let output = allocate(value, first.layout)
    var operation = dnnl_binary_desc_t()
    var (a, b, c) = (first.layout.descriptor, first.layout.descriptor, first.layout.descriptor)
    try check(dnnl_binary_desc_init(&operation, algorithm, &a, &b, &c), "binary")
    try append(
      PrimitiveDescriptor(&operation, on: device, place: "binary"), place: "binary",
      [
        (DNNL_ARG_SRC_0, first.buffer, first.layout), (DNNL_ARG_SRC_1, second.buffer, first.layout),
        (DNNL_ARG_DST, output, first.layout),
      ])
  }

  /// `factor · x + offset`.
  func lowerLinear(_ value: Value, factor: Float, offset: Float) throws(GraphError) {
    let source = try placement(of: graph[value].operands[0])
    let output = allocate(value, source.layout)
    try appendEltwise(
      dnnl_eltwise_linear, alpha: factor, beta: offset, from: source.buffer, to: output, layout: source.layout
    )
  }

  func lowerBroadcast(_ value: Value) throws(GraphError) {
    let source = try placement(of: graph[value].operands[0])
    let layout = Layout(rowMajor: graph.shape(of: value))
    let (output, count) = (allocate(value, layout), layout.storedCount)
    append(
      LoopStep("broadcast", [source.buffer, output]) { memory in
        memory[1].update(repeating: memory[0][0], count: count)
      })
  }

  /// `scale · Σx`, in Double so that the order of the parts hardly matters; the order is fixed all the same.
  func lowerSum(_ value: Value, scale: Float) throws(GraphError) {
    let source = try rowMajor(graph[value].operands[0])
    let count = graph.shape(of: graph[value].operands[0]).count
    let output = allocate(value, Layout(rowMajor: []))
    append(
      LoopStep("sum", [source.buffer, output]) { memory in
        var sum = 0.0
        for index in 0..<count { sum += Double(memory[0][index]) }
        memory[1][0] = Float(sum * Double(scale))
      })
  }

  func lowerReshape(_ value: Value) throws(GraphError) {
    let source = try rowMajor(graph[value].operands[0])
    place(value, Placement(buffer: source.buffer, layout: Layout(rowMajor: graph.shape(of: value))))
  }

  func lowerDropout(_ value: Value, rate: Float, salt: Int) throws(GraphError) {
    let source = try rowMajor(graph[value].operands[0])
    let seed = try rowMajor(graph[value].operands[1])
    let count = graph.shape(of: value).count
    let output = allocate(value, Layout(rowMajor: graph.shape(of: value)))
    let factor = 1 / (1 - rate)
    append(
      LoopStep("dropout", [source.buffer, seed.buffer, output]) { memory in
        let key = RandomKey(words: (0..<4).map { memory[1][$0] }).derived(UInt64(salt))
        parallelLoop(over: (count + 3) / 4, grain: 256) { blocks in
          for block in blocks {
            let words = key.block(at: UInt64(block))
            for index in block * 4..<min(block * 4 + 4, count) {
              let isKept = Float(words[index - block * 4] >> 8) * 0x1p-24 >= rate
              memory[2][index] = isKept ? memory[0][index] * factor : 0
            }
          }
        }
      })
  }

  // MARK: Activations

  /// oneDNN's name of an elementwise activation.
  static func algorithm(of activation: ActivationFunction) -> dnnl_alg_kind_t {
    switch activation {
    case .relu: dnnl_eltwise_relu
    case .sigmoid: dnnl_eltwise_logistic
    case .tanh: dnnl_eltwise_tanh
    case .softmax: dnnl_alg_kind_undef
    }
  }

  func lowerActivation(_ value: Value, _ activation: ActivationFunction) throws(GraphError) {
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

  func lowerActivationGradient(_ value: Value, _ activation: ActivationFunction) throws(GraphError) {
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
  ) throws(GraphError) {
    try appendEltwise(
      Lowering.algorithm(of: activation), alpha: 0, beta: 0, from: source, to: target, layout: layout)
  }

  private func appendEltwise(
    _ algorithm: dnnl_alg_kind_t, alpha: Float, beta: Float, from source: Buffer, to target: Buffer,
    layout: Layout
  ) throws(GraphError) {
    var operation = dnnl_eltwise_desc_t()
    var data = layout.descriptor
    try check(
      dnnl_eltwise_forward_desc_init(&operation, dnnl_forward_training, algorithm, &data, alpha, beta),
      "eltwise")
    try append(
      PrimitiveDescriptor(&operation, on: device, place: "eltwise"), place: "eltwise",
      [(DNNL_ARG_SRC, source, layout), (DNNL_ARG_DST, target, layout)])
  }

  /// From the activation's result, which is what fused activations leave.
  func appendActivationGradient(
    _ activation: ActivationFunction, y: Buffer, gradient: Buffer, to target: Buffer, layout: Layout
  ) throws(GraphError) {
    let backward =
      switch activation {
      case .relu: dnnl_eltwise_relu_use_dst_for_bwd
      case .sigmoid: dnnl_eltwise_logistic_use_dst_for_bwd
      case .tanh: dnnl_eltwise_tanh_use_dst_for_bwd
      case .softmax: dnnl_alg_kind_undef
      }
    var (hintOperation, operation) = (dnnl_eltwise_desc_t(), dnnl_eltwise_desc_t())
    var (data, difference) = (layout.descriptor, layout.descriptor)
    try check(
      dnnl_eltwise_forward_desc_init(&hintOperation, dnnl_forward_training, backward, &data, 0, 0),
      "activationGradient")
    let hint = try PrimitiveDescriptor(&hintOperation, on: device, place: "activationGradient")
    try check(
      dnnl_eltwise_backward_desc_init(&operation, backward, &difference, &data, 0, 0), "activationGradient")
    let descriptor = try PrimitiveDescriptor(&operation, on: device, hint: hint, place: "activationGradient")
    try append(
      descriptor, place: "activationGradient",
      [(DNNL_ARG_DST, y, layout), (DNNL_ARG_DIFF_DST, gradient, layout), (DNNL_ARG_DIFF_SRC, target, layout)])
  }

  private func appendSoftmax(from source: Buffer, to target: Buffer, layout: Layout) throws(GraphError) {
    let descriptor = try softmaxDescriptor(layout)
    try append(
      descriptor, place: "softmax", [(DNNL_ARG_SRC, source, layout), (DNNL_ARG_DST, target, layout)])
  }

  private func softmaxDescriptor(_ layout: Layout) throws(GraphError) -> PrimitiveDescriptor {
    var operation = dnnl_softmax_desc_t()
    var data = layout.descriptor
    try check(
      dnnl_softmax_forward_desc_init(&operation, dnnl_forward_training, &data, data.ndims - 1), "softmax")
    return try PrimitiveDescriptor(&operation, on: device, place: "softmax")
  }

  private func appendSoftmaxGradient(
    y: Buffer, gradient: Buffer, to target: Buffer, layout: Layout
  ) throws(GraphError) {
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
}
