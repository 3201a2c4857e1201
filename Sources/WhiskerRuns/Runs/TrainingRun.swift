public import Foundation
public import WhiskerDatasets
public import WhiskerPretrained

/// A run from folder to files: finds the photos, trains a recipe on them, and writes the results.
///
/// A run that was interrupted in any way continues where it was when it is started again with
/// ``ExistingRun/resume``, and ends with the same bits as without the interruption.
public struct TrainingRun: Sendable {
  /// The folder with class folders, or with `train/` and perhaps `validation/`; or a CSV file
  /// (``WhiskerDatasets/PhotoTable``).
  public var data: URL
  /// What part of the training photos is held back for validation, above 0 and below 1; nil for none.
  ///
  /// See ``WhiskerDatasets/DataFolder``, which also says what share is usual.
  public var validationSplit: Double?
  /// Which of the training photos to take; nil for all.
  ///
  /// Nothing is then chosen on the photos that the part is measured on. A last layer that is fitted to features
  /// gets the default penalty for its number of photos; early stopping and reducing the learning rate on a
  /// plateau monitor a fifth of the training photos, held back for that.
  public var part: DataPart?
  /// Which of the training photos belong together, so that none of a group is validated on after another was trained on.
  ///
  /// Nil for none. ``WhiskerInspection/Inspector/grouping(forTraining:by:progress:)`` finds them.
  public var groups: PhotoGroups?
  /// What to train.
  public var recipe: Recipe
  /// Where to write.
  public var output: URL
  /// The seed of weights, order and dropout.
  public var seed: UInt64 = 0
  /// How training starts from the recipe's model file, where it has one.
  public var start = TrainingStart()
  /// A file with the weights of the recipe's published base; nil for the one to fetch.
  public var baseWeights: URL?
  /// Where published weights are kept, and fetched to.
  public var store = WeightsStore()
  /// Where features of photos are kept; nil computes them again.
  public var featureCache: FeatureCache? = FeatureCache()
  /// What to do if there is a run already.
  public var existing = ExistingRun.refuse
  /// Whether a photo that can't be read is an error.
  public var isStrict = false
  /// Threads and memory of the loader.
  public var loading = PhotoDataset.Loading()
  /// How much of an epoch may be lost to a crash; nil for all of it.
  public var checkpointInterval: Duration? = .seconds(150)
  /// Every how many steps there is a checkpoint as well; nil for none.
  public var checkpointSteps: Int?
  /// How many of the last checkpoints are kept, at least 1, besides that of the best epoch.
  public var checkpointCount = 3
  /// The engine's settings that affect the last bits of a result, such as the number of threads: a run that is
  /// resumed with others says so.
  public var computing: [String: String] = [:]
  /// How the run was started, for the log.
  public var invocation: [String] = []
  /// Whether the models are written, or only the measurements and the checkpoints to resume from.
  var writesModels = true
  /// Called when the run has its folder, before training.
  var whenBegun: @Sendable () throws -> Void = {}
  /// What receives events besides the caller, each made for the run's folder; by default the log
  /// `events.jsonl`.
  public var sinks: [RunSinkMaker] = [{ folder in try EventLog(folder: folder) }]

  /// Whether the recipe chooses anything by photos that a fold or a sample holds back of its training photos.
  public var choosesInTraining: Bool { choiceShare != nil }

  /// What share of a part's training photos is held back for what the recipe chooses; nil if it chooses nothing.
  var choiceShare: Double? { recipe.choicesInTraining.isEmpty ? nil : 0.2 }

  /// A run with default settings.
  public init(data: URL, recipe: Recipe, output: URL) {
    self.data = data
    self.recipe = recipe
    self.output = output
  }

  /// Checks what is known before a photo is read: the recipe by itself, the data's folders, and whether the output may be written.
  ///
  /// - Parameter folds: How many folds the training photos will be divided into; nil for a run of its own.
  /// - Throws: What ``run(on:onEvent:)`` would throw later.
  package func checkBeforehand(folds: Int? = nil) throws {
    try recipe.check(recipe.name)
    for file in [recipe.from?.model, recipe.base?.file?.model].compactMap(\.self) {
      try SavedModel.requireFile(URL(fileURLWithPath: file))
    }
    _ = try DataFolder(
      forTraining: data, validationSplit: validationSplit,
      part: folds.map { .fold(number: 1, count: $0, seed: seed) } ?? part)
    try DataFolder.check(output: output, for: data)
    try RunFolder.check(output, existing: existing, for: folds == nil ? .run : .crossValidation)
  }
}
