import Foundation
import WhiskerDatasets
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// The part of a run from its first step to its last file: trains, and keeps the files in step with it.
///
/// Files are written before the checkpoint of the same moment, so that a run that is killed in between writes them
/// again, the same ones.
final class RunWriter {
  private let run: TrainingRun
  private let folder: RunFolder
  private let store: CheckpointStore
  private let saved: SavedModel
  /// What each checkpoint says about the run.
  private let note: String
  private let sinks: [any RunSink]
  private let onEvent: @Sendable (TrainingRun.Event) -> Void
  private var history: History
  /// The missing files of a finished run, which are all that is left to do; nil for a run that isn't finished.
  private let lacking: Set<String>?
  /// The last checkpoint written.
  private var lastPlace: TrainingRun.Place?
  /// Whether the files follow every epoch; else they are written at the end.
  private var writesFilesEachEpoch = true
  /// The weights of the best epoch, where its file is written at the end.
  private var bestWeights: [String: Tensor]?
  /// Whether training went back to the weights of an earlier epoch.
  private var isRestored = false

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

  /// Reports how training begins.
  func begin(
    _ beginning: TrainingRun.Beginning, warnings: [String], _ summary: TrainingRun.Summary,
    writingFiles: Bool
  ) async throws {
    writesFilesEachEpoch = writingFiles
    lastPlace = beginning.resumed
    if lacking == nil { try await tell(.began(beginning)) }
    for warning in warnings { try await tell(.warning(warning)) }
    if lacking == nil { try await tell(.ready(summary)) }
    guard writesFilesEachEpoch, isWanted(RunFolder.FileName.history) else { return }
    // A resumed run has the epochs of its checkpoint, and none that will be repeated.
    try folder.write(history.csv, to: RunFolder.FileName.history)
  }

  /// Trains from a checkpoint or from the beginning to the end.
  func carryOut(
    _ strategy: any RunStrategy, from checkpoint: Checkpoint?
  ) async throws -> TrainingRun.Outcome {
    do {
      history = try await strategy.learn(self, from: checkpoint)
      if !strategy.keepsCheckpoints { try Task.checkCancellation() }
      // Else the file is of the last epoch already.
      let isStale =
        isRestored || !writesFilesEachEpoch || history.epochs.count == checkpoint?.progress.epochsDone
      return try await finish(writingModel: isStale)
    } catch is CancellationError {
      if strategy.keepsCheckpoints {
        try await attempt {
          try folder.write(history.csv, to: RunFolder.FileName.history)
          if run.writesModels {
            try await saved.write(to: folder.file(RunFolder.FileName.model))
            try await folder.writeKerasFiles(saved)
          }
        }
      }
      if lacking == nil { try await attempt { try await tell(.interrupted(lastPlace)) } }
      throw CancellationError()
    } catch {
      if let error = error as? WhiskerError, error.code == .lossNotFinite, !history.epochs.isEmpty,
        run.writesModels, writesFilesEachEpoch
      {
        // The model is that of the last epoch again.
        try? await folder.writeKerasFiles(saved)
      }
      let error = advised(error)
      // The log may be what can't be written.
      if lacking == nil { try? await tell(.failed("\(error)")) }
      throw error
    }
  }

  /// Handles an event of training.
  func take(_ event: TrainingEvent) async throws {
    if case .epochEnded(_, _, let epoch, _) = event { try await endEpoch(epoch) }
    if case .stopped(_, .some) = event { isRestored = true }
    if lacking == nil { try await tell(.training(event)) }
  }

  private func endEpoch(_ epoch: History.Epoch) async throws {
    history.epochs.append(epoch)
    guard writesFilesEachEpoch else {
      if history.endsWithBest { bestWeights = try await saved.model.result().weights }
      return
    }
    try folder.write(history.csv, to: RunFolder.FileName.history)
    guard run.writesModels else { return }
    try await saved.write(to: folder.file(RunFolder.FileName.model))
    if history.endsWithBest { try await write(best: saved) }
  }

