public import WhiskerSystem

extension Evaluation: ShortDescription {
  /// The figures, and how each class fares, of many the first and last three.
  public var description: String {
    let classes = classes.map { "\($0.name): \($0.correct) of \($0.count)" }
    return "Evaluation(loss: \(loss), accuracy: \(accuracy), count: \(count), classes: \(classes.excerpt))"
  }
}

extension History: ShortDescription {
  /// How many epochs there are, and the last one's figures and the best one's.
  public var description: String {
    guard let last = epochs.last else { return "History(no epochs)" }
    let best = bestEpoch.map { ", best: \($0 + 1)" } ?? ""
    return "History(\(epochs.count) epochs in \(seconds) s, last: \(last.figures)\(best))"
  }
}

extension History.Epoch {
  /// By Keras's names.
  fileprivate var figures: String {
    func others(_ metrics: MetricValues, _ prefix: String = "") -> String {
      metrics.metrics.map { ", \(prefix)\($0.key) \(metrics[$0].map { "\($0)" } ?? "undefined")" }.joined()
    }
    let validation =
      validation.map { ", val_acc \($0.accuracy), val_loss \($0.loss)\(others($0.metrics, "val_"))" } ?? ""
    let rate = learningRate.map { ", learning_rate \($0)" } ?? ""
    return "acc \(accuracy), loss \(loss)\(others(metrics))\(validation)\(rate)"
  }
}

extension TrainingProgress: ShortDescription {
  /// How far training has come.
  public var description: String {
    "TrainingProgress(\(epochsDone) epochs of \(stepsPerEpoch) steps and \(stepInEpoch) steps done, "
      + "batch size \(batchSize), \(sampleCount) samples, seed \(seed))"
  }
}

extension Checkpoint: ShortDescription {
  /// The progress of training, and the weights by their names and shapes.
  public var description: String {
    let best = bestWeights == nil ? "" : ", best weights"
    return "Checkpoint(\(progress), \(state), notes: \(notes.keys.sorted().excerpt)\(best))"
  }
}
