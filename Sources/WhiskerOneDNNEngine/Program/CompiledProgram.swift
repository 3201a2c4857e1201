import COneDNN
import Foundation
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// A graph lowered to steps, with its buffers placed.
///
/// Unchecked, because only the engine that made it touches it, on the engine's own thread; a holder of the
/// ``WhiskerGraph/Program`` around it can only release it.
final class CompiledProgram: @unchecked Sendable {
  let graph: Graph
  let steps: [any Step]
  /// What is done once, and again when the states that it depends on were set.
  let preparations: [any Step]
  /// The states that a run changes.
  let changedStates: Set<String>
  /// The other states that it reads.
  let lastingStates: Set<String>
  /// Bytes of arena that a run needs.
  let arenaByteCount: Int
  private let sources: [Lowering.Source]
  private let offsets: [Int]
  private let outputs: [String: Lowering.Placement]
  /// The steps that read a tensor where the caller has it, and so are bound at each run.
  private let stepsReadingInputs: [any Step]
  private var addresses: [UnsafeMutableRawPointer?]
  /// The memory of what is done once, from the first run on, and which states it was done with.
  private var kept: Arena?
  private var preparedVersion: Int?
  /// Weak, so that an arena that has been outgrown goes at once.
  private weak var boundArena: Arena?
  private var boundGeneration: Int?
  /// The states that the steps point at, and the device that their primitives are of: both stay alive as long
  /// as the steps.
  private var boundStates: [EngineState] = []
  private let device: Device

  init(_ lowering: Lowering, on device: Device) {
    self.device = device
    graph = lowering.graph
    steps = lowering.progress.steps
    preparations = lowering.progress.preparations
    changedStates = graph.changedStates
    lastingStates = Set(graph.states.keys).subtracting(changedStates)
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

  /// Points the steps at their buffers; needed again only when the arena has moved or states were removed.
  func bind(_ arena: Arena, _ states: [String: EngineState], _ generation: Int) throws(WhiskerError) {
    guard boundArena !== arena || boundGeneration != generation else { return }
    if boundGeneration != generation { preparedVersion = nil }
    (boundArena, boundGeneration) = (nil, nil)
    boundStates = []
    let kept: Arena
    if let known = self.kept { kept = known } else { kept = try Arena(byteCount: keptByteCount) }
    self.kept = kept
    var offset = 0
    for (index, source) in sources.enumerated() {
      switch source {
      case .arena: addresses[index] = arena.base + offsets[index]
      case .kept(let byteCount):
        addresses[index] = kept.base + offset
        offset += Self.aligned(byteCount)
      case .state(let name):
        guard let state = states[name] else {
          throw WhiskerError(.badBinding, "state \(name)", expected: "a state of the engine", got: "none")
        }
        boundStates.append(state)
        addresses[index] = state.arena.base
      case .input: addresses[index] = arena.base  // bound at each run
      }
    }
    for step in preparations + steps { step.bind(address) }
    (boundArena, boundGeneration) = (arena, generation)
  }

  /// The bytes that outlive a run.
  var keptByteCount: Int {
    sources.reduce(0) { sum, source in
      if case .kept(let byteCount) = source { sum + Self.aligned(byteCount) } else { sum }
    }
  }

  private static func aligned(_ byteCount: Int) -> Int {
    (byteCount + MemoryPlan.alignment - 1) / MemoryPlan.alignment * MemoryPlan.alignment
  }

  /// Does what follows from states alone, unless it was done with these already.
  ///
  /// - Parameter version: changes whenever one of ``lastingStates`` does.
  func prepare(_ version: Int, on device: Device) throws(WhiskerError) {
    guard preparedVersion != version, !preparations.isEmpty else { return }
    for step in preparations { try step.run(on: device.stream) }
    try check(dnnl_stream_wait(device.stream), "prepare")
    preparedVersion = version
  }

  private func address(of buffer: Buffer) -> UnsafeMutableRawPointer {
    guard let address = addresses[buffer.index] else {
      preconditionFailure("buffer \(buffer.index) isn't bound")
    }
    return address
  }

  private var address: (Buffer) -> UnsafeMutableRawPointer { { self.address(of: $0) } }

  /// Runs every step once.
  func run(_ inputs: [String: Tensor], on device: Device) throws(WhiskerError) -> [String: Tensor] {
    var names: [(index: Int, tensor: Tensor)] = []
    for (index, source) in sources.enumerated() {
      if case .input(let name) = source, let tensor = inputs[name] { names.append((index, tensor)) }
    }
    try withInputs(names[...], on: device)
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
    _ inputs: ArraySlice<(index: Int, tensor: Tensor)>, on device: Device
  ) throws(WhiskerError) {
    guard let first = inputs.first else {
      for step in stepsReadingInputs { step.bind(address) }
      return try runSteps(on: device)
    }
    let result: Result<Void, WhiskerError> = first.tensor.values.withUnsafeBytes { bytes in
      // Steps read inputs and never write them.
      if let base = bytes.baseAddress { addresses[first.index] = UnsafeMutableRawPointer(mutating: base) }
      do throws(WhiskerError) {
        try withInputs(inputs.dropFirst(), on: device)
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private func runSteps(on device: Device) throws(WhiskerError) {
    for step in steps { try step.run(on: device.stream) }
    try check(dnnl_stream_wait(device.stream), "run")
  }
}
