package import WhiskerSystem

/// A figure of each epoch that training monitors, or that decides which epoch is the best: the loss or a
/// metric, on the training or on the validation data.
///
/// ```swift
/// EarlyStopping(monitor: .validation(.f1), patience: 5)
/// ```
public struct MonitoredMetric: Hashable, Sendable, Codable, RawRepresentable {
  /// The metric; nil for the loss.
  public let metric: Metric?
  /// Whether it is measured on the validation data, after the epoch.
  public let isValidation: Bool

  private init(_ metric: Metric?, isValidation: Bool) {
    self.metric = metric
    self.isValidation = isValidation
  }

  /// The mean loss of the epoch's steps.
  public static let loss = MonitoredMetric(nil, isValidation: false)
  /// The accuracy on training samples.
  public static let accuracy = training(.accuracy)
  /// The loss on the validation data.
  public static let validationLoss = MonitoredMetric(nil, isValidation: true)
  /// The accuracy on validation samples.
  public static let validationAccuracy = validation(.accuracy)

  /// A metric on training samples, each measured before the step that trains on it.
  public static func training(_ metric: Metric) -> MonitoredMetric {
    MonitoredMetric(metric, isValidation: false)
  }
  /// A metric on the validation data.
  public static func validation(_ metric: Metric) -> MonitoredMetric {
    MonitoredMetric(metric, isValidation: true)
  }

  private static let prefix = "val_"

  /// A figure by its name in a history (`loss`, `acc`, `val_f1`) or another of the metric's (`val_accuracy`, `val_auc`);
  /// nil for another name.
  public init?(rawValue: String) {
    isValidation = rawValue.hasPrefix(Self.prefix)
    let name = isValidation ? String(rawValue.dropFirst(Self.prefix.count)) : rawValue
    if name == "loss" {
      metric = nil
    } else {
      guard let metric = Metric(name: name) else { return nil }
      self.metric = metric
    }
  }

  /// Its name in a history: `loss`, `acc`, `val_loss`, `val_f1`.
  public var rawValue: String { (isValidation ? Self.prefix : "") + (metric?.key ?? "loss") }

  /// What there is of an epoch when some metrics are measured, accuracy always.
  package static func measured(with metrics: [Metric]) -> [MonitoredMetric] {
    let others = metrics.filter { $0 != .accuracy }
    return [.loss, .accuracy] + others.map(training) + [.validationLoss, .validationAccuracy]
      + others.map(validation)
  }

  /// The same in the order of Keras's history.
  package static func inKerasOrder(with metrics: [Metric]) -> [MonitoredMetric] {
    let others = metrics.filter { $0 != .accuracy }
    return [.accuracy, .loss] + others.map(training) + [.validationAccuracy, .validationLoss]
      + others.map(validation)
  }

  /// Checks that it can be monitored when some metrics are measured.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting`, of a setting's name.
  package func check(
    measuring metrics: [Metric], onlyValidation: Bool = false, _ setting: String
  ) throws(WhiskerError) {
    let choices = Self.measured(with: metrics).filter { $0.isValidation || !onlyValidation }
    try requireSetting(
      choices.contains(self), setting,
      expected: "one of \(choices.map(\.rawValue).joined(separator: ", "))", got: "\"\(rawValue)\"")
  }

  /// Whether more is better.
  package var isBetterHigher: Bool { metric != nil }
  /// Whether it needs validation data.
  package var needsValidation: Bool { isValidation }

  /// Whether a value is better than the best so far by more than `margin`; the first always is.
  package func isImprovement(_ value: Double, over best: Double?, margin: Double) -> Bool {
    guard let best else { return true }
    return isBetterHigher ? value - margin > best : value + margin < best
  }
}

extension MonitoredMetric {
  /// Reads a name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try? container.decode(String.self)
    guard let monitor = name.flatMap({ MonitoredMetric(rawValue: $0) }) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription:
          "expected one of loss, acc, val_loss, val_acc, or a metric that is measured, such as f1 or "
          + "val_f1, got \(name.map { "\"\($0)\"" } ?? "something else")")
    }
    self = monitor
  }
}
