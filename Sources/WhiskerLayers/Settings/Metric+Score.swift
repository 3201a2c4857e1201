public import WhiskerGraph
public import WhiskerTensors

extension Metric {
  /// How many samples of a batch score, for ``accuracy`` and ``topK(_:)``, which are means over samples.
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
      if self == .accuracy, kind == .binary {
        let target = targets.values[row * columns..<(row + 1) * columns]
        let right = zip(sample, target).count { ($0 > 0.5) == ($1 > 0.5) }
        score += Double(right) / Double(columns)
      } else if scores(sample, label: Prediction.label(row, of: targets, outputs: columns)) {
        score += 1
      }
    }
    return score
  }

  /// Whether a sample scores.
  package func scores(_ outputs: ArraySlice<Float>, label: Int) -> Bool {
    switch kind {
    case .accuracy: return Prediction.classIndex(of: outputs) == label
    case .topK(let k): return Prediction.place(of: label, in: outputs).map { $0 < k } ?? false
    case .balancedAccuracy, .precision, .recall, .f1, .rocAUC, .prAUC:
      preconditionFailure("\(name) is no mean over samples")
    }
  }
}
