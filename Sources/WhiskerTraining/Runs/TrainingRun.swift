public import Foundation
public import WhiskerDatasets
public import WhiskerGraph
import WhiskerLayers

/// One training from folder to files: finds the photos, trains a recipe on them, and writes a run.
public struct TrainingRun: Sendable {
  /// The folder with `train/` and perhaps `validation/`, or a CSV file (``WhiskerDatasets/PhotoTable``).
  public var data: URL
  /// What part of the training photos is held back for validation, above 0 and below 1; nil for none.
  ///
  /// See ``WhiskerDatasets/DataFolder``.
  public var validationSplit: Double?
  /// What to train.
  public var recipe: Recipe
  /// Where to write.
  public var output: URL
  /// What weights, order and dropout are drawn from.
  public var seed: UInt64 = 0
  /// Whether a run that is there already may go.
  public var overwrites = false
  /// Whether a photo that can't be read is an error.
  public var isStrict = false
  /// Threads and memory of the loader.
  public var loading = PhotoDataset.Loading()

  /// A training with default settings.
  public init(data: URL, recipe: Recipe, output: URL) {
    self.data = data
    self.recipe = recipe
    self.output = output
  }

  /// What a run reports while it works.
  public enum Event: Sendable {
    /// Photos of a split were decoded.
    case decoded(split: String, done: Int, total: Int)
    /// The data is ready.
    case ready(Summary)
    /// Training goes on.
    case training(TrainingEvent)
  }

  /// What is about to be trained.
  public struct Summary: Sendable {
    /// The training photos.
    public let train: PhotoDataset
    /// The validation photos, if there are any.
    public let validation: PhotoDataset?
    /// What a look at the folders found that will make a poor model.
    public let warnings: [DataWarning]
    /// The number of values in all weights.
    public let parameterCount: Int
  }

  /// What a run made.
  public struct Outcome: Sendable {
    /// Loss and accuracy of each epoch.
    public let history: History
    /// The file with the weights after the last epoch.
    public let model: URL
    /// The file with the weights of the best epoch on the validation data, if there is such data.
    public let best: URL?
  }

  /// Does it.
  ///
  /// The model is written at the end, when the task is cancelled, and after every epoch, so that little is lost
  /// whatever happens.
  ///
  /// - Parameter onEvent: told of everything; decoding is reported from other threads.
  /// - Throws: ``WhiskerDatasets/DatasetError``, ``WhiskerLayers/ModelError``, ``TrainingError``,
  ///   `CancellationError`.
  public func run(
    on engine: any Engine, onEvent: @escaping @Sendable (Event) -> Void
  ) async throws -> Outcome {
    try recipe.check(recipe.name)
    let folders = try DataFolder(forTraining: data, validationSplit: validationSplit)
    let classNames = folders.train.classNames
    let model = recipe.model(classes: classNames.count, seed: seed)
    let loss = recipe.loss(classes: classNames.count)
    try model.compile(loss: loss, optimizer: recipe.optimizer, engine: engine)
    let folder = try RunFolder(output, overwrites: overwrites)

    let warnings = QuickInspection(folders).warnings
    var train = try await dataset(folders.train, "train", augmentation: recipe.augmentation, onEvent)
    if let standardization = recipe.standardization { train = try await train.standardized(standardization) }
    var validation: PhotoDataset?
    if let photos = folders.validation {
      validation = try await dataset(photos, "validation", onEvent).standardized(like: train)
    }
    onEvent(
      .ready(
        Summary(
          train: train, validation: validation, warnings: warnings,
          parameterCount: try model.network().parameterCount)))
    // Only now: whatever was wrong so far, an older run is still whole.
    try folder.clear()
    try folder.write(recipe.yaml(), to: RunFolder.FileName.recipe)

    let saved = SavedModel(
      model: model, preparation: train.preparation, classNames: classNames, loss: loss)
    let (modelFile, bestFile) = (folder.file(RunFolder.FileName.model), folder.file(RunFolder.FileName.best))
    var history = History()
    do {
      let seconds = try await model.fit(
        train, epochs: recipe.training.epochs, stepsPerEpoch: recipe.training.stepsPerEpoch,
        validation: validation, validationSteps: recipe.training.validationSteps, seed: seed
      ) { event in
        if case .epochEnded(_, _, let epoch, _) = event {
          history.epochs.append(epoch)
          try folder.write(history.csv, to: RunFolder.FileName.history)
          try saved.write(to: modelFile)
          if history.bestEpoch == history.epochs.count - 1 { try saved.write(to: bestFile) }
        }
        onEvent(.training(event))
      }.seconds
      history.seconds = seconds
    } catch is CancellationError {
      try folder.write(history.csv, to: RunFolder.FileName.history)
      try saved.write(to: modelFile)
      throw CancellationError()
    }
    return Outcome(history: history, model: modelFile, best: history.bestEpoch == nil ? nil : bestFile)
  }

  private func dataset(
    _ photos: PhotoFolder, _ split: String, augmentation: Augmentation? = nil,
    _ onEvent: @escaping @Sendable (Event) -> Void
  ) async throws -> PhotoDataset {
    try await PhotoDataset(
      photos, preparation: recipe.image, batchSize: recipe.training.batchSize,
      classMode: recipe.classMode(classes: photos.classNames.count), seed: seed,
      augmentation: augmentation, strict: isStrict, loading: loading
    ) { done, total in onEvent(.decoded(split: split, done: done, total: total)) }
  }
}
