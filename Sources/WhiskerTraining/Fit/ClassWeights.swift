import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// How much each class counts in the training loss.
///
/// A sample's loss is multiplied by the weight of its class, and the mean is over the samples and not over their weights:
/// `Σ wᵢlᵢ / N`, as Keras's `class_weight` has it. Where a label is mixed of several classes, each part counts with the
/// weight of its class: of a loss that is linear in the label, `Σ_c w_c y_c l_c`. (Keras takes the likeliest class's
/// weight for all of it.)
struct ClassWeights: Sendable {
  private let weights: [Float]

  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` and the place `class weights`: another number of them than
  ///   there are classes, one that isn't a number of at least 0, all 0, or a loss whose outputs aren't classes.
  init(_ weights: [Float], outputs: Int, loss: Loss) throws(WhiskerError) {
    let place = "class weights"
    try requireSetting(
      loss.kind != .binary || outputs == 1, place,
      expected: "none where each output is a yes or no of its own",
      got: "\(weights.count)")
    let classes = max(2, outputs)
    try requireSetting(
      weights.count == classes, place, expected: "\(classes) of them, one for each class",
      got: "\(weights.count)")
    if let wrong = weights.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw WhiskerError(.invalidSetting, place, expected: "numbers of at least 0", got: "\(wrong)")
    }
    try requireSetting(weights.contains { $0 > 0 }, place, expected: "one above 0", got: "only 0")
    self.weights = weights
  }

  /// What the loss of a batch takes: its labels, of which the parts of mixed ones are weighed, and a weight for each sample,
  /// times its own if it has one.
  func weighed(_ batch: Batch, loss: Loss) -> (labels: Tensor, weights: Tensor) {
    var labels = batch.labels
    var factors = [Float](repeating: 0, count: batch.count)
    switch loss.kind {
    case .sparseCategorical:
      for row in factors.indices { factors[row] = weights[Int(labels.values[row])] }
    case .binary:
      for row in factors.indices {
        let label = labels.values[row]
        factors[row] = (1 - label) * weights[0] + label * weights[1]
        if factors[row] > 0 { labels.values[row] = label * weights[1] / factors[row] }
      }
    case .categorical:
      let classes = weights.count
      for row in factors.indices {
        let places = row * classes..<(row + 1) * classes
        factors[row] = zip(places, weights).reduce(0) { $0 + labels.values[$1.0] * $1.1 }
        guard factors[row] > 0 else { continue }
        for (place, weight) in zip(places, weights) {
          labels.values[place] = labels.values[place] * weight / factors[row]
        }
      }
    }
    if let own = batch.weights { for row in factors.indices { factors[row] *= own.values[row] } }
    return (labels, Tensor(shape: [batch.count], values: factors))
  }
}
