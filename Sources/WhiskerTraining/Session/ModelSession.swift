package import WhiskerGraph
package import WhiskerLayers
package import WhiskerSystem
package import WhiskerTensors

/// The one owner of what training changes: weights, moving statistics, the optimizer's slots, and the steps taken, from
/// which everything random follows.
///
/// While a model trains, the tensors are lent to the engine, and only the engine has their newest values.
/// Values are requested by name; only then are they copied, once until the next step. When training ends the
/// session has them all again.
package final class ModelSession {
  /// Steps taken so far, which give the position in the stream of samples.
  package private(set) var step = 0
  /// Steps since the optimizer started anew; with several batches for one step of the optimizer, the batches.
  package private(set) var optimizerStep = 0
  /// The learning rate where a plateau has lowered it; nil for the optimizer's own.
  package var loweredRate: Float?
  /// The length of the last training, by which it counted spans; nil before the first.
  package var length: TrainingLength?

  /// Whether averages of the weights are kept, and have begun.
  package var hasAverages: Bool { averageNames.contains { tensors[$0] != nil || away.contains($0) } }

  /// The slots that are averages.
  private var averageNames: [String] = []
  private let weightShapes: [String: Shape]
  private var slotShapes: [String: Shape] = [:]
  /// The tensors that are here; a slot that is neither here nor away is 0.
  private var tensors: [String: Tensor]
  /// The names of those that the engine holds with their newest values.
  private var lent: Set<String> = []
  /// The names of those whose newest values only the engine has.
  private var away: Set<String> = []
  /// The names of what the engine holds and is no longer needed.
  private var obsolete: Set<String> = []
  private var engine: (any Engine)?
  private var programs = ProgramCache()

  /// A session of weights before the first step.
  package init(weights: [String: Tensor]) {
    tensors = weights
    weightShapes = weights.mapValues(\.shape)
  }

  // MARK: Asking

  /// The values of some weights, by name.
  package func weights(_ names: some Sequence<String>) async throws(WhiskerError) -> [String: Tensor] {
    try await values(Array(names))
  }

  /// All weights.
  package func weights() async throws(WhiskerError) -> [String: Tensor] {
    try await values(Array(weightShapes.keys))
  }

  /// All weights, for synchronous callers.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `engineFailure` while an engine has them: during training,
  ///   or after training whose engine failed.
  package func weightsAtHome() throws(WhiskerError) -> [String: Tensor] {
    guard away.isDisjoint(with: weightShapes.keys) else {
      throw WhiskerError(
        .engineFailure, "model", expected: "weights that no engine is training", got: "some in use")
    }
    return tensors.filter { weightShapes[$0.key] != nil }
  }

  /// Everything, as it is now.
  package func state() async throws(WhiskerError) -> TrainingState {
    let values = try await values(Array(weightShapes.keys) + slotShapes.keys)
    var state = TrainingState(weights: values.filter { weightShapes[$0.key] != nil })
    state.slots = values.filter { weightShapes[$0.key] == nil }
    (state.step, state.optimizerStep) = (step, optimizerStep)
    return state
  }

  private func values(_ names: [String]) async throws(WhiskerError) -> [String: Tensor] {
    let missing = names.filter(away.contains)
    if !missing.isEmpty, let engine {
      let read = try await engine.read(missing.sorted())
      tensors.merge(read) { _, new in new }
      away.subtract(missing)
    }
    return Dictionary(
      names.compactMap { name in tensors[name].map { (name, $0) } }, uniquingKeysWith: { $1 })
  }

  // MARK: Replacing

  /// Replaces everything by a state whose weights are known to fit; slots of another optimizer than the one that began on
  /// an engine are left out.
  package func replace(with state: TrainingState) {
    if engine == nil { slotShapes = state.slots.mapValues(\.shape) }
    tensors = state.weights.merging(state.slots.filter { slotShapes[$0.key] == $0.value.shape }) { $1 }
    (lent, away) = ([], [])
    (step, optimizerStep) = (state.step, state.optimizerStep)
  }

  /// Replaces the weights, and leaves the optimizer as it is.
  package func replaceWeights(_ weights: [String: Tensor]) {
    tensors.merge(weights) { $1 }
    lent.subtract(weights.keys)
    away.subtract(weights.keys)
  }

  /// Lets an optimizer start anew, on an engine.
  ///
  /// - Parameters:
  ///   - slots: The shapes of the slots that it has, by name.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `engineFailure` if another engine has weights that it can't give back.
  ///   - averages: The names of those that are averages of weights.
  package func begin(
    on engine: any Engine, slots: [String: Shape], averages: [String] = []
  ) throws(WhiskerError) {
    if self.engine !== engine {
      _ = try weightsAtHome()
      (lent, away, obsolete) = ([], [], [])
    }
    self.engine = engine
    programs = ProgramCache()
    (loweredRate, length) = (nil, nil)
    let old = Set(slotShapes.keys)
    obsolete.formUnion(old.intersection(lent))
    lent.subtract(old)
    away.subtract(old)
    for name in old { tensors[name] = nil }
    optimizerStep = 0
    slotShapes = slots
    averageNames = averages
  }

  /// Takes the averages for the weights, or other weights as the result of training, and lets averaging go on from there.
  package func adopt(_ result: [String: Tensor]) {
    replaceWeights(result)
    replaceWeights(
      Dictionary(
        uniqueKeysWithValues: result.compactMap { name, tensor in
          let average = WeightAveraging.name(for: name)
          return slotShapes[average] == nil ? nil : (average, tensor)
        }))
  }

  // MARK: Lending

  /// Runs a program on the engine, lending the tensors that it needs.
  ///
  /// - Parameters:
  ///   - key: What the program is for, by which it is kept.
  ///   - inputs: What it is fed.
  ///   - graph: Makes its graph, when it is first needed.
  package func run(
    _ key: ProgramCache.Key, _ inputs: [String: Tensor], _ graph: () throws(WhiskerError) -> Graph
  ) async throws(WhiskerError) -> [String: Tensor] {
    guard let engine else {
      throw WhiskerError(.notCompiled, "model", expected: "a compiled model", got: "one without an engine")
    }
    let needsSlots =
      [.training, .accumulation, .averaging].contains(key.purpose) || key.isAveraged
    try await lend(to: engine, withSlots: needsSlots)
    let entry: ProgramCache.Entry
    if let known = programs[key] {
      entry = known
    } else {
      let graph = try graph()
      entry = .init(program: try await engine.compile(graph), changedStates: graph.changedStates)
      programs[key] = entry
    }
    // From here on only the engine has the newest values.
    if !entry.changedStates.isSubset(of: away) {
      away.formUnion(entry.changedStates)
      for name in entry.changedStates { tensors[name] = nil }
    }
    return try await engine.run(entry.program, inputs: inputs)
  }

  /// Gives the engine the tensors that it doesn't have.
  private func lend(to engine: any Engine, withSlots: Bool) async throws(WhiskerError) {
    var needed = weightShapes
    if withSlots { needed.merge(slotShapes) { $1 } }
    if !obsolete.isEmpty {
      await engine.discard(obsolete.subtracting(slotShapes.keys).sorted())
      obsolete = []
    }
    let lacking = needed.filter { !lent.contains($0.key) }
    guard !lacking.isEmpty else { return }
    var loaded: [String: Tensor] = [:]
    for (name, shape) in lacking { loaded[name] = tensors[name] ?? Tensor(shape: shape) }
    try await engine.load(loaded)
    lent.formUnion(lacking.keys)
  }

  /// Counts a step that was taken.
  package func countStep() {
    step += 1
    optimizerStep += 1
  }
}
