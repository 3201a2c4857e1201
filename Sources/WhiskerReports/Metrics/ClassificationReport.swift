/// Precision, recall and F1 of each class and on average, as scikit-learn's function of this name computes them.
///
///     precision = correct / predicted as the class
///     recall    = right / samples of the class
///     F1        = 2 · precision · recall / (precision + recall)
///
/// Where there is nothing to divide by, a class that is never predicted or has no samples, the figure is 0.
public struct ClassificationReport: Hashable, Sendable {
  /// The three figures, each from 0 to 1.
  public struct Scores: Hashable, Sendable {
    /// How much of what was predicted as the class is of it.
    public let precision: Double
    /// How much of the class was found.
    public let recall: Double
    /// Their harmonic mean.
    public let f1: Double
  }

  /// Each class in the order of the labels.
  public let classes: [Scores]
  /// The samples of each class.
  public let supports: [Int]
  /// The mean over the classes, each counting the same, those without samples too.
  public let macroAverage: Scores
  /// The mean over the classes, each counting by its samples.
  public let weightedAverage: Scores
  /// The fraction of samples classified correctly.
  public let accuracy: Double

  /// The figures of a confusion matrix.
  public init(_ matrix: ConfusionMatrix) {
    let indices = 0..<matrix.classCount
    let supports = indices.map(matrix.support)
    let classes = indices.map { index in
      let right = matrix.counts[index][index]
      let (taken, support) = (matrix.predictedCount(of: index), supports[index])
      // 2·right / (taken + support) is the same as the harmonic mean, with one division instead of four.
      return Scores(
        precision: Self.share(right, of: taken), recall: Self.share(right, of: support),
        f1: Self.share(2 * right, of: taken + support))
    }
    self.classes = classes
    self.supports = supports
    macroAverage = Self.average(classes, weights: indices.map { _ in 1 })
    weightedAverage = Self.average(classes, weights: supports.map(Double.init))
    accuracy = Self.share(matrix.correct, of: matrix.total)
  }

  private static func share(_ part: Int, of whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }

  private static func average(_ scores: [Scores], weights: [Double]) -> Scores {
    let total = weights.reduce(0, +)
    func mean(_ figure: KeyPath<Scores, Double>) -> Double {
      total == 0 ? 0 : zip(scores, weights).reduce(0) { $0 + $1.0[keyPath: figure] * $1.1 } / total
    }
    return Scores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1))
  }
}
