import WhiskerSystem

/// A figure of each epoch that a training is steered by.
public enum MonitoredMetric: String, Hashable, Sendable, CaseIterable, Codable {
  /// The mean loss of the epoch's steps.
  case loss
  /// The accuracy on training samples.
  case accuracy = "acc"
  /// The loss on the validation data.
  case validationLoss = "val_loss"
  /// The accuracy on validation samples.
  case validationAccuracy = "val_acc"

  /// Whether more is better.
  var isBetterHigher: Bool { self == .accuracy || self == .validationAccuracy }
  /// Whether it takes validation data.
  package var needsValidation: Bool { self == .validationLoss || self == .validationAccuracy }

  /// Whether a value is better than the best so far by more than `margin`; the first always is.
  package func isImprovement(_ value: Double, over best: Double?, margin: Double) -> Bool {
    guard let best else { return true }
    return isBetterHigher ? value - margin > best : value + margin < best
  }
}

extension MonitoredMetric {
  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}
