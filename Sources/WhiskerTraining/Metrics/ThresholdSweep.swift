/// How much of a class is found, and how much of the others is predicted as it, as the threshold of its
/// probability falls.
///
/// Both areas under its curves are those of scikit-learn with `sample_weight`. Samples that count as 1 give whole numbers, so
/// that nothing is rounded before the last division.
package struct ThresholdSweep {
  /// The samples at or above a threshold, each by its weight.
  package struct Step {
    package let truePositives: Double
    package let falsePositives: Double
    package let threshold: Float
  }

  /// One step for each rank that occurs, the highest first: ties are one step.
  package let steps: [Step]
  /// The samples of the class, and the others, by their weights.
  package let positives: Double, negatives: Double
  /// Whether every rank is a number, so that there is an order.
  private let hasOrder: Bool

  /// Sweeps over the samples of a class; those that count nothing are left out.
  package init(_ samples: ScoredSamples, of index: Int) {
    let ranked = (0..<samples.count).compactMap { sample in
      let weight = samples.weight(of: sample)
      return weight > 0
        ? (rank: samples.rank(of: index, sample: sample), sample: sample, weight: weight) : nil
    }.sorted { $0.rank > $1.rank }
    hasOrder = !ranked.contains { $0.rank.isNaN }
    var (truePositives, falsePositives) = (0.0, 0.0)
    var steps: [Step] = []
    for (place, entry) in ranked.enumerated() {
      if samples.labels[entry.sample] == index {
        truePositives += entry.weight
      } else {
        falsePositives += entry.weight
      }
      let next = place + 1
      if next < ranked.count, ranked[next].rank == entry.rank { continue }
      steps.append(
        Step(
          truePositives: truePositives, falsePositives: falsePositives,
          threshold: samples.probability(of: index, sample: entry.sample)))
    }
    self.steps = steps
    (positives, negatives) = (truePositives, falsePositives)
  }

  /// The area under recall against the share of others, by trapezoids; nil without samples of the class or without
  /// others, or if an output is not a number.
  package var rocArea: Double? {
    guard hasOrder, positives > 0, negatives > 0 else { return nil }
    var doubleArea = 0.0
    var before = (true: 0.0, false: 0.0)
    for step in steps {
      doubleArea += (step.falsePositives - before.false) * (step.truePositives + before.true)
      before = (step.truePositives, step.falsePositives)
    }
    return doubleArea / (2 * positives * negatives)
  }

  /// `Σ (recallₙ − recallₙ₋₁) · precisionₙ`; nil without samples of the class, or if an output is not a
  /// number.
  package var averagePrecision: Double? {
    guard hasOrder, positives > 0 else { return nil }
    var sum = 0.0
    var before = 0.0
    for step in steps {
      sum +=
        (step.truePositives - before) * step.truePositives / (step.truePositives + step.falsePositives)
      before = step.truePositives
    }
    return sum / positives
  }
}
