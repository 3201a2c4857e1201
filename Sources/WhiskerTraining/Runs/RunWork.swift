import Foundation
import WhiskerDatasets
import WhiskerLayers

/// The part of a run from its first step to its last file: trains, and keeps the files in step with it.
///
/// Files are written before the checkpoint of the same moment, so that a run that is killed in between writes them
/// again, the same ones.
final class RunWork {
  private let run: TrainingRun
  private let folder: RunFolder
  private let store: CheckpointStore
  private let saved: SavedModel
  /// What each checkpoint says of the run.
  private let note: String
  private let sinks: [any RunSink]
  private let onEvent: @Sendable (TrainingRun.Event) -> Void
  private var history: History
  /// The names of the files that a finished run lacks and that are all there is to do; nil for a run that isn't finished.
  private let lacking: Set<String>?
  /// The last checkpoint written.
  private var lastPlace: TrainingRun.Place?

  init(
    _ run: TrainingRun, folder: RunFolder, store: CheckpointStore, saved: SavedModel, note: String,
    sinks: [any RunSink], history: History, lacking: [String]?,
    onEvent: @escaping @Sendable (TrainingRun.Event) -> Void
  ) {
    self.run = run
    self.folder = folder
    self.store = store
    self.saved = saved
    self.note = note
    self.sinks = sinks
    self.history = history
    self.history.bestBy = run.recipe.training.best
    self.lacking = lacking.map { Set($0) }
    self.onEvent = onEvent
  }

  /// Says how training begins.
  func begin(
    _ beginning: TrainingRun.Beginning, warnings: [String], _ summary: TrainingRun.Summary
  ) throws {
    lastPlace = beginning.resumed
    if lacking == nil { try tell(.began(beginning)) }
    for warning in warnings { try tell(.warning(warning)) }
    if lacking == nil { try tell(.ready(summary)) }
    guard isWanted(RunFolder.FileName.history) else { return }
    // A run that goes on has the epochs of its checkpoint, and none that are to be done again.
    try folder.write(history.csv, to: RunFolder.FileName.history)
  }

  /// Trains from a checkpoint or from the beginning to the end.
  func fit(
    _ train: PhotoDataset, validation: PhotoDataset?, from checkpoint: Checkpoint?
  ) async throws -> TrainingRun.Outcome {
    let schedule = run.recipe.training
    let checkpointing = Checkpointing(every: run.checkpointInterval, steps: run.checkpointSteps) {
      try self.write($0)
    }
    do {
      var isRestored = false
      let onEvent: (TrainingEvent) async throws -> Void = { event in
        if case .epochEnded(_, _, let epoch, _) = event { try self.endEpoch(epoch) }
        if case .stopped(_, .some) = event { isRestored = true }
        if self.lacking == nil { try self.tell(.training(event)) }
      }
      if run.recipe.phases.isEmpty {
        history = try await saved.model.fit(
          train, epochs: schedule.epochs, stepsPerEpoch: schedule.stepsPerEpoch, validation: validation,
          validationSteps: schedule.validationSteps, seed: run.seed, earlyStopping: schedule.earlyStopping,
          reduceOnPlateau: schedule.reduceOnPlateau, best: schedule.best, from: checkpoint,
          saving: checkpointing, onEvent: onEvent)
      } else {
        history = try await saved.model.fit(
          train, phases: run.recipe.phases(in: saved.model.network()), epochs: schedule.epochs,
          stepsPerEpoch: schedule.stepsPerEpoch, validation: validation,
          validationSteps: schedule.validationSteps, seed: run.seed, best: schedule.best, from: checkpoint,
          saving: checkpointing, onEvent: onEvent)
      }
      // Else the file is of the last epoch already.
      let isStale = isRestored || history.epochs.count == checkpoint?.progress.epochsDone
      return try finish(writingModel: isStale)
    } catch is CancellationError {
      try attempt {
        try folder.write(history.csv, to: RunFolder.FileName.history)
        if run.writesModels {
          try saved.write(to: folder.file(RunFolder.FileName.model))
          try folder.writeKerasFiles(saved)
        }
        if let lastPlace { try tell(.interrupted(lastPlace)) }
      }
      throw CancellationError()
    } catch {
      if let error = error as? TrainingError, error.code == .lossNotFinite, !history.epochs.isEmpty,
        run.writesModels
      {
        // The model is that of the last epoch again.
        try? folder.writeKerasFiles(saved)
      }
      let error = advised(error)
      // The log may be what can't be written.
      try? tell(.failed("\(error)"))
      throw error
    }
  }

