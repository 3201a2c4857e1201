public import Foundation
public import WhiskerDatasets
public import WhiskerPretrained

/// One training from folder to files: finds the photos, trains a recipe on them, and writes a run.
///
/// A run that was ended by whatever means goes on where it was when it is started again with ``ExistingRun/resume``, and
/// ends with the bits that it would have had.
public struct TrainingRun: Sendable {
  /// The folder with `train/` and perhaps `validation/`, or a CSV file (``WhiskerDatasets/PhotoTable``).
  public var data: URL
  /// What part of the training photos is held back for validation, above 0 and below 1; nil for none.
  ///
  /// See ``WhiskerDatasets/DataFolder``.
  public var validationSplit: Double?
  /// Which of the training photos to take; nil for all.
  ///
  /// Nothing is then chosen by the photos that the part is measured on. A last layer that is fitted to features is given
  /// the usual penalty for so many photos; what early stopping and a learning rate that is lowered on a plateau go by is
  /// a fifth of the training photos, held back for that.
  public var part: DataPart?
  /// What to train.
  public var recipe: Recipe
  /// Where to write.
  public var output: URL
  /// What weights, order and dropout are drawn from.
  public var seed: UInt64 = 0
  /// A file with the weights of the recipe's base; nil for the published one.
  public var baseWeights: URL?
  /// Where published weights are kept, and fetched to.
  public var store = WeightsStore()
  /// Where features of photos are kept; nil computes them anew.
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
  /// How many of the last checkpoints are kept, at least 1, beside that of the best epoch.
  public var checkpointCount = 3
  /// What about the engine decides the last bits of a result, such as the number of threads: a run that goes on
  /// otherwise says so.
  public var computing: [String: String] = [:]
  /// How the run was started, for the log.
  public var invocation: [String] = []
  /// Whether the models are written, or only what was measured and the checkpoints to go on from.
  var writesModels = true
  /// What is told of events beside the caller, each made for the run's folder; the log `events.jsonl` at first.
  public var sinks: [RunSinkMaker] = [{ folder in try EventLog(folder: folder) }]

  /// What share of a part's training photos is held back for what the recipe chooses; nil if it chooses nothing.
  var choiceShare: Double? { recipe.choicesInTraining.isEmpty ? nil : 0.2 }

  /// A training with default settings.
  public init(data: URL, recipe: Recipe, output: URL) {
    self.data = data
    self.recipe = recipe
    self.output = output
  }
}
