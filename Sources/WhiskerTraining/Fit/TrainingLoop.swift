import WhiskerDatasets
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// The epochs of a `fit`: takes their steps, and tracks its progress so that a checkpoint can be made at any
/// time.
struct TrainingLoop {
  private(set) var progress: TrainingProgress
  /// The model at the end of the last epoch; nil before.
  private(set) var lastGood: TrainingState?
  /// The weights of the best epoch, where early stopping restores them.
  private(set) var bestWeights: [String: Tensor]?
  private let compiled: CompiledModel
  private let steering: Steering
  private let checkpointing: Checkpointing?
  private var lastCheckpoint = ContinuousClock.now
  /// When this loop's part of the epoch began, and the seconds that were spent on training and epoch before.
  private var epochStart = ContinuousClock.now
  private var secondsBefore: (training: Double, epoch: Double)

  /// What controls training from epoch to epoch.
  struct Steering {
    var earlyStopping: EarlyStopping?
    var reduceOnPlateau: ReduceOnPlateau?
    /// The figure that decides the best epoch.
    var best = MonitoredMetric.validationAccuracy
  }

  init(
    _ compiled: CompiledModel, _ progress: TrainingProgress, bestWeights: [String: Tensor]?,
    _ steering: Steering, _ checkpointing: Checkpointing?
  ) {
    self.compiled = compiled
    self.progress = progress
    self.bestWeights = bestWeights
    self.steering = steering
    self.checkpointing = checkpointing
    secondsBefore = (progress.history.seconds, progress.epochSeconds)
  }

  /// Whether no epoch is left to do, out of the given number.
  func isOver(epochs: Int) -> Bool { progress.epochsDone >= epochs || progress.phase.isOver }

  /// Takes the remaining steps of the epoch.
  mutating func takeSteps(
    on stage: inout StageInProgress, _ onEvent: (TrainingEvent) async throws -> Void
  ) async throws {
    while progress.stepInEpoch < progress.stepsPerEpoch {
      guard let batch = try await stage.next() else { break }
      try Task.checkCancellation()
      let result = try await compiled.train(on: batch, dropoutFactor: stage.dropoutFactor)
      progress.stepInEpoch += 1
      guard result.loss.isFinite else {
        throw lossNotFinite(expected: "a finite loss", got: "\(result.loss)")
      }
      progress.tally.add(result)
      progress.metrics?.add(result.predictions, of: batch)
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
        try await saveCheckpoint()
      }
    }
    try await requireSoundWeights()
  }

  /// Checks what the loss doesn't always show.
  ///
  /// An engine's ReLU and max-pooling may turn NaN into a number (oneDNN's do), so that the loss stays finite
  /// while hidden layers overflow. The weights show it.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `lossNotFinite`.
  private func requireSoundWeights() async throws {
    guard let complaint = try await compiled.weightComplaint() else { return }
    throw lossNotFinite(expected: complaint.expected, got: complaint.got)
  }

  private func lossNotFinite(expected: String, got: String) -> WhiskerError {
    WhiskerError(
      .lossNotFinite, "epoch \(progress.epochsDone + 1), step \(progress.stepInEpoch)", expected: expected,
      got: got, note: "try a smaller learning rate, and check that inputs are scaled (0 to 1)")
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
      loss: progress.tally.loss, accuracy: progress.tally.accuracy, validation: validation,
      learningRate: compiled.lastRate, metrics: progress.metrics?.values ?? [:])
    progress.endEpoch(result)
    secondsBefore = (progress.history.seconds, 0)
    epochStart = .now
    let state = try await compiled.session.state()
    lastGood = state
    steer(after: result, weights: state.result.weights)
    try await onEvent(
      .epochEnded(epoch: progress.epochsDone, epochs: epochs, result, seconds: seconds))
    if checkpointing != nil { try await saveCheckpoint() }
  }

  /// Lowers the learning rate or ends the phase, where an epoch gives reason to.
  private mutating func steer(after result: History.Epoch, weights: [String: Tensor]) {
    if let rule = steering.reduceOnPlateau,
      let rate = progress.phase.reduce(compiled.learningRate, by: rule, after: result)
    {
      compiled.session.loweredRate = rate
    }
    guard let rule = steering.earlyStopping else { return }
    let number = progress.epochsDone - 1 - progress.phase.firstEpoch
    if progress.phase.stop(by: rule, after: result, number: number), rule.restoresBestWeights {
      bestWeights = weights
    }
  }

  /// Restores the weights of the best epoch where early stopping asks for it, and reports it.
  func finish(_ onEvent: (TrainingEvent) async throws -> Void) async throws {
    let phase = progress.phase
    try await compiled.adoptResult(bestWeights)
    let restored = bestWeights == nil ? nil : phase.bestEpoch
    guard phase.isOver || restored != nil else { return }
    try await onEvent(.stopped(early: phase.isOver ? progress.epochsDone : nil, restoredEpoch: restored))
  }

  /// Hands out a checkpoint if anybody wants them.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `lossNotFinite` if training couldn't resume from the
  ///   weights.
  mutating func saveCheckpoint() async throws {
    try await requireSoundWeights()
    countSeconds()
    guard let checkpointing else { return }
    var checkpoint = Checkpoint(state: try await compiled.session.state(), progress: progress)
    checkpoint.bestWeights = bestWeights
    try await checkpointing.write(checkpoint)
    lastCheckpoint = .now
  }

  private mutating func countSeconds() {
    let elapsed = epochStart.duration(to: .now).seconds
    progress.history.seconds = secondsBefore.training + elapsed
    progress.epochSeconds = secondsBefore.epoch + elapsed
  }
}