  private func endEpoch(_ epoch: History.Epoch) throws {
    history.epochs.append(epoch)
    try folder.write(history.csv, to: RunFolder.FileName.history)
    guard run.writesModels else { return }
    try saved.write(to: folder.file(RunFolder.FileName.model))
    if history.endsWithBest { try write(best: saved) }
  }

  private func write(best: SavedModel) throws {
    try best.chosenAmong(epochs: run.recipe.training.epochs).write(to: folder.file(RunFolder.FileName.best))
  }

  /// Writes what is left to write after the last epoch, and last of all that the run is finished.
  private func finish(writingModel: Bool) throws -> TrainingRun.Outcome {
    var models: [String] = []
    if run.writesModels {
      if writingModel, isWanted(RunFolder.FileName.model) {
        try saved.write(to: folder.file(RunFolder.FileName.model))
      }
      if history.bestEpoch != nil, !folder.holds(RunFolder.FileName.best) {
        try writeBest()
      } else if history.bestEpoch == 0, lacking == nil {
        // Where it was to be the only epoch when its file was written, it has been chosen among others since.
        try write(best: SavedModel(contentsOf: folder.file(RunFolder.FileName.best)))
      }
      try folder.writeKerasFiles(saved, lacking)
      models = RunFolder.FileName.models(withBest: folder.holds(RunFolder.FileName.best))
    }
    let outcome = run.outcome(history, in: folder, lacked: lacking?.sorted())
    try tell(.finished(outcome))
    // What a finished run lacked is now as it was.
    guard lacking == nil else { return outcome }
    try RunEnd(history, epochs: run.recipe.training.epochs, models: models, in: folder)
      .write(in: folder.checkpoints)
    return outcome
  }

  /// Writes the model of the best epoch once more, from the checkpoint at its end.
  private func writeBest() throws {
    let stepsPerEpoch = (try? store.newest())?.checkpoint.progress.stepsPerEpoch ?? 0
    let name = CheckpointStore.name(ofStep: ((history.bestEpoch ?? 0) + 1) * stepsPerEpoch)
    guard let checkpoint = try? Checkpoint(contentsOf: store.url.appendingPathComponent(name)) else {
      return try tell(.warning("\(RunFolder.FileName.best) is gone, and the checkpoint of its epoch with it"))
    }
    let model = Model(try saved.model.network())
    try model.setWeights(checkpoint.state.weights)
    var best = SavedModel(
      model: model, preparation: saved.preparation, classNames: saved.classNames, loss: saved.loss)
    best.knownPhotos = saved.knownPhotos
    best.metrics = saved.metrics
    try write(best: best)
  }

  /// Whether a file is to be written; all are of a run that isn't finished.
  private func isWanted(_ name: String) -> Bool { lacking?.contains(name) ?? true }

  private func write(_ checkpoint: Checkpoint) throws {
    var checkpoint = checkpoint
    checkpoint.notes[RunDescription.note] = note
    let file = try store.write(checkpoint)
    let place = TrainingRun.Place(checkpoint.progress)
    lastPlace = place
    try tell(.checkpointWritten(file, place))
  }

  private func tell(_ event: TrainingRun.Event) throws {
    onEvent(event)
    for sink in sinks { try sink.receive(event, model: saved.model) }
  }

  private func attempt(_ body: () throws -> Void) throws {
    do { try body() } catch { throw advised(error) }
  }

  /// The same error, with what to do if something couldn't be written.
  private func advised(_ error: any Error) -> any Error {
    guard let error = error as? TrainingError, error.code == .cannotWrite else { return error }
    let kept = lastPlace.map { "; the checkpoint of step \($0.step) is whole" } ?? ""
    return TrainingError(
      error.code, error.place,
      error.message + kept + ": free some space or give the right to write, then resume with --resume")
  }
}
