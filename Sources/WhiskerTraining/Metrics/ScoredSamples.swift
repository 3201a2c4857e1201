/// Samples of known class with a network's outputs for each: what every metric of a pass is computed from.
package struct ScoredSamples: Hashable, Sendable {
  /// The number of each sample's class.
  package private(set) var labels: [Int] = []
  /// The network's outputs, sample after sample: a probability of each class, or of the second of two alone.
  package private(set) var outputs: [Float] = []
  /// How much each sample counts; nil while each counts as 1.
  package private(set) var weights: [Float]?
  /// Outputs of a sample: 1 for the second of two classes, else one for each class.
  package let outputCount: Int

  /// No samples yet.
  package init(outputCount: Int) {
    precondition(outputCount >= 1, "\(outputCount) outputs")
    self.outputCount = outputCount
  }

  /// Samples of known classes, with their outputs.
  package init(labels: [Int], outputs: [Float], weights: [Float]? = nil, outputCount: Int) {
    self.init(outputCount: outputCount)
    precondition(outputs.count == labels.count * outputCount, "\(outputs.count) outputs for \(labels.count)")
    precondition(weights.map { $0.count == labels.count } ?? true, "weights for \(labels.count)")
    self.labels = labels
    self.outputs = outputs
    self.weights = weights
  }

  /// The number of samples.
  package var count: Int { labels.count }
  /// The number of classes, at least 2.
  package var classCount: Int { max(2, outputCount) }

  /// Adds a sample.
  package mutating func append(_ row: ArraySlice<Float>, label: Int, weight: Float) {
    if weight != 1, weights == nil { weights = Array(repeating: 1, count: labels.count) }
    labels.append(label)
    outputs += row
    weights?.append(weight)
  }

  /// How much a sample counts.
  package func weight(of sample: Int) -> Double { weights.map { Double($0[sample]) } ?? 1 }

  /// The network's outputs for a sample.
  package func row(_ sample: Int) -> ArraySlice<Float> {
    outputs[sample * outputCount..<(sample + 1) * outputCount]
  }

  /// The probability of a class, as a model gave it to a sample.
  package func probability(of index: Int, sample: Int) -> Float {
    guard outputCount == 1 else { return outputs[sample * outputCount + index] }
    return index == 1 ? outputs[sample] : 1 - outputs[sample]
  }

  /// How samples are ranked by the probability of a class: of two classes the one's order is the other's backwards.
  ///
  /// The probability itself isn't enough. Next to 1 single precision has few numbers: `1 − p` makes one of many small
  /// `p`, so that samples which the second class distinguishes would tie for the first.
  package func rank(of index: Int, sample: Int) -> Rank {
    guard classCount == 2 else { return Rank(first: probability(of: index, sample: sample), second: 0) }
    let sign: Float = index == 1 ? 1 : -1
    if outputCount == 1 { return Rank(first: sign * outputs[sample], second: 0) }
    return Rank(first: sign * outputs[2 * sample + 1], second: -sign * outputs[2 * sample])
  }

  /// A place in the order of samples; the second number decides between those with the same first.
  package struct Rank: Comparable {
    let first: Float
    let second: Float

    /// Whether it has no place.
    var isNaN: Bool { first.isNaN || second.isNaN }

    package static func < (left: Rank, right: Rank) -> Bool {
      (left.first, left.second) < (right.first, right.second)
    }
  }
}
