import WhiskerFormats
public import WhiskerTraining

/// What the curves of a run show, and what to do next.
///
/// ```swift
/// let run = try RunRecord(contentsOf: folder)
/// if let advice = Advice(on: run.history, .init(run)) { print(advice.text) }
/// // Overfitting since epoch 6: after it the validation loss rose from 0.592 to 4.21 while the training loss fell to
/// // 0.0150, and training accuracy is 25.2 points ahead. Try the recipe augmented, which makes a photo look different
/// // each time.
/// ```
/// The rules are few, each gives its evidence, and none is applied before there are enough epochs.
public struct Advice: Hashable, Sendable {
  /// What the curves show; epochs count from 1.
  public enum Finding: Hashable, Sendable {
    /// There are no validation photos, so that the curves show nothing.
    case noValidation
    /// The network does no better than one that knows only the classes' shares.
    case atChance
    /// Since some epoch, what is learned helps only with the training photos.
    case overfitting(since: Int)
    /// The last epochs still made it better.
    case stillImproving
    /// Differences are smaller than what the number of validation photos can show.
    case tooFewPhotos
    /// Training and validation stay together and have levelled off.
    case goodFit
    /// Validation has levelled off behind training.
    case levelledOff
    /// One class has so many more training photos than another that the network may just prefer it.
    case unevenClasses
  }

  /// What the curves show.
  public let finding: Finding
  /// That in a sentence, with the evidence, and what to do in a second.
  public let text: String

  /// The advice on a run; nil if there are too few epochs to judge by.
  public init?(on history: History, _ circumstances: Circumstances = Circumstances()) {
    if !history.epochs.isEmpty && history.epochs.allSatisfy({ $0.validation == nil }) {
      self = Advice(
        .noValidation,
        "No validation photos: nothing shows how the model does on photos that it hasn't seen, or when it began to "
          + "memorise these",
        "Hold back some of each class to validate on, a fifth for example")
      return
    }
    guard let reading = CurveReading(history),
      let advice = reading.atChance(circumstances) ?? reading.overfitting(circumstances)
        ?? reading.stillImproving(circumstances) ?? reading.tooFewPhotos(circumstances)
        ?? reading.levelledOff(circumstances)
    else {
      guard let uneven = circumstances.unevenClasses(history) else { return nil }
      self = Advice(.unevenClasses, uneven.evidence, uneven.remedy)
      return
    }
    self =
      circumstances.unevenClasses(history).map {
        Advice(advice.finding, "\(advice.text) \($0.evidence)", $0.remedy)
      } ?? advice
  }

  init(_ finding: Finding, _ evidence: String, _ remedy: String) {
    self.finding = finding
    text = "\(evidence). \(remedy)."
  }
}

extension Advice: Encodable {
  private enum CodingKeys: String, CodingKey { case finding, epoch, text }

  /// Writes `{"finding": "overfitting", "epoch": 6, "text": "…"}`; the epoch only where the finding has one.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .finding)
    if case .overfitting(let epoch) = finding { try container.encode(epoch, forKey: .epoch) }
    try container.encode(text, forKey: .text)
  }

  private var name: String {
    switch finding {
    case .noValidation: "noValidation"
    case .atChance: "atChance"
    case .overfitting: "overfitting"
    case .stillImproving: "stillImproving"
    case .tooFewPhotos: "tooFewPhotos"
    case .goodFit: "goodFit"
    case .levelledOff: "levelledOff"
    case .unevenClasses: "unevenClasses"
    }
  }
}
