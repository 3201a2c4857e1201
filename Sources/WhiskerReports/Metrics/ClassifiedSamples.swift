public import WhiskerSystem
public import WhiskerTensors
package import WhiskerTraining

/// Labelled samples with the probability of each class that a model gave them: what the metrics are made of.
public struct ClassifiedSamples: Hashable, Sendable {
  /// The samples as all metrics take them.
  package let scores: ScoredSamples

  /// Samples with their probabilities.
  ///
  /// - Parameters:
  ///   - labels: The number of each sample's class.
  ///   - outputs: A network's outputs, `[N, K]`: the probability of each class, or `[N, 1]`, that of the second of two.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badContents` if there are no samples, or labels and outputs don't fit each other.
  public init(labels: [Int], outputs: Tensor) throws(WhiskerError) {
    guard outputs.shape.rank == 2, outputs.shape[0] == labels.count, !labels.isEmpty, outputs.shape[1] > 0
    else {
      throw WhiskerError(
        .badContents, "outputs", expected: "a row for each of \(labels.count) labels", got: "\(outputs.shape)"
      )
    }
    let classCount = max(2, outputs.shape[1])
    if let wrong = labels.first(where: { !(0..<classCount).contains($0) }) {
      throw WhiskerError(.badContents, "labels", expected: "0 to \(classCount - 1)", got: "\(wrong)")
    }
    if let wrong = outputs.values.first(where: { !$0.isFinite }) {
      throw WhiskerError(.badContents, "outputs", expected: "finite numbers", got: "\(wrong)")
    }
    scores = ScoredSamples(labels: labels, outputs: outputs.values, outputCount: outputs.shape[1])
  }

  /// The number of each sample's class.
  public var labels: [Int] { scores.labels }
  /// How many classes there are, at least 2.
  public var classCount: Int { scores.classCount }

  /// The number of samples.
  public var count: Int { labels.count }

  /// The probability of a class, as a model gave it to a sample.
  public func probability(of index: Int, sample: Int) -> Float {
    scores.probability(of: index, sample: sample)
  }

  /// The likeliest class of a sample; the first on a tie.
  public func predicted(sample: Int) -> Int {
    var best = 0
    for index in 1..<classCount
    where probability(of: index, sample: sample) > probability(of: best, sample: sample) { best = index }
    return best
  }

  /// The probability of the likeliest class.
  public func confidence(sample: Int) -> Float {
    probability(of: predicted(sample: sample), sample: sample)
  }

  /// Whether the likeliest class is the sample's own.
  public func isRight(sample: Int) -> Bool { predicted(sample: sample) == labels[sample] }
}

extension ClassifiedSamples: ShortDescription {
  /// How many samples and classes there are.
  public var description: String { "ClassifiedSamples(\(count) of \(classCount) classes)" }
}
