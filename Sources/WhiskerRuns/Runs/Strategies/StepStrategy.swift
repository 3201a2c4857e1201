import WhiskerDatasets
import WhiskerGraph
import WhiskerInspection
import WhiskerLayers
import WhiskerSystem
import WhiskerTraining

/// Trains in steps on batches of photos.
final class StepStrategy: RunStrategy {
  private let run: TrainingRun
  private let model: Model
  /// What the optimizer goes on from, where the model was trained before; nil for its beginning.
  private let state: TrainingState?
  private let folders: DataFolder
  private let engine: any Engine
  /// What fits the last layer before other layers are trained too; nil for nothing.
  private let head: FeatureHeadFit?
  private let onEvent: @Sendable (TrainingRun.Event) -> Void
  private var photos: (train: PhotoDataset, validation: PhotoDataset?)?

  init(
    _ run: TrainingRun, _ model: Model, from state: TrainingState?, _ folders: DataFolder,
    on engine: any Engine, head: FeatureHeadFit?,
    onEvent: @escaping @Sendable (TrainingRun.Event) -> Void
  ) {
    self.run = run
    self.model = model
    self.state = state
    self.folders = folders
    self.engine = engine
    self.head = head
    self.onEvent = onEvent
  }

  private var train: PhotoDataset {
    get throws {
      guard let photos else {
        throw WhiskerError(.invalidSetting, "photos", expected: "photos that were read", got: "none")
      }
      return photos.train
    }
  }

  var stepsPerEpoch: Int { run.recipe.training.stepsPerEpoch ?? photos?.train.stepsPerPass ?? 0 }
  let keepsCheckpoints = true

  func read() async throws -> TrainingRun.Summary {
    let warnings = QuickInspection(folders).warnings
    let onEvent = onEvent
    var train = try await run.dataset(
      folders.train, SplitName.train.rawValue, augmentation: run.recipe.augmentation, onEvent)
    if let standardization = run.recipe.standardization {
      train = try await train.standardized(standardization) { onEvent(.standardizing($0)) }
    }
    var validation: PhotoDataset?
    if let photos = folders.validation {
      validation = try await run.dataset(photos, SplitName.validation.rawValue, onEvent)
        .standardized(like: train)
    }
    train.sampling = run.recipe.training.sampling
    photos = (train, validation)
    return TrainingRun.Summary(
      train: .init(train), validation: validation.map(TrainingRun.Part.init), batches: train,
      classWeights: run.recipe.classWeights(for: train.classNames, train.classBalance),
      classNames: train.classNames,
      warnings: warnings,
      skipped: folders.skipped.adding(train.unreadable + (validation?.unreadable ?? [])),
      parameterCount: try model.network().parameterCount)
  }

  func prepare(isNew: Bool) async throws {
    // A checkpoint has the weights of the last layer already.
    if isNew, let head {
      // A regression takes every photo as often, and weighs them instead.
      var natural = try train
      natural.sampling = .natural
      try await head.fitLastLayer(to: natural, on: engine)
    }
    let classes = folders.train.classNames.count
    try model.compile(
      loss: run.recipe.loss(classes: classes), optimizer: run.recipe.optimizer,
      metrics: run.recipe.training.metrics, engine: engine)
    if let state { try model.setState(state) }
  }

  var saved: SavedModel {
    get throws {
      let classNames = folders.train.classNames
      return SavedModel(
        model: model, preparation: try train.preparation, classNames: classNames,
        loss: run.recipe.loss(classes: classNames.count))
    }
  }

  /// What changes in the course of training.
  private func stages() throws -> [TrainingStage] {
    let (train, validation, onEvent) = (try train, photos?.validation, onEvent)
    let settled = run.recipe.settledStages(epochs: run.recipe.training.epochs)
    return settled.enumerated().map { index, stage in
      TrainingStage(
        stage.name(after: index == 0 ? nil : settled[index - 1]), afterEpoch: stage.epochsBefore,
        dropoutFactor: stage.dropoutFactor
      ) {
        @Sendable func report(_ split: SplitName) -> @Sendable (Int, Int) -> Void {
          { done, total in onEvent(.decoded(split: split.rawValue, done: done, total: total)) }
        }
        return TrainingStage.Samples(
          train: try await train.changed(
            height: stage.height, width: stage.width, augmentation: stage.augmentation,
            progress: report(.train)),
          validation: try await validation?.changed(
            height: stage.validationHeight, width: stage.validationWidth, augmentation: nil,
            progress: report(.validation)))
      }
    }
  }

  /// Takes some steps of the first phase, which nobody keeps.
  func takeSteps(
    _ count: Int, onEvent: (TrainingEvent) async throws -> Void
  ) async throws {
    let train = try train
    let classWeights = run.recipe.classWeights(for: train.classNames, train.classBalance)?.map { Float($0) }
    if run.recipe.phases.isEmpty {
      try await model.fit(
        train, stepsPerEpoch: count, seed: run.seed, classWeights: classWeights, stages: stages(),
        onEvent: onEvent)
    } else {
      try await model.fit(
        train, phases: run.recipe.phases(in: model.network()), epochs: 1, stepsPerEpoch: count,
        seed: run.seed, classWeights: classWeights, stages: stages(), onEvent: onEvent)
    }
  }

  func learn(_ work: RunWriter, from checkpoint: Checkpoint?) async throws -> History {
    let (train, validation, schedule) = (try train, photos?.validation, run.recipe.training)
    let classWeights = run.recipe.classWeights(for: train.classNames, train.classBalance)?.map { Float($0) }
    let checkpointing = Checkpointing(every: run.checkpointInterval, steps: run.checkpointSteps) {
      try await work.write($0)
    }
    if run.recipe.phases.isEmpty {
      return try await model.fit(
        train, epochs: schedule.epochs, stepsPerEpoch: schedule.stepsPerEpoch, validation: validation,
        validationSteps: schedule.validationSteps, validationFrequency: schedule.validationFrequency,
        seed: run.seed, classWeights: classWeights, earlyStopping: schedule.earlyStopping,
        reduceOnPlateau: schedule.reduceOnPlateau, best: schedule.best,
        stages: stages(), from: checkpoint, saving: checkpointing,
        onEvent: work.take)
    }
    return try await model.fit(
      train, phases: run.recipe.phases(in: model.network()), epochs: schedule.epochs,
      stepsPerEpoch: schedule.stepsPerEpoch, validation: validation,
      validationSteps: schedule.validationSteps, validationFrequency: schedule.validationFrequency,
      seed: run.seed, classWeights: classWeights, best: schedule.best, stages: stages(), from: checkpoint,
      saving: checkpointing,
      onEvent: work.take)
  }
}