  private func write(best: SavedModel) async throws {
    // A regression has one epoch, so there is nothing to choose.
    let epochs = run.recipe.trainsInSteps ? run.recipe.training.epochs : 1
    try await best.chosenAmong(epochs: epochs).write(to: folder.file(RunFolder.FileName.best))
  }

  /// Writes the model of other weights as the best.
  private func write(bestWeights weights: [String: Tensor]) async throws {
    let model = Model(try saved.model.network())
    try model.setWeights(weights)
    var best = SavedModel(
      model: model, preparation: saved.preparation, classNames: saved.classNames, loss: saved.loss)
    best.knownPhotos = saved.knownPhotos
    best.metrics = saved.metrics
    try await write(best: best)
  }

  /// Writes what is left to write after the last epoch, and finally that the run is finished.
  private func finish(writingModel: Bool) async throws -> TrainingRun.Outcome {
    if !writesFilesEachEpoch, isWanted(RunFolder.FileName.history) {
      try folder.write(history.csv, to: RunFolder.FileName.history)
    }
    var models: [String] = []
    if run.writesModels {
      if writingModel, isWanted(RunFolder.FileName.model) {
        try await saved.write(to: folder.file(RunFolder.FileName.model))
      }
      if let bestWeights {
        if isWanted(RunFolder.FileName.best) { try await write(bestWeights: bestWeights) }
      } else if history.bestEpoch != nil, !folder.holds(RunFolder.FileName.best) {
        try await writeBestFromCheckpoint()
      } else if history.bestEpoch == 0, lacking == nil {
        // It was the only planned epoch when its file was written, and has been chosen among others since.
        try await write(best: SavedModel(contentsOf: folder.file(RunFolder.FileName.best)))
      }
      try await folder.writeKerasFiles(saved, lacking)
      models = RunFolder.FileName.models(withBest: folder.holds(RunFolder.FileName.best))
    }
    let outcome = run.outcome(history, in: folder, lacked: lacking?.sorted())
    if lacking == nil || writesFilesEachEpoch { try await tell(.finished(outcome)) }
    // The missing files of a finished run are now restored.
    guard lacking == nil || !writesFilesEachEpoch else { return outcome }
    try RunResult(history, epochs: run.recipe.training.epochs, models: models, in: folder)
      .write(in: folder.checkpoints)
    return outcome
  }

  /// Writes the model of the best epoch once more, from the checkpoint at its end.
  private func writeBestFromCheckpoint() async throws {
    let stepsPerEpoch = (try? store.newest())?.checkpoint.progress.stepsPerEpoch ?? 0
    let name = CheckpointStore.name(ofStep: ((history.bestEpoch ?? 0) + 1) * stepsPerEpoch)
    guard let checkpoint = try? Checkpoint(contentsOf: store.url.appendingPathComponent(name)) else {
      return try await tell(
        .warning("\(RunFolder.FileName.best) is gone, and the checkpoint of its epoch with it"))
    }
    try await write(bestWeights: checkpoint.state.result.weights)
  }

  /// Whether a file is to be written; all are of a run that isn't finished.
  private func isWanted(_ name: String) -> Bool { lacking?.contains(name) ?? true }

  /// Keeps a checkpoint.
  func write(_ checkpoint: Checkpoint) async throws {
    var checkpoint = checkpoint
    checkpoint.notes[RunSettings.note] = note
    let file = try store.write(checkpoint)
    let place = TrainingRun.Place(checkpoint.progress)
    lastPlace = place
    try await tell(.checkpointWritten(file, place))
  }

  /// Notifies the caller and the sinks.
  func tell(_ event: TrainingRun.Event) async throws {
    onEvent(event)
    for sink in sinks { try await sink.receive(event, model: saved.model) }
  }

  private func attempt(_ body: () async throws -> Void) async throws {
    do { try await body() } catch { throw advised(error) }
  }

  /// The same error, with what to do if something couldn't be written.
  private func advised(_ error: any Error) -> any Error {
    guard let error = error as? WhiskerError, error.code == .cannotWrite else { return error }
    let kept = lastPlace.map { "; the checkpoint of step \($0.step) is whole" } ?? ""
    return WhiskerError(.cannotWriteRun, error.place, error.message + kept, cause: error)
  }
}
