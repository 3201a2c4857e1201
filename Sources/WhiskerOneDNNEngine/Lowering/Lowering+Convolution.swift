import COneDNN
import WhiskerGraph
import WhiskerSystem

/// Convolution and its two gradients. Activations are `[N, H, W, C]` in the graph and `[N, C, H, W]` for oneDNN;
/// kernels `[H, W, I, O]` and `[O, I, H, W]`. Which bytes those are is oneDNN's choice ("any").
extension Lowering {
  func lowerConvolution(_ value: Value, _ convolution: Convolution) throws(WhiskerError) {
    let (x, kernel) = (graph[value].operands[0], graph[value].operands[1])
    let bias = graph[value].operands.count == 3 ? graph[value].operands[2] : nil
    if let winograd = WinogradConvolution(
      convolution, input: graph.shape(of: x), output: graph.shape(of: value), settings: settings)
    {
      return try lowerWinograd(value, winograd, convolution.activation)
    }
    let problem = ConvolutionProblem(
      convolution, input: graph.shape(of: x), kernel: graph.shape(of: kernel),
      output: graph.shape(of: value))
    let activation = convolution.activation.flatMap(\.eltwise)
    let descriptor = try problem.forward(
      on: device, settings: settings, hasBias: bias != nil, activation: activation)

    let source = try placement(of: x, in: descriptor.layout(dnnl_query_src_md).channelsLast)
    let weights = try kernelPlacement(kernel, descriptor.layout(dnnl_query_weights_md), problem)
    let result = descriptor.layout(dnnl_query_dst_md)
    let output = allocate(value, result.channelsLast)
    var operands: [(argument: Int32, buffer: Buffer, layout: Layout)] = [
      (DNNL_ARG_SRC, source.buffer, descriptor.layout(dnnl_query_src_md)),
      (DNNL_ARG_WEIGHTS, weights, descriptor.layout(dnnl_query_weights_md)),
      (DNNL_ARG_DST, output, result),
    ]
    if let bias {
      let placement = try rowMajor(bias)
      operands.append((DNNL_ARG_BIAS, placement.buffer, placement.layout))
    }
    try append(descriptor, place: "convolution", operands)
  }

  func lowerInputGradient(_ value: Value, _ convolution: Convolution) throws(WhiskerError) {
    let (kernel, gradient) = (graph[value].operands[0], graph[value].operands[1])
    if let winograd = WinogradConvolution(
      convolution, input: graph.shape(of: value), output: graph.shape(of: gradient), settings: settings)
    {
      return try lowerWinogradInputGradient(value, winograd)
    }
    let problem = ConvolutionProblem(
      convolution, input: graph.shape(of: value), kernel: graph.shape(of: kernel),
      output: graph.shape(of: gradient))
    let descriptor = try problem.inputGradient(on: device, settings: settings)
    let source = try placement(of: gradient, in: descriptor.layout(dnnl_query_diff_dst_md).channelsLast)
    let weights = try kernelPlacement(kernel, descriptor.layout(dnnl_query_weights_md), problem)
    let result = descriptor.layout(dnnl_query_diff_src_md)
    let output = allocate(value, result.channelsLast)
    try append(
      descriptor, place: "convolutionInputGradient",
      [
        (DNNL_ARG_DIFF_DST, source.buffer, descriptor.layout(dnnl_query_diff_dst_md)),
        (DNNL_ARG_WEIGHTS, weights, descriptor.layout(dnnl_query_weights_md)),
        (DNNL_ARG_DIFF_SRC, output, result),
      ])
  }

