import Foundation
public import WhiskerDatasets
public import WhiskerLayers
import WhiskerSystem
public import WhiskerTensors

extension Model {
  /// Trains the model.
  ///
  /// The training samples are an endless stream (see ``WhiskerDatasets/BatchSource``), so that any number of
  /// steps works and no batch is ever short. A second call continues where the first ended, optimizer included.
  /// Cancelling the task ends training after the running step with the weights of that moment; when the loss or
  /// weights are no longer finite, the model goes back to the weights of the last epoch's end (or of the
  /// checkpoint, in its epoch).
  ///
  /// - Parameters:
  ///   - train: The training data.
  ///   - epochs: How many times `stepsPerEpoch` steps are taken, at least 1.
  ///   - stepsPerEpoch: Steps in an epoch, at least 1; nil for one pass over the data. The spans of a schedule that are
  ///     epochs have this many steps, counted from the optimizer's first step.
  ///   - validation: Data to measure on after each epoch, never trained on.
  ///   - validationSteps: Batches of it to use, spread evenly over the data; nil for all.
  ///   - validationFrequency: After every how many epochs is measured, at least 1; after the last in any case.
  ///   - seed: The seed of dropout.
  ///   - classWeights: How much each class counts in the loss, in the order of labels: at least 0 and not all 0; nil
  ///     counts each as 1. They multiply with the weights of samples; metrics and validation don't go by them.
  ///   - earlyStopping: When to end before the last epoch; nil for never.
  ///   - reduceOnPlateau: When to lower the learning rate; nil for never. It stays lowered in a next call.
  ///   - best: The validation figure that decides the history's best epoch
  ///     (``WhiskerTraining/History/bestEpoch``).
  ///   - stages: What changes from an epoch on, in order.
  ///   - checkpoint: Where to resume, from training with the same settings; more `epochs` are fine. The model
  ///     must be compiled as it was then; weights and optimizer slots are the checkpoint's. Nil starts from the
  ///     beginning.
  ///   - checkpointing: When to hand out checkpoints, and to whom; there is one more when training is cancelled.
  ///   - onEvent: Called with every step and epoch, in order; an error it throws ends training.
  /// - Returns: loss and accuracy of each epoch, those before the checkpoint included.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the model isn't compiled or the data or the checkpoint doesn't fit it;
  ///   ``WhiskerSystem/WhiskerError`` with `lossNotFinite` or `invalidSetting`; `CancellationError`.
  @discardableResult
  public func fit(
    _ train: any BatchSource, epochs: Int = 1, stepsPerEpoch: Int? = nil,
    validation: (any BatchSource)? = nil, validationSteps: Int? = nil, validationFrequency: Int = 1,
    seed: UInt64 = 0,
    classWeights: [Float]? = nil, earlyStopping: EarlyStopping? = nil,
    reduceOnPlateau: ReduceOnPlateau? = nil,
    best: MonitoredMetric = .validationAccuracy, stages: [TrainingStage] = [],
    from checkpoint: Checkpoint? = nil, saving checkpointing: Checkpointing? = nil,
    onEvent: (TrainingEvent) async throws -> Void = { _ in }
  ) async throws -> History {
    try await fitPhase(
      train, epochs: epochs, of: epochs, stepsPerEpoch: stepsPerEpoch, validation: validation,
      validationSteps: validationSteps, validationFrequency: validationFrequency, seed: seed,
      classWeights: classWeights,
      .init(earlyStopping: earlyStopping, reduceOnPlateau: reduceOnPlateau, best: best), stages: stages,
      from: checkpoint, saving: checkpointing, onEvent: onEvent
    ).progress.history
  }

