import COneDNN
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// Ops that copy a part of one tensor into a part of another, or in another order: a reorder between views of both.
extension Lowering {
  func lowerTranspose(_ value: Value, _ order: [Int]) throws(WhiskerError) {
    let source = try rowMajor(graph[value].operands[0])
    var places = [Int32](repeating: 0, count: order.count)
    for (place, axis) in order.enumerated() { places[axis] = Int32(place) }
    let layout = Layout(rowMajor: graph.shape(of: value))
    try reorder(
      Placement(buffer: source.buffer, layout: source.layout.permuted(places)),
      to: Placement(buffer: allocate(value, layout), layout: layout))
  }

  func lowerPad(_ value: Value, _ edges: EdgePadding) throws(WhiskerError) {
    let source = try placement(of: graph[value].operands[0])
    let layout = Layout(alike: source.layout, graph.shape(of: value))
    let (output, count) = (allocate(value, layout), layout.storedCount)
    append(LoopStep("zeros", [output]) { $0[0].update(repeating: 0, count: count) })
    try copy(source, into: Placement(buffer: output, layout: layout), at: [0, edges.top, edges.left, 0])
  }

  func lowerCrop(_ value: Value, _ edges: EdgePadding) throws(WhiskerError) {
    try copyPart(of: graph[value].operands[0], to: value, from: [0, edges.top, edges.left, 0])
  }

  func lowerSlice(_ value: Value, axis: Int, start: Int) throws(WhiskerError) {
    var offsets = [Int](repeating: 0, count: graph.shape(of: value).rank)
    offsets[axis] = start
    try copyPart(of: graph[value].operands[0], to: value, from: offsets)
  }

  func lowerConcatenate(_ value: Value, axis: Int) throws(WhiskerError) {
    let shape = graph.shape(of: value)
    let operands = graph[value].operands
    // In the first one's layout, unless its blocks of channels would be cut.
    let first = try placement(of: operands[0])
    let block = first.layout.channelBlock ?? 1
    let isWhole = axis != shape.rank - 1 || operands.allSatisfy { graph.shape(of: $0)[axis] % block == 0 }
    let layout = isWhole ? Layout(alike: first.layout, shape) : Layout(rowMajor: shape)
    let output = Placement(buffer: allocate(value, layout), layout: layout)
    var offsets = [Int](repeating: 0, count: shape.rank)
    for operand in operands {
      try copy(try placement(of: operand), into: output, at: offsets)
      offsets[axis] += graph.shape(of: operand)[axis]
    }
  }

  private func copyPart(of operand: Value, to value: Value, from offsets: [Int]) throws(WhiskerError) {
    let shape = graph.shape(of: value)
    var source = try placement(of: operand)
    if source.layout.view(of: shape, at: offsets) == nil { source = try rowMajor(operand) }
    guard let view = source.layout.view(of: shape, at: offsets) else { throw noView(shape) }
    let layout = Layout(alike: source.layout, shape)
    try reorder(
      Placement(buffer: source.buffer, layout: view),
      to: Placement(buffer: allocate(value, layout), layout: layout))
  }

  private func copy(
    _ source: Placement, into target: Placement, at offsets: [Int]
  ) throws(WhiskerError) {
    let shape = source.layout.shape
    guard let view = target.layout.view(of: shape, at: offsets) else { throw noView(shape) }
    try reorder(source, to: Placement(buffer: target.buffer, layout: view))
  }

  private func noView(_ shape: Shape) -> WhiskerError {
    WhiskerError(.engineFailure, "reorder", expected: "a view of a part \(shape)", got: "none")
  }
}

extension Layout {
  /// The size of each axis.
  var shape: Shape {
    Shape(
      withUnsafeBytes(of: descriptor.dims) {
        $0.bindMemory(to: dnnl_dim_t.self).prefix(Int(descriptor.ndims)).map { Int($0) }
      })
  }

  /// For a tensor of another size: blocks of channels like another layout's if they come out whole, else row-major.
  init(alike other: Layout, _ shape: Shape) {
    guard let block = other.channelBlock, other.descriptor.format_desc.blocking.inner_nblks == 1,
      shape.rank == 4, shape[3] % block == 0, block == 8 || block == 16
    else {
      self.init(rowMajor: shape)
      return
    }
    var blocked = dnnl_memory_desc_t()
    let sizes = [shape[0], shape[3], shape[1], shape[2]].map { dnnl_dim_t($0) }
    dnnl_memory_desc_init_by_tag(&blocked, 4, sizes, dnnl_f32, block == 16 ? dnnl_nChw16c : dnnl_nChw8c)
    self = Layout(blocked).channelsLast
  }

  /// A part of the tensor where it lies; nil if it cuts through a block.
  func view(of shape: Shape, at offsets: [Int]) -> Layout? {
    var (whole, part) = (descriptor, dnnl_memory_desc_t())
    let status = dnnl_memory_desc_init_submemory(
      &part, &whole, shape.sizes.map { dnnl_dim_t($0) }, offsets.map { dnnl_dim_t($0) })
    return status == dnnl_success ? Layout(part) : nil
  }
}
