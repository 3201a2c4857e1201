import WhiskerDatasets
import WhiskerLayers

/// A running `fit`: takes its steps, and knows how far it has come so that a checkpoint can be made at any time.
struct FitSession {
  private(set) var progress: TrainingProgress
  /// The model at the end of the last epoch; nil before.
  private(set) var lastGood: TrainingState?
  private let compiled: CompiledModel
  private let checkpointing: Checkpointing?
  private var lastCheckpoint = ContinuousClock.now
  /// When this session's part of the epoch began, and the seconds that were spent on training and epoch before.
  private var epochStart = ContinuousClock.now
  private var secondsBefore: (training: Double, epoch: Double)

  init(_ compiled: CompiledModel, _ progress: TrainingProgress, _ checkpointing: Checkpointing?) {
    self.compiled = compiled
    self.progress = progress
    self.checkpointing = checkpointing
    secondsBefore = (progress.history.seconds, progress.epochSeconds)
  }

  /// Takes the steps that the epoch lacks.
  mutating func takeSteps(
    on batches: inout BatchSequence.Iterator, _ onEvent: (TrainingEvent) async throws -> Void
  ) async throws {
    while progress.stepInEpoch < progress.stepsPerEpoch {
      guard let batch = try await batches.next() else { break }
      try Task.checkCancellation()
      let result = try await compiled.train(on: batch)
      progress.stepInEpoch += 1
      guard result.loss.isFinite else {
        throw lossNotFinite("expected a finite loss, got \(result.loss)")
      }
      progress.tally.add(result)
      countSeconds()
      try await onEvent(
        .stepEnded(
          .init(
            epoch: progress.epochsDone + 1, step: progress.stepInEpoch, steps: progress.stepsPerEpoch,
            loss: progress.tally.loss, accuracy: progress.tally.accuracy, seconds: progress.epochSeconds)))
      // The end of the epoch has a checkpoint of its own.
      if progress.stepInEpoch < progress.stepsPerEpoch,
        checkpointing?.isDue(afterStep: progress.stepsDone, last: lastCheckpoint) == true
      {
        try await requireFiniteWeights()
        try await saveCheckpoint()
      }
    }
    try await requireFiniteWeights()
  }

  /// Checks what the loss may not tell: some processors' ReLU makes 0 of what is not a number.
  private func requireFiniteWeights() async throws {
    let weights = try await compiled.currentState().weights
    guard
      let ruined = weights.keys.sorted().first(where: { weights[$0]?.values.allSatisfy(\.isFinite) == false })
    else { return }
    throw lossNotFinite("expected finite weights, got others in \(ruined)")
  }

  private func lossNotFinite(_ found: String) -> TrainingError {
    TrainingError(
      .lossNotFinite, "epoch \(progress.epochsDone + 1), step \(progress.stepInEpoch)",
      "\(found): try a smaller learning rate, and check that inputs are scaled (0 to 1)")
  }

  /// Measures the model on the validation data, if there is any.
  func score(
    _ validation: (any BatchSource)?, steps: Int?, _ onEvent: (TrainingEvent) async throws -> Void
  ) async throws -> History.Score? {
    guard let validation else { return nil }
    return try await compiled.score(validation, steps: steps) { step, steps in
      try await onEvent(.validationStepEnded(step: step, steps: steps))
    }
  }

  /// Ends the epoch and begins the next.
  mutating func endEpoch(
    validation: History.Score?, epochs: Int, _ onEvent: (TrainingEvent) async throws -> Void
  ) async throws {
    countSeconds()
    let seconds = progress.epochSeconds
    let result = History.Epoch(
      loss: progress.tally.loss, accuracy: progress.tally.accuracy, validation: validation)
    progress.endEpoch(result)
    secondsBefore = (progress.history.seconds, 0)
    epochStart = .now
    lastGood = try await compiled.currentState()
    try await onEvent(
      .epochEnded(epoch: progress.epochsDone, epochs: epochs, result, seconds: seconds))
    if checkpointing != nil { try await saveCheckpoint() }
  }

  /// Takes the engine's state into the model, and hands out a checkpoint if anybody wants them.
  mutating func saveCheckpoint() async throws {
    let state = try await compiled.currentState()
    countSeconds()
    try await checkpointing?.write(Checkpoint(state: state, progress: progress))
    lastCheckpoint = .now
  }

  private mutating func countSeconds() {
    let elapsed = epochStart.duration(to: .now).seconds
    progress.history.seconds = secondsBefore.training + elapsed
    progress.epochSeconds = secondsBefore.epoch + elapsed
  }
}
