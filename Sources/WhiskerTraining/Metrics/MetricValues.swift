public import WhiskerLayers

/// What some metrics measured, in the order in which they were asked for; one that isn't defined has no value.
///
/// ```swift
/// history.epochs.last?.validation?.metrics[.f1]
/// ```
public struct MetricValues: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  /// The metrics.
  public private(set) var metrics: [Metric] = []
  /// The values of those that have one.
  private var values: [Metric: Double] = [:]

  /// No metrics.
  public init() {}

  /// Metrics with their values, nil for one that isn't defined; of two of the same the last counts.
  public init(_ entries: [(metric: Metric, value: Double?)]) {
    for (metric, value) in entries {
      if !metrics.contains(metric) { metrics.append(metric) }
      values[metric] = value
    }
  }

  /// `[.f1: 0.5, .rocAUC: nil]`.
  public init(dictionaryLiteral elements: (Metric, Double?)...) {
    self.init(elements.map { (metric: $0.0, value: $0.1) })
  }

  /// The value of a metric; nil if it isn't defined or wasn't measured.
  public subscript(metric: Metric) -> Double? { values[metric] }

  /// Whether nothing was measured.
  public var isEmpty: Bool { metrics.isEmpty }
}

extension MetricValues: Codable {
  private struct Entry: Codable {
    let name: Metric
    let value: Double?
  }

  /// Reads what ``encode(to:)`` wrote.
  public init(from decoder: any Decoder) throws {
    let entries = try decoder.singleValueContainer().decode([Entry].self)
    self.init(entries.map { (metric: $0.name, value: $0.value) })
  }

  /// Writes a list, which keeps the order: `[{"name": "f1", "value": 0.5}]`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(metrics.map { Entry(name: $0, value: values[$0]) })
  }
}
