import COneDNN
import WhiskerSystem

/// One piece of memory that a program uses while it runs; where it lies is decided by the ``MemoryPlan``.
struct Buffer: Hashable {
  let index: Int
}

/// One action of a program: a oneDNN primitive, or one of our loops.
protocol Step: AnyObject {
  /// What is done, for profiles and tests: oneDNN's names of the implementations, or the loop's.
  var names: [String] { get }
  /// Every buffer that the step reads or writes.
  var buffers: [Buffer] { get }
  /// Learns where the buffers lie.
  func bind(_ address: (Buffer) -> UnsafeMutableRawPointer)
  /// Performs it.
  func run(on stream: dnnl_stream_t) throws(WhiskerError)
}

/// A oneDNN primitive with its operands.
final class PrimitiveStep: Step {
  let names: [String]
  let buffers: [Buffer]
  private let primitive: dnnl_primitive_t
  private let descriptor: PrimitiveDescriptor
  private let memories: [dnnl_memory_t]
  private let arguments: [dnnl_exec_arg_t]

  /// - Parameter operands: for each argument number (`DNNL_ARG_…`) its buffer and layout.
  init(
    _ descriptor: PrimitiveDescriptor, on device: Device, place: String,
    operands: [(argument: Int32, buffer: Buffer, layout: Layout)]
  ) throws(WhiskerError) {
    var primitive: dnnl_primitive_t?
    try check(dnnl_primitive_create(&primitive, descriptor.handle), place)
    guard let primitive else {
      throw WhiskerError(.engineFailure, place, expected: "a primitive", got: "none")
    }
    self.primitive = primitive
    self.descriptor = descriptor
    names = ["\(place) \(descriptor.implementation)"]
    buffers = operands.map(\.buffer)
    var memories: [dnnl_memory_t] = []
    var arguments: [dnnl_exec_arg_t] = []
    for operand in operands {
      var layout = operand.layout.descriptor
      var memory: dnnl_memory_t?
      // DNNL_MEMORY_NONE: the address comes with bind.
      try check(dnnl_memory_create(&memory, &layout, device.engine, nil), place)
      guard let memory else { throw WhiskerError(.engineFailure, place, expected: "a memory", got: "none") }
      memories.append(memory)
      arguments.append(dnnl_exec_arg_t(arg: operand.argument, memory: memory))
    }
    self.memories = memories
    self.arguments = arguments
  }

  deinit {
    for memory in memories { dnnl_memory_destroy(memory) }
    dnnl_primitive_destroy(primitive)
  }

  func bind(_ address: (Buffer) -> UnsafeMutableRawPointer) {
    for (memory, buffer) in zip(memories, buffers) {
      dnnl_memory_set_data_handle(memory, address(buffer))
    }
  }

  func run(on stream: dnnl_stream_t) throws(WhiskerError) {
    try check(dnnl_primitive_execute(primitive, stream, Int32(arguments.count), arguments), names.joined())
  }
}

/// One of our loops over whole buffers.
final class LoopStep: Step {
  let names: [String]
  let buffers: [Buffer]
  private var addresses: [UnsafeMutablePointer<Float>] = []
  private let body: ([UnsafeMutablePointer<Float>]) -> Void

  /// - Parameter body: gets the address of each buffer, in order.
  init(_ name: String, _ buffers: [Buffer], _ body: @escaping ([UnsafeMutablePointer<Float>]) -> Void) {
    names = [name]
    self.buffers = buffers
    self.body = body
  }

  func bind(_ address: (Buffer) -> UnsafeMutableRawPointer) {
    addresses = buffers.map { address($0).assumingMemoryBound(to: Float.self) }
  }

  func run(on stream: dnnl_stream_t) { body(addresses) }
}
