public import Foundation
public import WhiskerDatasets
public import WhiskerInspection
public import WhiskerPretrained
public import WhiskerTraining

extension TrainingRun {
  /// What a run reports in progress.
  public enum Event: Sendable {
    /// Photos of a split were decoded. Only this comes from other threads, and not to sinks.
    case decoded(split: String, done: Int, total: Int)
    /// Standardization is being learned from the training photos. Not for sinks either.
    case standardizing(StandardizationProgress)
    /// Weights are being fetched; they are kept for the next time.
    case fetching(PublishedFile)
    /// Features of photos of a split were computed or found. Not for sinks.
    case extracted(split: String, done: Int, total: Int)
    /// A last layer was fitted to the features of a number of photos, with a penalty.
    case fitted(FeatureFit)
    /// Something that was decided about how training starts.
    case noted(String)
    /// Something that the user should know.
    case warning(String)
    /// The data is ready.
    case ready(Summary)
    /// Training begins, or resumes from a checkpoint.
    case began(Beginning)
    /// A training event.
    case training(TrainingEvent)
    /// A checkpoint is on the disk.
    case checkpointWritten(URL, Place)
    /// The task was cancelled; what was learned until then is on the disk, nothing if there is no place.
    case interrupted(Place?)
    /// Training ended with an error, after it began.
    case failed(String)
    /// All epochs are done and all files written.
    case finished(Outcome)
  }

  /// What will be trained.
  public struct Summary: Sendable {
    /// The training photos.
    public let train: Part
    /// The validation photos, if there are any.
    public let validation: Part?
    /// The training photos as used for training, where that is done in steps on photos.
    public let batches: PhotoDataset?
    /// How much each class counts in the training loss, in the order of labels; nil where each counts as 1.
    public let classWeights: [Double]?
    /// The names of the classes, in the order of labels.
    public let classNames: [String]
    /// What was found in the folders that will lead to a poor model.
    public let warnings: [DataWarning]
    /// What isn't used, in the folders of both and next to them: what can't be read, too.
    public let skipped: SkippedFiles
    /// The number of values in all weights.
    public let parameterCount: Int
  }

  /// The photos of a split that could be read, and those that couldn't.
  public struct Part: Sendable {
    /// How many could be read.
    public let count: Int
    /// How many classes they are of.
    public let classCount: Int
    /// Those that were skipped.
    public let unreadable: [UnreadablePhoto]
    /// Where their pixels are kept; nil if they aren't.
    public let pixels: PixelPlaces?

    init(
      count: Int, classCount: Int, unreadable: [UnreadablePhoto], pixels: PixelPlaces? = nil
    ) {
      self.count = count
      self.classCount = classCount
      self.unreadable = unreadable
      self.pixels = pixels
    }

    init(_ photos: PhotoDataset) {
      self.init(
        count: photos.count, classCount: photos.classNames.count, unreadable: photos.unreadable,
        pixels: photos.pixelPlaces)
    }

    /// `Found 2000 images belonging to 2 classes.`, and how many were skipped.
    public var foundDescription: String {
      PhotoDataset.foundDescription(count, unreadable: unreadable.count, classes: classCount)
    }
  }

  /// How training begins.
  public struct Beginning: Sendable {
    /// The recipe, with every option applied.
    public let recipe: Recipe
    /// The seed of everything random.
    public let seed: UInt64
    /// Steps in an epoch.
    public let stepsPerEpoch: Int
    /// Where training resumes; nil if it is new.
    public let resumed: Place?
    /// How the run was started.
    public let invocation: [String]
    /// The folder or table that the photos come from.
    public let data: URL
    /// The seconds that finding and decoding the photos took.
    public let readingSeconds: Double
  }

  /// A moment in training.
  public struct Place: Hashable, Sendable {
    /// The epoch, from 1.
    public let epoch: Int
    /// Steps done in the epoch.
    public let stepInEpoch: Int
    /// Steps done in all epochs.
    public let step: Int

    init(_ progress: TrainingProgress) {
      epoch = progress.epochsDone + 1
      stepInEpoch = progress.stepInEpoch
      step = progress.stepsDone
    }
  }

  /// A run's result.
  public struct Outcome: Sendable {
    /// Loss and accuracy of each epoch.
    public let history: History
    /// The file with the weights after the last epoch.
    public let model: URL
    /// The file with the weights of the best epoch on the validation data, if there is such data.
    public let best: URL?
    /// What was chosen on the validation photos for ``best``, so that its figures on them are too good; empty
    /// without any.
    public let choices: [ModelPhotos.Choice]
    /// Whether it existed already: a resumed run had no epoch left to do.
    public let wasFinished: Bool
    /// The names of the files that such a run was missing and that were written again.
    public let rewritten: [String]
  }
}
