import WhiskerTraining

/// Precision, recall and F1 of each class and on average, as scikit-learn's function of this name computes them.
///
///     precision = correct / predicted as the class
///     recall    = correct / samples of the class
///     F1        = 2 · precision · recall / (precision + recall)
///
/// Where there is nothing to divide by, a class that is never predicted or has no samples, the figure is 0.
public struct ClassificationReport: Hashable, Sendable {
  /// The three figures, each from 0 to 1.
  public struct Scores: Hashable, Sendable {
    /// The share of what was predicted as the class that belongs to it.
    public let precision: Double
    /// The share of the class that was found.
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
  /// The mean of the recalls of the classes that have samples.
  public let balancedAccuracy: Double

  /// The figures of a confusion matrix.
  public init(_ matrix: ConfusionMatrix) {
    let indices = 0..<matrix.classCount
    let supports = indices.map(matrix.support)
    let sums = indices.map { index in
      ClassSums(
        support: Double(supports[index]), predicted: Double(matrix.predictedCount(of: index)),
        correct: Double(matrix.counts[index][index]))
    }
    let classes = sums.map { Scores(precision: $0.precision, recall: $0.recall, f1: $0.f1) }
    self.classes = classes
    self.supports = supports
    macroAverage = Self.average(classes, weights: nil)
    weightedAverage = Self.average(classes, weights: supports.map(Double.init))
    accuracy = matrix.total == 0 ? 0 : Double(matrix.correct) / Double(matrix.total)
    balancedAccuracy = classMean(sums.map { $0.support > 0 ? $0.recall : nil }) ?? 0
  }

  /// The mean over the classes that have samples, each counting the same; 0 without any.
  public var averageOfPresentClasses: Scores {
    Self.average(classes, weights: supports.map { $0 > 0 ? 1 : 0 })
  }

  private static func average(_ scores: [Scores], weights: [Double]?) -> Scores {
    func mean(_ figure: KeyPath<Scores, Double>) -> Double {
      classMean(scores.map { $0[keyPath: figure] }, weights: weights) ?? 0
    }
    return Scores(precision: mean(\.precision), recall: mean(\.recall), f1: mean(\.f1))
  }
}
