import WhiskerDatasets
import WhiskerGraph
import WhiskerInspection
import WhiskerSystem
import WhiskerTraining

/// Trains on a published network's features: they are computed once, and kept for the next run.
final class FeatureStrategy: RunStrategy {
  private let run: TrainingRun
  private let model: Model
  private let folders: DataFolder
  private let engine: any Engine
  private let head: FeatureHead
  private let fit: FeatureHeadFit
  private var samples: FeatureSamples?
  private let began = ContinuousClock.now

  init(
    _ run: TrainingRun, _ model: Model, _ folders: DataFolder, on engine: any Engine, head: FeatureHead,
    fit: FeatureHeadFit
  ) {
    self.run = run
    self.model = model
    self.folders = folders
    self.engine = engine
    self.head = head
    self.fit = fit
  }

  var stepsPerEpoch: Int {
    guard head.method == .steps, let samples else { return 1 }
    let schedule = run.recipe.training
    return schedule.stepsPerEpoch ?? (samples.train.count + schedule.batchSize - 1) / schedule.batchSize
  }

  let keepsCheckpoints = false

  func read() async throws -> TrainingRun.Summary {
    let samples = try await fit.samples(on: engine)
    self.samples = samples
    let balance = samples.train.classBalance(classes: samples.classNames.count)
    return TrainingRun.Summary(
      train: samples.trainPart, validation: samples.validationPart, batches: nil,
      classWeights: head.method == .steps
        ? run.recipe.classWeights(for: samples.classNames, balance)
        : run.recipe.regressionClassWeights(for: samples.classNames, balance),
      classNames: samples.classNames,
      warnings: QuickInspection(folders).warnings,
      skipped: folders.skipped.adding(
        samples.trainPart.unreadable + (samples.validationPart?.unreadable ?? [])),
      parameterCount: try model.network().parameterCount)
  }

  func prepare(isNew: Bool) async throws {}

  var saved: SavedModel {
    let classNames = folders.train.classNames
    return SavedModel(
      model: model, preparation: run.recipe.image, classNames: classNames,
      loss: run.recipe.loss(classes: classNames.count))
  }

  func learn(_ work: RunWriter, from checkpoint: Checkpoint?) async throws -> History {
    guard let samples else {
      throw WhiskerError(.invalidSetting, "features", expected: "features that were computed", got: "none")
    }
    switch head.method {
    case .logisticRegression(let penalties):
      let start = ContinuousClock.now
      let (fit, epoch) = try fit.fitLastLayer(to: samples, penalties)
      let seconds = start.duration(to: .now).seconds
      var history = History()
      history.epochs = [epoch]
      history.seconds = began.duration(to: .now).seconds
      try await work.tell(.fitted(fit))
      try await work.take(.epochEnded(epoch: 1, epochs: 1, epoch, seconds: seconds))
      return history
    case .steps:
      let layers = try await FeatureLayers(
        of: model, count: run.recipe.network.count, run.recipe, seed: run.seed)
      return try await layers.fit(samples, on: engine, onEvent: work.take)
    }
  }
}