  /// Trains up to and with an epoch of several.
  ///
  /// - Returns: the progress of training, with the model's weights.
  func fitPhase(
    _ train: any BatchSource, epochs: Int, of allEpochs: Int, stepsPerEpoch: Int?,
    validation: (any BatchSource)?, validationSteps: Int?, validationFrequency: Int, seed: UInt64,
    classWeights: [Float]?,
    _ steering: TrainingLoop.Steering, stages: [TrainingStage],
    from checkpoint: Checkpoint?, saving checkpointing: Checkpointing?,
    onEvent: (TrainingEvent) async throws -> Void
  ) async throws -> Checkpoint {
    let steps = stepsPerEpoch ?? train.stepsPerPass
    try requireSetting(epochs >= 1, "epochs", expected: "at least 1", got: epochs)
    try requireSetting(steps >= 1, "steps per epoch", expected: "at least 1", got: steps)
    try requireSetting(
      validationSteps ?? 1 >= 1, "validation steps", expected: "at least 1", got: validationSteps ?? 0)
    try requireSetting(
      validationFrequency >= 1, "validation frequency", expected: "at least 1", got: validationFrequency)
    try requireSetting(
      checkpointing?.steps ?? 1 >= 1, "checkpoint steps", expected: "at least 1",
      got: checkpointing?.steps ?? 0)
    try TrainingStage.check(stages)
    let length = TrainingLength(
      stepsPerEpoch: steps, epochs: max(1, epochs - (checkpoint?.progress.phase.firstEpoch ?? 0)),
      accumulationSteps: compilation?.optimizer.accumulationSteps ?? 1)
    let compiled = try CompiledModel(self, seed: seed, length: length, classWeights: classWeights)
    try steering.check(
      hasValidation: validation != nil, hasSchedule: compiled.hasSchedule, measuring: compiled.metrics)
    try compiled.checkTrainability()
    try compiled.check(train)
    if let validation { try compiled.check(validation) }
    var progress = TrainingProgress(
      seed: seed, stepsPerEpoch: steps, batchSize: train.batchSize, sampleCount: train.count,
      firstStep: compiled.session.step)
    progress.metrics = compiled.metricTally
    progress.history.bestBy = steering.best
    if let checkpoint {
      try checkpoint.progress.check(continues: progress, epochs: epochs)
      try compiled.goOn(from: checkpoint.state, of: self)
      progress = checkpoint.progress.continued(as: progress)
    } else {
      // A rate that was lowered before stays so, and a checkpoint must record it.
      progress.phase.learningRate = compiled.session.loweredRate
    }
    compiled.beginTraining(loweredRate: progress.phase.learningRate)
    var loop = TrainingLoop(
      compiled, progress, bestWeights: checkpoint?.bestWeights, steering, checkpointing)
    let first = try await state()
    var stage = StageInProgress(stages, .init(train: train, validation: validation))
    do {
      while !loop.isOver(epochs: epochs) {
        let epoch = loop.progress.epochsDone + 1
        let new = try await stage.enter(epochsDone: epoch - 1, step: compiled.session.step) {
          samples, stage in
          try compiled.check(samples.train, dropoutFactor: stage.dropoutFactor)
          if let validation = samples.validation { try compiled.check(validation, dropoutFactor: 1) }
        }
        if let new { try await onEvent(.stageBegan(epoch: epoch, name: new.name)) }
        try await onEvent(.epochBegan(epoch: epoch, epochs: allEpochs, steps: steps))
        try await loop.takeSteps(on: &stage, onEvent)
        let isMeasured = epoch % validationFrequency == 0 || epoch == allEpochs
        let score = try await loop.score(
          isMeasured ? stage.validation : nil, steps: validationSteps, onEvent)
        try await loop.endEpoch(validation: score, epochs: allEpochs, onEvent)
      }
      try await loop.finish(onEvent)
    } catch let error as WhiskerError where error.code == .lossNotFinite {
      // The current weights are unusable: those of the last epoch are worth keeping.
      compiled.session.replace(with: loop.lastGood ?? first)
      throw error
    } catch let error as CancellationError {
      do {
        // Not cancelled itself, so that what it writes is written.
        try await loop.saveCheckpoint()
        try await takeBack()
      } catch let error as WhiskerError where error.code == .lossNotFinite {
        compiled.session.replace(with: loop.lastGood ?? first)
        throw error
      }
      throw error
    } catch {
      // Whatever else ended training, the model keeps what it has learned.
      _ = try? await takeBack()
      throw error
    }
    return Checkpoint(state: try await takeBack(), progress: loop.progress)
  }

  /// Ends the loan to the engine: the session owns all tensors again.
  @discardableResult
  private func takeBack() async throws(WhiskerError) -> TrainingState { try await state() }

  /// Trains the model, measuring on arrays after each epoch.
  ///
  /// `validation` holds images `[N, …]` and their labels; everything else is as for a dataset.
  @discardableResult
  public func fit(
    _ train: any BatchSource, epochs: Int = 1, stepsPerEpoch: Int? = nil,
    validation: (images: Tensor, labels: Tensor), validationSteps: Int? = nil, validationFrequency: Int = 1,
    seed: UInt64 = 0,
    classWeights: [Float]? = nil, earlyStopping: EarlyStopping? = nil,
    reduceOnPlateau: ReduceOnPlateau? = nil,
    best: MonitoredMetric = .validationAccuracy, stages: [TrainingStage] = [],
    from checkpoint: Checkpoint? = nil, saving checkpointing: Checkpointing? = nil,
    onEvent: (TrainingEvent) async throws -> Void = { _ in }
  ) async throws -> History {
    let arrays = try ArrayDataset(
      images: validation.images, labels: validation.labels, batchSize: train.batchSize)
    return try await fit(
      train, epochs: epochs, stepsPerEpoch: stepsPerEpoch, validation: arrays,
      validationSteps: validationSteps, validationFrequency: validationFrequency, seed: seed,
      classWeights: classWeights, earlyStopping: earlyStopping,
      reduceOnPlateau: reduceOnPlateau, best: best, stages: stages, from: checkpoint, saving: checkpointing,
      onEvent: onEvent)
  }
}

extension Duration {
  /// The duration as a number of seconds.
  package var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
