import WhiskerFormats
import WhiskerSystem

/// How the layers after a published network are fitted to features that are computed once.
public struct FeatureHead: Hashable, Sendable {
  /// How they learn.
  public enum Method: Hashable, Sendable {
    /// Logistic regression to convergence, for a last layer alone: the mean cross-entropy plus `λ/2 · Σ kernel²`.
    ///
    /// The penalties λ, each above 0, are those to choose from: the one with the lowest loss on the validation
    /// photos is used; without validation photos the one nearest to `1 / N`.
    case logisticRegression(penalties: [Double])
    /// Steps of the recipe's optimizer, for any layers.
    case steps
  }

  /// How they learn.
  public var method: Method
  /// How many augmented passes over all training photos there are, besides one pass without augmentation; at
  /// least 0.
  public var augmentedPasses: Int

  /// The penalties to choose from where none are named.
  public static let usualPenalties = [0.1, 0.01, 0.001, 0.0001]

  /// A way to learn from features.
  public init(_ method: Method, augmentedPasses: Int = 0) {
    self.method = method
    self.augmentedPasses = augmentedPasses
  }
}

extension FeatureHead: Codable {
  private enum MethodKeys: String, CodingKey, CaseIterable {
    case logisticRegression = "logistic_regression"
    case steps
  }
  private enum RegressionKeys: String, CodingKey, CaseIterable {
    case penalties = "l2"
    case augmentedPasses = "augmented_passes"
  }
  private enum StepsKeys: String, CodingKey, CaseIterable { case augmentedPasses = "augmented_passes" }

  /// Reads `{logistic_regression: {l2: [0.1, 0.01]}}`, `{steps: {augmented_passes: 4}}`, or a name alone.
  public init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      switch MethodKeys(rawValue: name) {
      case .logisticRegression: self.init(.logisticRegression(penalties: Self.usualPenalties))
      case .steps: self.init(.steps)
      case nil:
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath,
            debugDescription: "expected logistic_regression or steps, got \"\(name)\""))
      }
      return
    }
    try refuseUnknownKeys(decoder, MethodKeys.self)
    let methods = try decoder.container(keyedBy: MethodKeys.self)
    guard let method = methods.allKeys.first, methods.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "expected one of logistic_regression and steps, got \(methods.allKeys.count)"))
    }
    let settings = try methods.superDecoder(forKey: method)
    switch method {
    case .logisticRegression:
      try refuseUnknownKeys(settings, RegressionKeys.self)
      let container = try settings.container(keyedBy: RegressionKeys.self)
      let penalties = try container.decodeIfPresent([Double].self, forKey: .penalties)
      self.init(
        .logisticRegression(penalties: penalties ?? Self.usualPenalties),
        augmentedPasses: try container.decodeIfPresent(Int.self, forKey: .augmentedPasses) ?? 0)
    case .steps:
      try refuseUnknownKeys(settings, StepsKeys.self)
      let container = try settings.container(keyedBy: StepsKeys.self)
      self.init(
        .steps, augmentedPasses: try container.decodeIfPresent(Int.self, forKey: .augmentedPasses) ?? 0)
    }
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: MethodKeys.self)
    switch method {
    case .logisticRegression(let penalties):
      var settings = container.nestedContainer(keyedBy: RegressionKeys.self, forKey: .logisticRegression)
      try settings.encode(penalties, forKey: .penalties)
      if augmentedPasses > 0 { try settings.encode(augmentedPasses, forKey: .augmentedPasses) }
    case .steps:
      var settings = container.nestedContainer(keyedBy: StepsKeys.self, forKey: .steps)
      // An empty list of keys would read as nothing.
      try settings.encode(augmentedPasses, forKey: .augmentedPasses)
    }
  }
}
