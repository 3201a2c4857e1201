package import WhiskerSystem

/// Ends training when it no longer improves, as `keras.callbacks.EarlyStopping` does.
public struct EarlyStopping: Hashable, Sendable {
  /// What should improve.
  public var monitor: MonitoredMetric
  /// By how much more than the best so far an epoch must be better to count, at least 0.
  public var minimumChange: Double
  /// After how many epochs in a row that don't count training ends, at least 0; it never ends with the first.
  public var patience: Int
  /// Whether the model ends with the weights of the best epoch instead of the last one.
  public var restoresBestWeights: Bool
  /// How many epochs at the beginning are skipped.
  public var startFromEpoch: Int

  /// Keras's defaults.
  public init(
    monitor: MonitoredMetric = .validationLoss, minimumChange: Double = 0, patience: Int = 0,
    restoresBestWeights: Bool = false, startFromEpoch: Int = 0
  ) {
    self.monitor = monitor
    self.minimumChange = minimumChange
    self.patience = patience
    self.restoresBestWeights = restoresBestWeights
    self.startFromEpoch = startFromEpoch
  }

  /// Checks every number; errors name the setting.
  package func check() throws(WhiskerError) {
    func require(_ isValid: Bool, _ name: String, _ value: some Any) throws(WhiskerError) {
      guard isValid else {
        throw WhiskerError(
          .invalidSetting, "early stopping", "\(name): expected at least 0, got \(value)")
      }
    }
    try require(minimumChange >= 0 && minimumChange.isFinite, "minimum change", minimumChange)
    try require(patience >= 0, "patience", patience)
    try require(startFromEpoch >= 0, "first epoch", startFromEpoch)
  }
}
