public import WhiskerSystem

/// How often each class was predicted as each: rows are the true classes, columns the predicted ones.
public struct ConfusionMatrix: Hashable, Sendable {
  /// The counts, `counts[truth][predicted]`.
  public private(set) var counts: [[Int]]

  /// Counts the samples.
  public init(_ samples: ClassifiedSamples) {
    counts = Array(repeating: Array(repeating: 0, count: samples.classCount), count: samples.classCount)
    for sample in 0..<samples.count { counts[samples.labels[sample]][samples.predicted(sample: sample)] += 1 }
  }

  /// The number of classes.
  public var classCount: Int { counts.count }
  /// The number of samples.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
  /// The number of samples classified correctly.
  public var correct: Int { counts.indices.reduce(0) { $0 + counts[$1][$1] } }

  /// The number of samples of a class.
  public func support(of index: Int) -> Int { counts[index].reduce(0, +) }

  /// The number of samples predicted as a class.
  public func predictedCount(of index: Int) -> Int { counts.reduce(0) { $0 + $1[index] } }

  /// The pairs of classes of which one was predicted as the other, the most frequent first.
  public var confusions: [(truth: Int, predicted: Int, count: Int)] {
    counts.indices.flatMap { truth in
      counts.indices.filter { $0 != truth && counts[truth][$0] > 0 }
        .map { (truth: truth, predicted: $0, count: counts[truth][$0]) }
    }.sorted { ($1.count, $0.truth, $0.predicted) < ($0.count, $1.truth, $1.predicted) }
  }
}

extension ConfusionMatrix: ShortDescription {
  /// The counts; for many classes only how many are correct.
  public var description: String {
    let figures = "\(correct) of \(total) right"
    return classCount <= 8
      ? "ConfusionMatrix(\(figures), counts: \(counts))"
      : "ConfusionMatrix(\(figures), \(classCount) classes)"
  }
}
