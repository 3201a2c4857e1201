import WhiskerFormats

/// The mean of some measurements, and how much they vary.
public struct Spread: Hashable, Sendable, Codable {
  /// How many there are.
  public let count: Int
  /// `x̄ = Σ xᵢ / n`; not a number if there are none.
  public let mean: Double
  /// `√(Σ (xᵢ − x̄)² / (n − 1))`, the standard deviation of a sample; nil of fewer than two.
  public let standardDeviation: Double?

  private enum CodingKeys: String, CodingKey {
    case count, mean
    case standardDeviation = "standard_deviation"
  }

  /// The spread of some numbers.
  public init(_ values: [Double]) {
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    count = values.count
    standardDeviation =
      values.count < 2
      ? nil
      : (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)).squareRoot()
  }

  /// The spread of the scores' balanced accuracies; nil unless each has one.
  init?(balanced scores: [SeriesScore]) {
    let values = scores.compactMap(\.balancedAccuracy)
    guard !values.isEmpty, values.count == scores.count else { return nil }
    self.init(values)
  }
}
