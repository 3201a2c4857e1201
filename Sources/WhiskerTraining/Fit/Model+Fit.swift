import Foundation
public import WhiskerDatasets
import WhiskerGraph
public import WhiskerLayers
public import WhiskerTensors

extension Model {
  /// Trains the model.
  ///
  /// The training samples are an endless stream (see ``WhiskerDatasets/BatchSource``), so that any number of steps
  /// serves and no batch is ever short. A second call goes on where the first ended, optimizer included. Cancelling
  /// the task ends training after the running step with the weights of that moment; when the loss or weights are no longer
  /// finite, the model goes back to the weights of the last epoch's end (or of the checkpoint, in its epoch).
  ///
  /// - Parameters:
  ///   - train: The training data.
  ///   - epochs: How many times `stepsPerEpoch` steps are taken, at least 1.
  ///   - stepsPerEpoch: Steps in an epoch, at least 1; nil for one pass over the data. The spans of a schedule that are
  ///     epochs are epochs of so many steps, counted from the optimizer's first step.
  ///   - validation: Data to measure on after each epoch, never learned from.
  ///   - validationSteps: Batches of it to use, spread evenly over the data; nil for all.
  ///   - seed: What dropout is drawn from.
  ///   - earlyStopping: When to end before the last epoch; nil for never.
  ///   - reduceOnPlateau: When to lower the learning rate; nil for never. It stays lowered in a next call.
  ///   - best: By which figure of the validation data the history's best epoch is told (``WhiskerTraining/History/bestEpoch``).
  ///   - checkpoint: Where to go on, of a training with the same settings; more `epochs` are fine. The model must be
  ///     compiled as it was then; weights and optimizer slots are the checkpoint's. Nil begins.
  ///   - checkpointing: When to hand out checkpoints, and to whom; there is one more when training is cancelled.
  ///   - onEvent: Told of every step and epoch, in order; an error it throws ends training.
  /// - Returns: loss and accuracy of each epoch, those before the checkpoint included.
  /// - Throws: ``WhiskerLayers/ModelError`` if the model isn't compiled or the data or the checkpoint doesn't fit it;
  ///   ``WhiskerTraining/TrainingError`` with `lossNotFinite` or `invalidSetting`; `CancellationError`.
  @discardableResult
  public func fit(
    _ train: any BatchSource, epochs: Int = 1, stepsPerEpoch: Int? = nil,
    validation: (any BatchSource)? = nil, validationSteps: Int? = nil, seed: UInt64 = 0,
    earlyStopping: EarlyStopping? = nil, reduceOnPlateau: ReduceOnPlateau? = nil,
    best: MonitoredMetric = .validationAccuracy, from checkpoint: Checkpoint? = nil,
    saving checkpointing: Checkpointing? = nil,
    onEvent: (TrainingEvent) async throws -> Void = { _ in }
  ) async throws -> History {
    try await fitPhase(
      train, epochs: epochs, of: epochs, stepsPerEpoch: stepsPerEpoch, validation: validation,
      validationSteps: validationSteps, seed: seed,
      .init(earlyStopping: earlyStopping, reduceOnPlateau: reduceOnPlateau, best: best), from: checkpoint,
      saving: checkpointing, onEvent: onEvent
    ).progress.history
  }

