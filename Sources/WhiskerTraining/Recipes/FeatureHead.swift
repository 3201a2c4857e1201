import WhiskerTensors

/// How a last layer is fitted to features: logistic regression to convergence, with the penalty that does best on the
/// validation photos.
///
/// The loss is the mean cross-entropy plus `λ/2 · Σ kernel²`.
public struct FeatureHead: Hashable, Sendable {
  /// The penalties λ to choose from, each above 0; without validation photos the one nearest to `1 / N` is taken.
  public var penalties: [Double]

  /// Logistic regression with these penalties to choose from.
  public init(penalties: [Double] = [0.1, 0.01, 0.001, 0.0001]) { self.penalties = penalties }
}

extension FeatureHead: Codable {
  private enum KindKeys: String, CodingKey, CaseIterable { case logisticRegression = "logistic_regression" }
  private enum CodingKeys: String, CodingKey, CaseIterable { case penalties = "l2" }

  /// Reads `{logistic_regression: {l2: [0.1, 0.01]}}`.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, KindKeys.self)
    let settings = try decoder.container(keyedBy: KindKeys.self).superDecoder(forKey: .logisticRegression)
    try refuseUnknownKeys(settings, CodingKeys.self)
    let container = try settings.container(keyedBy: CodingKeys.self)
    penalties = try container.decodeIfPresent([Double].self, forKey: .penalties) ?? FeatureHead().penalties
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: KindKeys.self)
    var settings = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .logisticRegression)
    try settings.encode(penalties, forKey: .penalties)
  }
}
