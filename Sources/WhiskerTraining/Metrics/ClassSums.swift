/// How many samples of a class there are, how many were predicted as it and how many of those belong to it,
/// weighted: what precision, recall and F1 are computed from.
package struct ClassSums: Hashable, Sendable, Codable {
  /// Samples of the class.
  package var support: Double
  /// Samples that were predicted as the class.
  package var predicted: Double
  /// Samples of the class that were predicted as it.
  package var correct: Double

  package init(support: Double = 0, predicted: Double = 0, correct: Double = 0) {
    self.support = support
    self.predicted = predicted
    self.correct = correct
  }

  /// The share of what was predicted as the class that belongs to it; 0 if nothing was.
  package var precision: Double { predicted > 0 ? correct / predicted : 0 }
  /// The share of the class that was found; 0 if there is nothing of it.
  package var recall: Double { support > 0 ? correct / support : 0 }
  /// `2 · correct / (predicted + support)`, the harmonic mean of both with one division instead of four; 0 if there is nothing
  /// to divide by.
  package var f1: Double { predicted + support > 0 ? 2 * correct / (predicted + support) : 0 }
}

/// The mean of the classes' figures, each by its weight; nil if there is nothing to divide by.
///
/// A figure that isn't known is left out.
package func classMean(_ figures: [Double?], weights: [Double]? = nil) -> Double? {
  var (sum, total) = (0.0, 0.0)
  for (index, figure) in figures.enumerated() {
    guard let figure else { continue }
    let weight = weights?[index] ?? 1
    sum += figure * weight
    total += weight
  }
  return total > 0 ? sum / total : nil
}
