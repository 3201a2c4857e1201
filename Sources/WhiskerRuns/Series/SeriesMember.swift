public import WhiskerDatasets
import WhiskerFormats
import WhiskerLayers
import WhiskerTraining

/// One run of several that differ in their photos and seeds (``CrossValidation``, ``LearningCurve``).
public struct SeriesMember: Hashable, Sendable {
  /// Which of the photos it is trained on.
  public let part: DataPart
  /// Which repetition it belongs to, from 1.
  public let repetition: Int
  /// The seed of its part, weights and order.
  public let seed: UInt64

  /// The fold that it is measured on, from 1; nil on a learning curve.
  public var fold: Int? { if case .fold(let number, _, _) = part { number } else { nil } }

  /// The name of its folder in that of the series: `fold-2`, `repeat-3/fold-2`, or on a learning curve
  /// `photos-50/repeat-3`.
  var folderName: String {
    switch part {
    case .fold(let number, _, _): SeriesScore.folderName(fold: number, photos: 0, repetition: repetition)
    case .sample(let count, _): SeriesScore.folderName(fold: nil, photos: count, repetition: repetition)
    }
  }

  /// The score of this run among others; nil if it isn't there.
  func score(in scores: [SeriesScore]) -> SeriesScore? {
    scores.first { score in
      guard score.repetition == repetition, score.fold == fold else { return false }
      return if case .sample(let count, _) = part { score.trainCount == count } else { true }
    }
  }
}

/// What one run of several measured on its validation photos with its final model.
///
/// Nothing was chosen on these photos. The best epoch's score would be too good, as it is chosen on the very
/// photos that it is measured on; and where the recipe stops early or lowers its learning rate on a plateau,
/// training photos are held back for that.
public struct SeriesScore: Hashable, Sendable, Codable {
  /// The fold that it was measured on, from 1; nil on a learning curve.
  public let fold: Int?
  /// Which repetition it belongs to, from 1.
  public let repetition: Int
  /// The seed of its part, weights and order.
  public let seed: UInt64
  /// Photos that it was given to train on, and that it was measured on; some of them may have been skipped as
  /// unreadable.
  public let trainCount: Int, validationCount: Int
  /// How many of the training photos were held back for the recipe's choices, and not trained on; nil if it
  /// chooses nothing.
  public let heldBackCount: Int?
  /// The accuracy on the validation photos.
  public let accuracy: Double
  /// The mean loss of the validation photos, penalties included.
  public let loss: Double
  /// The balanced accuracy on the validation photos; nil where the classes are even and the recipe doesn't ask for it.
  public let balancedAccuracy: Double?

  private enum CodingKeys: String, CodingKey {
    case fold, seed, accuracy, loss
    case repetition = "repeat"
    case trainCount = "train"
    case validationCount = "validation"
    case heldBackCount = "held_back"
    case balancedAccuracy = "balanced_accuracy"
  }

  init(_ member: SeriesMember, _ data: DataFolder, _ score: History.Score) {
    fold = member.fold
    repetition = member.repetition
    seed = member.seed
    heldBackCount = data.measured == nil ? nil : data.validation?.photos.count
    trainCount = data.train.photos.count + (heldBackCount ?? 0)
    validationCount = (data.measured ?? data.validation)?.photos.count ?? 0
    accuracy = score.accuracy
    loss = score.loss
    balancedAccuracy = score.metrics[.balancedAccuracy]
  }

  /// The name of the run's folder in that of the series.
  var folderName: String { Self.folderName(fold: fold, photos: trainCount, repetition: repetition) }

  static func folderName(fold: Int?, photos: Int, repetition: Int) -> String {
    guard let fold else { return "photos-\(photos)/repeat-\(repetition)" }
    return (repetition > 1 ? "repeat-\(repetition)/" : "") + "fold-\(fold)"
  }
}

/// What a series of runs reports in progress.
public enum SeriesEvent: Sendable {
  /// Something that the user should know.
  case warning(String)
  /// A run begins or resumes: its number, from 1, and how many there are.
  case began(SeriesMember, number: Int, of: Int)
  /// A training event.
  case run(TrainingRun.Event)
  /// It has finished, with the seconds that it took; 0 if it had finished before.
  case ended(SeriesMember, SeriesScore, seconds: Double)
}