  /// One primitive makes the kernel's gradient and, where the graph wants it, the bias's.
  func lowerKernelGradient(_ value: Value, _ convolution: Convolution) throws(WhiskerError) {
    let (x, gradient) = (graph[value].operands[0], graph[value].operands[1])
    let biasGradient = graph.values.first {
      graph[$0].op == .biasGradient && graph[$0].operands == [gradient] && !isPlaced($0)
    }
    if let winograd = WinogradConvolution(
      convolution, input: graph.shape(of: x), output: graph.shape(of: gradient), settings: settings)
    {
      return try lowerWinogradKernelGradient(value, winograd, biasGradient)
    }
    if let rows = RowGradient(
      convolution, input: graph.shape(of: x), output: graph.shape(of: gradient), settings: settings)
    {
      return try lowerRowGradient(value, rows, biasGradient)
    }
    let problem = ConvolutionProblem(
      convolution, input: graph.shape(of: x), kernel: graph.shape(of: value),
      output: graph.shape(of: gradient))
    let descriptor = try problem.kernelGradient(on: device, settings: settings, hasBias: biasGradient != nil)
    if descriptor.implementation.contains("gemm"),
      let depthwise = DepthwiseKernelGradient(
        convolution, input: graph.shape(of: x), kernel: graph.shape(of: value),
        output: graph.shape(of: gradient))
    {
      return try lowerDepthwiseKernelGradient(value, depthwise)
    }
    let source = try placement(of: x, in: descriptor.layout(dnnl_query_src_md).channelsLast)
    let target = try placement(of: gradient, in: descriptor.layout(dnnl_query_diff_dst_md).channelsLast)
    let result = descriptor.layout(dnnl_query_diff_weights_md)
    let output = newBuffer(for: result)
    var operands: [(argument: Int32, buffer: Buffer, layout: Layout)] = [
      (DNNL_ARG_SRC, source.buffer, descriptor.layout(dnnl_query_src_md)),
      (DNNL_ARG_DIFF_DST, target.buffer, descriptor.layout(dnnl_query_diff_dst_md)),
      (DNNL_ARG_DIFF_WEIGHTS, output, result),
    ]
    if let biasGradient {
      let layout = Layout(rowMajor: graph.shape(of: biasGradient))
      operands.append((DNNL_ARG_DIFF_BIAS, allocate(biasGradient, layout), layout))
    }
    try append(descriptor, place: "convolutionKernelGradient", operands)
    if problem.groups == 1 {
      place(value, Placement(buffer: output, layout: result.kernelRestored))
    } else {
      let buffer = allocate(value, Layout(rowMajor: graph.shape(of: value)))
      try reorder(
        Placement(buffer: output, layout: result),
        to: Placement(buffer: buffer, layout: problem.groupedKernelView))
    }
  }

  private func lowerDepthwiseKernelGradient(
    _ value: Value, _ depthwise: DepthwiseKernelGradient
  ) throws(WhiskerError) {
    let (x, gradient) = (graph[value].operands[0], graph[value].operands[1])
    let source = try placement(of: x, in: Layout(blocksOfEight: graph.shape(of: x)))
    let target = try placement(of: gradient, in: Layout(blocksOfEight: graph.shape(of: gradient)))
    let output = allocate(value, Layout(rowMajor: graph.shape(of: value)))
    append(
      LoopStep(
        "convolutionKernelGradient \(DepthwiseKernelGradient.name)", [source.buffer, target.buffer, output]
      ) { memory in depthwise.run(memory[0], memory[1], to: memory[2]) })
  }

  private func lowerRowGradient(
    _ value: Value, _ rows: RowGradient, _ biasGradient: Value?
  ) throws(WhiskerError) {
    let gradient = graph[value].operands[1]
    let source = try rowMajor(graph[value].operands[0])
    let target = try placement(of: gradient, in: Layout(blocksOfEight: graph.shape(of: gradient)))
    let output = allocate(value, Layout(rowMajor: graph.shape(of: value)))
    let bias = biasGradient.map { [allocate($0, Layout(rowMajor: graph.shape(of: $0)))] } ?? []
    let scratch = newBuffer(.arena(byteCount: rows.scratchByteCount))
    append(
      LoopStep(
        "convolutionKernelGradient \(RowGradient.name)",
        [source.buffer, target.buffer, output, scratch] + bias
      ) { memory in
        rows.run(
          memory[0], memory[1], to: memory[2], bias: memory.count == 5 ? memory[4] : nil, scratch: memory[3])
      })
  }

  /// The kernel's bytes in the layout a primitive asks for.
  ///
  /// A kernel with groups has five axes in oneDNN, which no layout of the graph's four can be; it stays row-major
  /// and is copied for each use: in training at each step, else once.
  private func kernelPlacement(
    _ kernel: Value, _ layout: Layout, _ problem: ConvolutionProblem
  ) throws(WhiskerError) -> Buffer {
    guard problem.groups > 1 else { return try placement(of: kernel, in: layout.kernelRestored).buffer }
    let source = Placement(buffer: try rowMajor(kernel).buffer, layout: problem.groupedKernelView)
    return try preparing(kernel) { () throws(WhiskerError) in
      let copy = Placement(buffer: newBuffer(for: layout), layout: layout)
      try reorder(source, to: copy)
      return copy.buffer
    }
  }

  func lowerBiasGradient(_ value: Value) throws(WhiskerError) {
    let source = try rowMajor(graph[value].operands[0])
    let channels = graph.shape(of: value)[0]
    let rows = graph.shape(of: graph[value].operands[0]).count / max(channels, 1)
    let output = allocate(value, Layout(rowMajor: graph.shape(of: value)))
    append(
      LoopStep("biasGradient", [source.buffer, output]) { memory in
        parallelLoop(over: channels, grain: 16) { range in
          for channel in range { memory[1][channel] = 0 }
          for row in 0..<rows {
            for channel in range { memory[1][channel] += memory[0][row * channels + channel] }
          }
        }
      })
  }
}
