public import WhiskerDatasets
import WhiskerFormats
import WhiskerTraining

/// One training of several that differ in their photos and seeds (``CrossValidation``, ``LearningCurve``).
public struct SeriesMember: Hashable, Sendable {
  /// Which of the photos it learns from.
  public let part: DataPart
  /// Which repetition it belongs to, from 1.
  public let repetition: Int
  /// What its part, weights and order are drawn from.
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

  /// The score of this training among others; nil if it isn't there.
  func score(in scores: [SeriesScore]) -> SeriesScore? {
    scores.first { score in
      guard score.repetition == repetition, score.fold == fold else { return false }
      return if case .sample(let count, _) = part { score.trainCount == count } else { true }
    }
  }
}

/// What one training of several measured on its validation photos with the model that it ended with.
///
/// Nothing was chosen by these photos. The best epoch would flatter: it is chosen on the very photos that it is measured
/// on; and where the recipe stops early or lowers its learning rate on a plateau, training photos are held back for that.
public struct SeriesScore: Hashable, Sendable, Codable {
  /// The fold that it was measured on, from 1; nil on a learning curve.
  public let fold: Int?
  /// Which repetition it belongs to, from 1.
  public let repetition: Int
  /// What its part, weights and order were drawn from.
  public let seed: UInt64
  /// Photos that it was given to learn from, and that it was measured on; some of them may have been skipped as unreadable.
  public let trainCount: Int, validationCount: Int
  /// How many of the training photos were held back for what the recipe chooses, and not learned from; nil if it chooses
  /// nothing.
  public let heldBackCount: Int?
  /// The accuracy on the validation photos.
  public let accuracy: Double
  /// The mean loss of the validation photos, penalties included.
  public let loss: Double

  private enum CodingKeys: String, CodingKey {
    case fold, seed, accuracy, loss
    case repetition = "repeat"
    case trainCount = "train"
    case validationCount = "validation"
    case heldBackCount = "held_back"
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
  }

  /// The name of the training's folder in that of the series.
  var folderName: String { Self.folderName(fold: fold, photos: trainCount, repetition: repetition) }

  static func folderName(fold: Int?, photos: Int, repetition: Int) -> String {
    guard let fold else { return "photos-\(photos)/repeat-\(repetition)" }
    return (repetition > 1 ? "repeat-\(repetition)/" : "") + "fold-\(fold)"
  }
}

/// What a series of trainings reports while it works.
public enum SeriesEvent: Sendable {
  /// Something that the user should know.
  case warning(String)
  /// The training of a number, from 1, out of so many begins or goes on.
  case began(SeriesMember, number: Int, of: Int)
  /// It goes on.
  case run(TrainingRun.Event)
  /// It has come to its end, in so many seconds; 0 if it had before.
  case ended(SeriesMember, SeriesScore, seconds: Double)
}
