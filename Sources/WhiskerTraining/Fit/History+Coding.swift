import WhiskerLayers

// Values that older files don't have are left out when they are defaults, so that older files are read, and
// written as before.

extension History.Epoch {
  private enum CodingKeys: String, CodingKey { case loss, accuracy, validation, learningRate, metrics }

  /// Reads an epoch.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      loss: try container.decode(Double.self, forKey: .loss),
      accuracy: try container.decode(Double.self, forKey: .accuracy),
      validation: try container.decodeIfPresent(History.Score.self, forKey: .validation),
      learningRate: try container.decodeIfPresent(Float.self, forKey: .learningRate),
      metrics: try container.decodeIfPresent(MetricValues.self, forKey: .metrics) ?? [:])
  }

  /// Writes an epoch.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(loss, forKey: .loss)
    try container.encode(accuracy, forKey: .accuracy)
    try container.encodeIfPresent(validation, forKey: .validation)
    try container.encodeIfPresent(learningRate, forKey: .learningRate)
    if !metrics.isEmpty { try container.encode(metrics, forKey: .metrics) }
  }
}

extension History.Score {
  private enum CodingKeys: String, CodingKey { case loss, accuracy, metrics }

  /// Reads a score.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      loss: try container.decode(Double.self, forKey: .loss),
      accuracy: try container.decode(Double.self, forKey: .accuracy),
      metrics: try container.decodeIfPresent(MetricValues.self, forKey: .metrics) ?? [:])
  }

  /// Writes a score.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(loss, forKey: .loss)
    try container.encode(accuracy, forKey: .accuracy)
    if !metrics.isEmpty { try container.encode(metrics, forKey: .metrics) }
  }
}

extension History {
  private enum CodingKeys: String, CodingKey { case epochs, seconds, bestBy }

  /// Reads a history.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    epochs = try container.decode([Epoch].self, forKey: .epochs)
    seconds = try container.decode(Double.self, forKey: .seconds)
    bestBy = try container.decodeIfPresent(MonitoredMetric.self, forKey: .bestBy) ?? .validationAccuracy
  }

  /// Writes a history.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(epochs, forKey: .epochs)
    try container.encode(seconds, forKey: .seconds)
    if bestBy != .validationAccuracy { try container.encode(bestBy, forKey: .bestBy) }
  }
}
