import COneDNN
import WhiskerSystem
import WhiskerTensors

/// A weight or optimizer slot in memory, in the layout that its programs like best.
final class EngineState {
  let shape: Shape
  private(set) var layout: Layout
  private(set) var arena: Arena
  /// Whether a program relies on the layout.
  private var isClaimed = false

  /// A state of zeros.
  init(shape: Shape) throws(WhiskerError) {
    self.shape = shape
    layout = Layout(rowMajor: shape)
    arena = try Arena(byteCount: layout.byteCount)
  }

  /// Gives the state the layout wished for if no program relies on another yet, and returns the one it has.
  func claim(_ wish: Layout, on device: Device) throws(WhiskerError) -> Layout {
    if !isClaimed && wish != layout {
      let moved = try Arena(byteCount: wish.byteCount)
      try copy(from: arena.base, layout, to: moved.base, wish, on: device)
      (arena, layout) = (moved, wish)
    }
    isClaimed = true
    return layout
  }

  /// Sets the state from row-major values.
  func write(_ values: [Float], on device: Device) throws(WhiskerError) {
    let source = try Arena(byteCount: values.count * MemoryLayout<Float>.stride)
    values.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { source.base.copyMemory(from: base, byteCount: bytes.count) }
    }
    try copy(from: source.base, Layout(rowMajor: shape), to: arena.base, layout, on: device)
  }

  /// The state's values, row-major.
  func values(on device: Device) throws(WhiskerError) -> [Float] {
    let target = try Arena(byteCount: shape.count * MemoryLayout<Float>.stride)
    try copy(from: arena.base, layout, to: target.base, Layout(rowMajor: shape), on: device)
    return Array(
      UnsafeBufferPointer(start: target.base.assumingMemoryBound(to: Float.self), count: shape.count))
  }

  private func copy(
    from source: UnsafeMutableRawPointer, _ sourceLayout: Layout, to target: UnsafeMutableRawPointer,
    _ targetLayout: Layout, on device: Device
  ) throws(WhiskerError) {
    var (from, to) = (sourceLayout.descriptor, targetLayout.descriptor)
    var handle: dnnl_primitive_desc_t?
    try check(
      dnnl_reorder_primitive_desc_create(
        &handle, &from, device.engine, &to, device.engine, device.attributes), "reorder")
    guard let handle else { throw WhiskerError(.engineFailure, "reorder", expected: "a handle", got: "none") }
    let descriptor = PrimitiveDescriptor(owning: handle)
    let scratchpad = descriptor.layout(dnnl_query_scratchpad_md)
    let scratch = try Arena(byteCount: scratchpad.byteCount)
    let (first, second, third) = (Buffer(index: 0), Buffer(index: 1), Buffer(index: 2))
    let step = try PrimitiveStep(
      descriptor, on: device, place: "reorder",
      operands: [
        (DNNL_ARG_FROM, first, sourceLayout), (DNNL_ARG_TO, second, targetLayout),
        (DNNL_ARG_SCRATCHPAD, third, scratchpad),
      ])
    step.bind { $0 == first ? source : $0 == second ? target : scratch.base }
    try step.run(on: device.stream)
    try check(dnnl_stream_wait(device.stream), "reorder")
  }
}
