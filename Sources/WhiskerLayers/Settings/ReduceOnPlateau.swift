package import WhiskerSystem

/// Lowers the learning rate when training no longer improves, as `keras.callbacks.ReduceLROnPlateau` does.
public struct ReduceOnPlateau: Hashable, Sendable {
  /// What should improve.
  public var monitor: MonitoredMetric
  /// What the rate is multiplied by, at least 0 and below 1.
  public var factor: Double
  /// After how many epochs in a row that don't count the rate is lowered, at least 0.
  public var patience: Int
  /// By how much more than the best so far an epoch must be better to count, at least 0.
  public var minimumChange: Double
  /// For how many epochs after a lowering none is counted, at least 0.
  public var cooldown: Int
  /// The rate goes no lower, at least 0.
  public var minimumRate: Float

  /// Keras's defaults.
  public init(
    monitor: MonitoredMetric = .validationLoss, factor: Double = 0.1, patience: Int = 10,
    minimumChange: Double = 1e-4, cooldown: Int = 0, minimumRate: Float = 0
  ) {
    self.monitor = monitor
    self.factor = factor
    self.patience = patience
    self.minimumChange = minimumChange
    self.cooldown = cooldown
    self.minimumRate = minimumRate
  }

  /// Checks every number; errors name the setting.
  package func check() throws(WhiskerError) {
    func require(_ isValid: Bool, _ name: String, _ expected: String, _ value: some Any) throws(WhiskerError)
    {
      guard isValid else {
        throw WhiskerError(
          .invalidSetting, "reduce on plateau", "\(name): expected \(expected), got \(value)")
      }
    }
    try require((0..<1).contains(factor), "factor", "at least 0 and below 1", factor)
    try require(patience >= 0, "patience", "at least 0", patience)
    try require(minimumChange >= 0 && minimumChange.isFinite, "minimum change", "at least 0", minimumChange)
    try require(cooldown >= 0, "cooldown", "at least 0", cooldown)
    try require(minimumRate >= 0 && minimumRate.isFinite, "minimum rate", "at least 0", minimumRate)
  }
}
