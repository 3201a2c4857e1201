public import WhiskerDatasets
public import WhiskerLayers
import WhiskerSystem

extension Model {
  /// Trains the model in phases, each with different layers frozen and its own optimizer; everything else is as
  /// for one phase.
  ///
  /// Compile the model first, with the optimizer of the phases that don't have their own. Samples, epochs and
  /// history continue through all phases. A phase that early stopping ends is followed by the next.
  ///
  /// - Parameters:
  ///   - train: The training data.
  ///   - phases: At least one; each but the last says how many epochs it lasts.
  ///   - epochs: Those of all phases.
  ///   - stepsPerEpoch: Steps in an epoch, at least 1; nil for one pass over the data.
  ///   - validation: Data to measure on after each epoch, never trained on.
  ///   - validationSteps: Batches of it to use, spread evenly over the data; nil for all.
  ///   - validationFrequency: After every how many epochs is measured, at least 1; after the last in any case.
  ///   - seed: The seed of dropout.
  ///   - classWeights: How much each class counts in the loss of all phases; nil counts each as 1.
  ///   - best: The validation figure that decides the history's best epoch.
  ///   - stages: What changes from an epoch on, whatever the phase; in order.
  ///   - checkpoint: Where to resume, in any phase; nil starts from the beginning.
  ///   - checkpointing: When to hand out checkpoints, and to whom.
  ///   - onEvent: Called with every phase, step and epoch, in order; an error it throws ends training.
  /// - Returns: loss and accuracy of each epoch of all phases.
  /// - Throws: ``WhiskerSystem/WhiskerError`` too if a phase doesn't fit the model.
  @discardableResult
  public func fit(
    _ train: any BatchSource, phases: [TrainingPhase], epochs: Int, stepsPerEpoch: Int? = nil,
    validation: (any BatchSource)? = nil, validationSteps: Int? = nil, validationFrequency: Int = 1,
    seed: UInt64 = 0,
    classWeights: [Float]? = nil, best: MonitoredMetric = .validationAccuracy, stages: [TrainingStage] = [],
    from checkpoint: Checkpoint? = nil,
    saving checkpointing: Checkpointing? = nil,
    onEvent: (TrainingEvent) async throws -> Void = { _ in }
  ) async throws -> History {
    try requireSetting(!phases.isEmpty, "phases", expected: "at least 1", got: phases.count)
    try TrainingPhase.check(phases, in: network())
    guard let base = compilation else {
      throw notCompiled
    }
    var place = checkpoint
    for (index, phase) in phases.enumerated() {
      if let place, place.progress.phase.index > index { continue }
      try freeze(for: phase)
      try compile(
        loss: base.loss, optimizer: phase.optimizer ?? base.base, metrics: base.metrics, engine: base.engine)
      // A phase's own optimizer is not that of the next training.
      compilation?.base = base.base
      if let before = place, before.progress.phase.index < index { place = before.enteringNextPhase() }
      let first = place?.progress.phase.firstEpoch ?? 0
      let last = min(phase.epochs.map { first + $0 } ?? epochs, epochs)
      try await onEvent(.phaseBegan(number: index + 1, of: phases.count, phase))
      place = try await fitPhase(
        train, epochs: last, of: epochs, stepsPerEpoch: stepsPerEpoch, validation: validation,
        validationSteps: validationSteps, validationFrequency: validationFrequency, seed: seed,
        classWeights: classWeights,
        .init(earlyStopping: phase.earlyStopping, reduceOnPlateau: phase.reduceOnPlateau, best: best),
        stages: stages, from: place, saving: checkpointing, onEvent: onEvent)
      if let place, place.progress.epochsDone >= epochs { break }
    }
    return place?.progress.history ?? History()
  }
}

extension Checkpoint {
  /// The beginning of the next phase: the same weights and position in the stream of samples, and a new
  /// optimizer.
  fileprivate func enteringNextPhase() -> Checkpoint {
    var next = Checkpoint(state: TrainingState(weights: state.result.weights), progress: progress)
    next.state.step = state.step
    next.progress.phase = PhaseProgress(
      index: progress.phase.index + 1, firstEpoch: progress.epochsDone)
    return next
  }
}

extension TrainingLoop.Steering {
  /// Checks the settings, and that their requirements are met.
  func check(hasValidation: Bool, hasSchedule: Bool, measuring metrics: [Metric]) throws {
    try earlyStopping?.check()
    try reduceOnPlateau?.check()
    for monitor in [earlyStopping?.monitor, reduceOnPlateau?.monitor].compactMap(\.self)
    where monitor.needsValidation && !hasValidation {
      throw WhiskerError(
        .invalidSetting, "monitor", expected: "validation data to take \(monitor.rawValue) from", got: "none")
    }
    for monitor in [earlyStopping?.monitor, reduceOnPlateau?.monitor].compactMap(\.self) {
      try monitor.check(measuring: metrics, "monitor")
    }
    try best.check(measuring: metrics, onlyValidation: true, "best")
    guard reduceOnPlateau == nil || !hasSchedule else {
      throw WhiskerError(
        .invalidSetting, "reduce on plateau",
        expected: "a learning rate without a schedule", got: "one that follows a schedule")
    }
  }
}
