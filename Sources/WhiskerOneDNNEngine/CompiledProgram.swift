import COneDNN
import Foundation
import WhiskerGraph
import WhiskerTensors

/// A graph lowered to steps, with its buffers placed.
final class CompiledProgram {
  let graph: Graph
  let steps: [any Step]
  /// Bytes of arena that a run needs.
  let arenaByteCount: Int
  private let sources: [Lowering.Source]
  private let offsets: [Int]
  private let outputs: [String: Lowering.Placement]
  /// The steps that read a tensor where the caller has it, and so are bound at each run.
  private let stepsReadingInputs: [any Step]
  private var addresses: [UnsafeMutableRawPointer?]
  /// Weak, so that an arena that has been outgrown goes at once.
  private weak var boundArena: Arena?

  init(_ lowering: Lowering) {
    graph = lowering.graph
    steps = lowering.progress.steps
    sources = lowering.progress.sources
    outputs = lowering.outputs
    let plan = CompiledProgram.plan(lowering)
    offsets = plan.offsets
    arenaByteCount = plan.byteCount
    addresses = Array(repeating: nil, count: sources.count)
    let inputBuffers = Set(
      sources.indices.filter { if case .input = lowering.progress.sources[$0] { true } else { false } }
        .map { Buffer(index: $0) })
    stepsReadingInputs = steps.filter { !inputBuffers.isDisjoint(with: $0.buffers) }
  }

  private static func plan(_ lowering: Lowering) -> MemoryPlan {
    var lives: [ClosedRange<Int>?] = Array(repeating: nil, count: lowering.progress.sources.count)
    func use(_ buffer: Buffer, at step: Int) {
      let life = lives[buffer.index] ?? step...step
      lives[buffer.index] = min(life.lowerBound, step)...max(life.upperBound, step)
    }
    for (index, step) in lowering.progress.steps.enumerated() {
      for buffer in step.buffers { use(buffer, at: index) }
    }
    for placement in lowering.outputs.values { use(placement.buffer, at: lowering.progress.steps.count) }
    return MemoryPlan(
      zip(lowering.progress.sources, lives).map { source, life in
        guard case .arena(let byteCount) = source else { return .init(byteCount: 0, life: 0...0) }
        return .init(byteCount: byteCount, life: life ?? 0...0)
      })
  }

  /// Points the steps at their buffers; needed again only when the arena has moved.
  func bind(_ arena: Arena, _ states: [String: EngineState]) {
    guard boundArena !== arena else { return }
    boundArena = arena
    for (index, source) in sources.enumerated() {
      switch source {
      case .arena: addresses[index] = arena.base + offsets[index]
      case .state(let name): addresses[index] = states[name]?.arena.base
      case .input: addresses[index] = arena.base  // bound at each run
      }
    }
    for step in steps { step.bind(address) }
  }

  private func address(of buffer: Buffer) -> UnsafeMutableRawPointer {
    guard let address = addresses[buffer.index] else {
      preconditionFailure("buffer \(buffer.index) isn't bound")
    }
    return address
  }

  private var address: (Buffer) -> UnsafeMutableRawPointer { { self.address(of: $0) } }

  /// Runs every step once.
  ///
  /// - Parameter record: gets each step's number and seconds; timing waits after each step.
  func run(
    _ inputs: [String: Tensor], on device: Device, record: ((Int, Double) -> Void)? = nil
  ) throws(GraphError) -> [String: Tensor] {
    var names: [(index: Int, tensor: Tensor)] = []
    for (index, source) in sources.enumerated() {
      if case .input(let name) = source, let tensor = inputs[name] { names.append((index, tensor)) }
    }
    try withInputs(names[...], on: device, record)
    var results: [String: Tensor] = [:]
    for (name, placement) in outputs {
      guard let value = graph.outputs[name] else { continue }
      let shape = graph.shape(of: value)
      let floats = address(of: placement.buffer).assumingMemoryBound(to: Float.self)
      results[name] = Tensor(
        shape: shape, values: Array(UnsafeBufferPointer(start: floats, count: shape.count)))
    }
    return results
  }

  /// Points at the inputs one by one, then runs.
  private func withInputs(
    _ inputs: ArraySlice<(index: Int, tensor: Tensor)>, on device: Device, _ record: ((Int, Double) -> Void)?
  ) throws(GraphError) {
    guard let first = inputs.first else {
      for step in stepsReadingInputs { step.bind(address) }
      return try runSteps(on: device, record)
    }
    let result: Result<Void, GraphError> = first.tensor.values.withUnsafeBytes { bytes in
      // Steps read inputs and never write them.
      if let base = bytes.baseAddress { addresses[first.index] = UnsafeMutableRawPointer(mutating: base) }
      do throws(GraphError) {
        try withInputs(inputs.dropFirst(), on: device, record)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private func runSteps(on device: Device, _ record: ((Int, Double) -> Void)?) throws(GraphError) {
    for (index, step) in steps.enumerated() {
      let start = record == nil ? 0 : ProcessInfo.processInfo.systemUptime
      try step.run(on: device.stream)
      if let record {
        try check(dnnl_stream_wait(device.stream), step.names.joined())
        record(index, ProcessInfo.processInfo.systemUptime - start)
      }
    }
    try check(dnnl_stream_wait(device.stream), "run")
  }
}
