import COneDNN
import WhiskerGraph
import WhiskerSystem

/// What a pooling keeps for its gradient.
enum PoolingRecord {
  /// Our own max-pooling: for each result, which pixel of its window won.
  case winners(Buffer, inputLayout: Layout)
  /// oneDNN's: the forward descriptor and its workspace.
  case workspace(PrimitiveDescriptor, Buffer?)
}

extension Lowering {
  func lowerPooling(_ value: Value, _ pooling: Pooling) throws(WhiskerError) {
    let x = graph[value].operands[0]
    let source = try placement(of: x)
    if let shape = TiledMaxPooling(pooling, input: graph.shape(of: x), layout: source.layout) {
      lowerTiledMaxPooling(value, shape, source)
    } else {
      try lowerGeneralPooling(value, pooling, source)
    }
  }

  /// Windows that tile the picture: one pass does pooling, ReLU and the record of winners.
  private func lowerTiledMaxPooling(_ value: Value, _ pooling: TiledMaxPooling, _ source: Placement) {
    let layout = source.layout.resized(
      height: graph.shape(of: value)[1], width: graph.shape(of: value)[2], block: pooling.block)
    let output = allocate(value, layout)
    let winners = newBuffer(.arena(byteCount: layout.storedCount))
    progress.poolingRecords[value] = .winners(winners, inputLayout: source.layout)
    append(
      LoopStep("pooling tiled", [source.buffer, output, winners]) { memory in
        let winners = UnsafeMutableRawPointer(memory[2]).assumingMemoryBound(to: UInt8.self)
        pooling.forward(memory[0], memory[1], winners)
      })
  }

  private func lowerGeneralPooling(
    _ value: Value, _ pooling: Pooling, _ source: Placement
  ) throws(WhiskerError) {
    let window = pooling.window
    var operation = dnnl_pooling_desc_t()
    var from = source.layout.channelsSecond.descriptor
    let shape = graph.shape(of: value)
    var to = Layout(any: [shape[0], shape[3], shape[1], shape[2]]).descriptor
    try check(
      dnnl_pooling_forward_desc_init(
        &operation, dnnl_forward_training,
        pooling.kind == .maximum ? dnnl_pooling_max : dnnl_pooling_avg_exclude_padding, &from, &to,
        window.strides, window.sizes, window.paddingBefore, window.paddingAfter), "pooling")
    let descriptor = try PrimitiveDescriptor(&operation, on: device, place: "pooling")
    let result = descriptor.layout(dnnl_query_dst_md)
    let workspace = descriptor.layout(dnnl_query_workspace_md)
    let output = allocate(value, result.channelsLast)
    var operands: [(argument: Int32, buffer: Buffer, layout: Layout)] = [
      (DNNL_ARG_SRC, source.buffer, source.layout.channelsSecond), (DNNL_ARG_DST, output, result),
    ]
    var workspaceBuffer: Buffer?
    if workspace.byteCount > 0 {
      let buffer = newBuffer(for: workspace)
      operands.append((DNNL_ARG_WORKSPACE, buffer, workspace))
      workspaceBuffer = buffer
    }
    progress.poolingRecords[value] = .workspace(descriptor, workspaceBuffer)
    try append(descriptor, place: "pooling", operands)
    if pooling.hasReLU {
      try appendActivation(.relu, from: output, to: output, layout: result)
    }
  }

  func lowerPoolingGradient(_ value: Value, _ pooling: Pooling) throws(WhiskerError) {
    let (x, y, gradient) = (graph[value].operands[0], graph[value].operands[1], graph[value].operands[2])
    let resultLayout = try placement(of: y).layout
    switch progress.poolingRecords[y] {
    case .winners(let winners, let inputLayout):
      guard let shape = TiledMaxPooling(pooling, input: graph.shape(of: x), layout: inputLayout) else {
        throw WhiskerError(
          .malformed, "poolingGradient", expected: "the pooling that made \(y)", got: "another")
      }
      let source = try placement(of: gradient, in: resultLayout)
      let output = allocate(value, inputLayout)
      append(
        LoopStep("poolingGradient tiled", [source.buffer, winners, output]) { memory in
          let winners = UnsafeMutableRawPointer(memory[1]).assumingMemoryBound(to: UInt8.self)
          shape.backward(memory[0], winners, memory[2])
        })
    case .workspace(let forward, let workspace):
      try lowerGeneralPoolingGradient(value, pooling, forward, workspace)
    case nil:
      throw WhiskerError(
        .malformed, "poolingGradient", expected: "the result of a pooling", got: "\(graph[y].op)")
    }
  }

  private func lowerGeneralPoolingGradient(
    _ value: Value, _ pooling: Pooling, _ forward: PrimitiveDescriptor, _ workspace: Buffer?
  ) throws(WhiskerError) {
    let (x, y, gradient) = (graph[value].operands[0], graph[value].operands[1], graph[value].operands[2])
    let result = try placement(of: y)
    var source = try placement(of: gradient, in: result.layout).buffer
    if pooling.hasReLU {
      let masked = newBuffer(for: result.layout)
      try appendActivationGradient(
        .relu, y: result.buffer, gradient: source, to: masked, layout: result.layout)
      source = masked
    }
    let window = pooling.window
    let inputLayout = try placement(of: x).layout.channelsSecond
    let resultLayout = result.layout.channelsSecond
    var operation = dnnl_pooling_desc_t()
    var (to, from) = (inputLayout.descriptor, resultLayout.descriptor)
    try check(
      dnnl_pooling_backward_desc_init(
        &operation, pooling.kind == .maximum ? dnnl_pooling_max : dnnl_pooling_avg_exclude_padding, &to,
        &from,
        window.strides, window.sizes, window.paddingBefore, window.paddingAfter), "poolingGradient")
    let descriptor = try PrimitiveDescriptor(&operation, on: device, hint: forward, place: "poolingGradient")
    let output = allocate(value, inputLayout.channelsLast)
    var operands: [(argument: Int32, buffer: Buffer, layout: Layout)] = [
      (DNNL_ARG_DIFF_DST, source, resultLayout), (DNNL_ARG_DIFF_SRC, output, inputLayout),
    ]
    if let workspace {
      operands.append((DNNL_ARG_WORKSPACE, workspace, descriptor.layout(dnnl_query_workspace_md)))
    }
    try append(descriptor, place: "poolingGradient", operands)
  }
}

extension Window {
  var sizes: [dnnl_dim_t] { [dnnl_dim_t(height), dnnl_dim_t(width)] }
  var strides: [dnnl_dim_t] { [dnnl_dim_t(rowStride), dnnl_dim_t(columnStride)] }
  /// As oneDNN counts them: the pixels between two of a window.
  var dilations: [dnnl_dim_t] { [dnnl_dim_t(rowDilation - 1), dnnl_dim_t(columnDilation - 1)] }
  var paddingBefore: [dnnl_dim_t] { [dnnl_dim_t(padding.top), dnnl_dim_t(padding.left)] }
  var paddingAfter: [dnnl_dim_t] { [dnnl_dim_t(padding.bottom), dnnl_dim_t(padding.right)] }
}