  /// Trains up to and with an epoch of several.
  ///
  /// - Returns: where training has come, with the weights that the model holds.
  func fitPhase(
    _ train: any BatchSource, epochs: Int, of allEpochs: Int, stepsPerEpoch: Int?,
    validation: (any BatchSource)?, validationSteps: Int?, seed: UInt64, _ steering: FitSession.Steering,
    from checkpoint: Checkpoint?, saving checkpointing: Checkpointing?,
    onEvent: (TrainingEvent) async throws -> Void
  ) async throws -> Checkpoint {
    let steps = stepsPerEpoch ?? train.stepsPerPass
    try requireSetting(epochs >= 1, "epochs", "at least 1", epochs)
    try requireSetting(steps >= 1, "steps per epoch", "at least 1", steps)
    try requireSetting(validationSteps ?? 1 >= 1, "validation steps", "at least 1", validationSteps ?? 0)
    try requireSetting(
      checkpointing?.steps ?? 1 >= 1, "checkpoint steps", "at least 1", checkpointing?.steps ?? 0)
    let compiled = try CompiledModel(self, seed: seed, stepsPerEpoch: steps)
    try steering.check(
      hasValidation: validation != nil, hasSchedule: compiled.hasSchedule, measuring: compiled.metrics)
    try compiled.checkTrainability()
    try compiled.check(train)
    if let validation { try compiled.check(validation) }
    var progress = TrainingProgress(
      seed: seed, stepsPerEpoch: steps, batchSize: train.batchSize, sampleCount: train.count,
      firstStep: try state().step)
    progress.metrics = compiled.metricTally
    progress.history.bestBy = steering.best
    if let checkpoint {
      try checkpoint.progress.check(continues: progress, epochs: epochs)
      try compiled.adopt(checkpoint.state)
      progress = checkpoint.progress.continued(as: progress)
    } else {
      // A rate that was lowered before stays so, and a checkpoint of this training has to know.
      progress.phase.learningRate = compiled.loweredRate
    }
    compiled.beginTraining(loweredRate: progress.phase.learningRate)
    var session = FitSession(
      compiled, progress, bestWeights: checkpoint?.bestWeights, steering, checkpointing)
    if !session.isOver(epochs: epochs) { try await compiled.loadEngine(for: .training) }
    let lastGood = try state()
    var batches = train.trainingBatches(fromStep: lastGood.step).makeAsyncIterator()
    do {
      while !session.isOver(epochs: epochs) {
        let epoch = session.progress.epochsDone + 1
        try await onEvent(.epochBegan(epoch: epoch, epochs: allEpochs, steps: steps))
        try await session.takeSteps(on: &batches, onEvent)
        let score = try await session.score(validation, steps: validationSteps, onEvent)
        try await session.endEpoch(validation: score, epochs: allEpochs, onEvent)
      }
      try await session.finish(onEvent)
    } catch let error as TrainingError where error.code == .lossNotFinite {
      // The weights of this moment are ruined: those of the last epoch are what is worth keeping.
      compiled.restore(session.lastGood ?? lastGood)
      throw error
    } catch let error as CancellationError {
      do {
        // Not cancelled itself, so that what it writes is written.
        try await session.saveCheckpoint()
      } catch let error as TrainingError where error.code == .lossNotFinite {
        compiled.restore(session.lastGood ?? lastGood)
        throw error
      }
      throw error
    } catch {
      // Whatever else ended training, the model keeps what it has learned.
      try? await compiled.storeState()
      throw error
    }
    return Checkpoint(state: try state(), progress: session.progress)
  }

  /// Trains the model, measuring on arrays after each epoch.
  ///
  /// `validation` holds images `[N, …]` and their labels; everything else is as for a dataset.
  @discardableResult
  public func fit(
    _ train: any BatchSource, epochs: Int = 1, stepsPerEpoch: Int? = nil,
    validation: (images: Tensor, labels: Tensor), validationSteps: Int? = nil, seed: UInt64 = 0,
    earlyStopping: EarlyStopping? = nil, reduceOnPlateau: ReduceOnPlateau? = nil,
    best: MonitoredMetric = .validationAccuracy, from checkpoint: Checkpoint? = nil,
    saving checkpointing: Checkpointing? = nil,
    onEvent: (TrainingEvent) async throws -> Void = { _ in }
  ) async throws -> History {
    let arrays = try ArrayDataset(
      images: validation.images, labels: validation.labels, batchSize: train.batchSize)
    return try await fit(
      train, epochs: epochs, stepsPerEpoch: stepsPerEpoch, validation: arrays,
      validationSteps: validationSteps, seed: seed, earlyStopping: earlyStopping,
      reduceOnPlateau: reduceOnPlateau, best: best, from: checkpoint, saving: checkpointing, onEvent: onEvent)
  }
}

/// Checks a number that a caller chose.
func requireSetting(
  _ isValid: Bool, _ setting: String, _ expected: String, _ value: Int
) throws(TrainingError) {
  guard isValid else { throw TrainingError(.invalidSetting, setting, "expected \(expected), got \(value)") }
}

extension Duration {
  /// The duration as a number of seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
