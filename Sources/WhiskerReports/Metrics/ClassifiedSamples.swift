public import WhiskerSystem
public import WhiskerTensors

/// Labelled samples with the probability of each class that a model gave them: what the metrics are made of.
public struct ClassifiedSamples: Hashable, Sendable {
  /// The number of each sample's class.
  public let labels: [Int]
  /// How many classes there are, at least 2.
  public let classCount: Int
  /// What the network put out, sample after sample: a probability of each class, or of the second of two alone.
  private let outputs: [Float]
  private let isSingle: Bool

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
    isSingle = outputs.shape[1] == 1
    classCount = isSingle ? 2 : outputs.shape[1]
    self.outputs = outputs.values
    self.labels = labels
    if let wrong = labels.first(where: { !(0..<classCount).contains($0) }) {
      throw WhiskerError(.badContents, "labels", expected: "0 to \(classCount - 1)", got: "\(wrong)")
    }
    if let wrong = outputs.values.first(where: { !$0.isFinite }) {
      throw WhiskerError(.badContents, "outputs", expected: "finite numbers", got: "\(wrong)")
    }
  }

  /// The number of samples.
  public var count: Int { labels.count }

  /// The probability of a class, as a model gave it to a sample.
  public func probability(of index: Int, sample: Int) -> Float {
    guard isSingle else { return outputs[sample * classCount + index] }
    return index == 1 ? outputs[sample] : 1 - outputs[sample]
  }

  /// How samples are ranked by the probability of a class: of two classes the one's order is the other's backwards.
  ///
  /// The probability itself isn't enough. Next to 1 single precision has few numbers: `1 − p` makes one of many small
  /// `p`, so that samples which the second class tells apart would be equals to the first.
  package func rank(of index: Int, sample: Int) -> Rank {
    guard classCount == 2 else { return Rank(first: probability(of: index, sample: sample), second: 0) }
    let sign: Float = index == 1 ? 1 : -1
    if isSingle { return Rank(first: sign * outputs[sample], second: 0) }
    return Rank(first: sign * outputs[2 * sample + 1], second: -sign * outputs[2 * sample])
  }

  /// A place in the order of samples; the second number decides between those with the same first.
  package struct Rank: Comparable {
    let first: Float
    let second: Float

    package static func < (left: Rank, right: Rank) -> Bool {
      (left.first, left.second) < (right.first, right.second)
    }
  }

  /// The likeliest class of a sample; of equals the first.
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
