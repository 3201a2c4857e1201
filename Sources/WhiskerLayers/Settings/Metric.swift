public import WhiskerGraph
public import WhiskerTensors

/// What is measured beside the loss.
public enum Metric: String, Hashable, Sendable, CaseIterable {
  /// The fraction of samples classified correctly: a probability above ½ means yes (exactly ½ means no, as in Keras); of several
  /// classes the likeliest counts, of equals the first.
  case accuracy

  /// How many samples of a batch score.
  ///
  /// - Parameters:
  ///   - predictions: probabilities `[N, K]`.
  ///   - targets: `[N]` or `[N, K]`, as the kind of loss has them.
  ///   - kind: The kind of loss.
  public func score(predictions: Tensor, targets: Tensor, kind: Crossentropy.Kind) -> Double {
    let (rows, columns) = (predictions.shape[0], predictions.shape[1])
    var score = 0.0
    for row in 0..<rows {
      let sample = predictions.values[row * columns..<(row + 1) * columns]
      switch kind {
      case .binary:
        let target = targets.values[row * columns..<(row + 1) * columns]
        let right = zip(sample, target).count { ($0 > 0.5) == ($1 > 0.5) }
        score += Double(right) / Double(columns)
      case .categorical:
        let target = targets.values[row * columns..<(row + 1) * columns]
        score += Prediction.classIndex(of: sample) == Prediction.classIndex(of: target) ? 1 : 0
      case .sparseCategorical:
        score += Prediction.classIndex(of: sample) == Int(targets.values[row]) ? 1 : 0
      }
    }
    return score
  }
}
