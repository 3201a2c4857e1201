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
  /// the task ends training after the running step with the weights of that moment; when the loss is no longer
  /// finite, the model goes back to the weights of the last epoch's end.
  ///
  /// - Parameters:
  ///   - train: The training data.
  ///   - epochs: How many times `stepsPerEpoch` steps are taken, at least 1.
  ///   - stepsPerEpoch: Steps in an epoch, at least 1; nil for one pass over the data.
  ///   - validation: Data to measure on after each epoch, never learned from.
  ///   - validationSteps: Batches of it to use, spread evenly over the data; nil for all.
  ///   - seed: What dropout is drawn from.
  ///   - onEvent: Told of every step and epoch, in order; an error it throws ends training.
  /// - Returns: loss and accuracy of each epoch.
  /// - Throws: ``WhiskerLayers/ModelError`` if the model isn't compiled or the data doesn't fit it;
  ///   ``TrainingError`` with `lossNotFinite` or `invalidSetting`; `CancellationError`.
  @discardableResult
  public func fit(
    _ train: any BatchSource, epochs: Int = 1, stepsPerEpoch: Int? = nil,
    validation: (any BatchSource)? = nil, validationSteps: Int? = nil, seed: UInt64 = 0,
    onEvent: (TrainingEvent) async throws -> Void = { _ in }
  ) async throws -> History {
    let steps = stepsPerEpoch ?? train.stepsPerPass
    try requireSetting(epochs >= 1, "epochs", "at least 1", epochs)
    try requireSetting(steps >= 1, "steps per epoch", "at least 1", steps)
    try requireSetting(validationSteps ?? 1 >= 1, "validation steps", "at least 1", validationSteps ?? 0)
    let compiled = try CompiledModel(self, seed: seed)
    try compiled.check(train)
    if let validation { try compiled.check(validation) }
    try await compiled.loadEngine(for: .training)

    var history = History()
    let start = ContinuousClock.now
    var lastGood = try state()
    var batches = train.trainingBatches(fromStep: lastGood.step).makeAsyncIterator()
    do {
      for epoch in 1...epochs {
        try await onEvent(.epochBegan(epoch: epoch, epochs: epochs, steps: steps))
        let epochStart = ContinuousClock.now
        let tally = try await takeSteps(steps, of: epoch, in: compiled, on: &batches, onEvent)
        var result = History.Epoch(loss: tally.loss, accuracy: tally.accuracy)
        if let validation {
          result.validation = try await compiled.score(validation, steps: validationSteps) { step, steps in
            try await onEvent(.validationStepEnded(step: step, steps: steps))
          }
        }
        history.epochs.append(result)
        history.seconds = start.duration(to: .now).seconds
        try await compiled.storeState()
        lastGood = try state()
        try await onEvent(
          .epochEnded(
            epoch: epoch, epochs: epochs, result, seconds: epochStart.duration(to: .now).seconds))
      }
    } catch let error as TrainingError where error.code == .lossNotFinite {
      // The weights of this moment are ruined: those of the last epoch are what is worth keeping.
      compiled.restore(lastGood)
      throw error
    } catch {
      // Whatever else ended training, the model keeps what it has learned.
      try? await compiled.storeState()
      throw error
    }
    return history
  }

  /// Takes the steps of one epoch.
  private func takeSteps(
    _ steps: Int, of epoch: Int, in compiled: CompiledModel, on batches: inout BatchSequence.Iterator,
    _ onEvent: (TrainingEvent) async throws -> Void
  ) async throws -> Tally {
    let start = ContinuousClock.now
    var tally = Tally()
    for step in 1...steps {
      guard let batch = try await batches.next() else { break }
      try Task.checkCancellation()
      let result = try await compiled.train(on: batch)
      guard result.loss.isFinite else {
        throw TrainingError(
          .lossNotFinite, "epoch \(epoch), step \(step)",
          "expected a finite loss, got \(result.loss): try a smaller learning rate, and check that inputs are "
            + "scaled (0 to 1)")
      }
      tally.add(result)
      try await onEvent(
        .stepEnded(
          .init(
            epoch: epoch, step: step, steps: steps, loss: tally.loss, accuracy: tally.accuracy,
            seconds: start.duration(to: .now).seconds)))
    }
    return tally
  }

  /// Trains the model, measuring on arrays after each epoch; everything else is as for a dataset.
  ///
  /// - Parameter validation: Images `[N, …]` and their labels.
  @discardableResult
  public func fit(
    _ train: any BatchSource, epochs: Int = 1, stepsPerEpoch: Int? = nil,
    validation: (images: Tensor, labels: Tensor), validationSteps: Int? = nil, seed: UInt64 = 0,
    onEvent: (TrainingEvent) async throws -> Void = { _ in }
  ) async throws -> History {
    let arrays = try ArrayDataset(
      images: validation.images, labels: validation.labels, batchSize: train.batchSize)
    return try await fit(
      train, epochs: epochs, stepsPerEpoch: stepsPerEpoch, validation: arrays,
      validationSteps: validationSteps, seed: seed, onEvent: onEvent)
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
