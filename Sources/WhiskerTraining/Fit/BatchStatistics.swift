package import WhiskerDatasets
package import WhiskerSystem
import WhiskerTensors

/// The statistics that batch normalisation uses in inference, found again for weights that weren't trained, such as an average
/// of others.
extension Model {
  /// The names of the moving statistics that training changes; none without batch normalisation, or with none but frozen.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the layers don't fit each other.
  package func movingStatistics() throws(WhiskerError) -> Set<String> {
    Set(try ModelGraphs(network()).statistics(batchSize: 1).outputs.keys)
  }

  /// The same of all layers, frozen or not.
  package func allMovingStatistics() throws(WhiskerError) -> Set<String> {
    let network = try network()
    let names = Dictionary(network.layers.map { ($0.name, true) }) { first, _ in first }
    return Set(try ModelGraphs(network.settingTrainable(names)).statistics(batchSize: 1).outputs.keys)
  }

  /// Gives the moving statistics the mean of what the batches of one pass show, each counting the same.
  ///
  /// All weights stay. The model must be compiled.
  ///
  /// Means and variances are those of a batch in training, dropout included, as PyTorch's `update_bn` takes them after weights
  /// were averaged (Izmailov et al., "Averaging weights leads to wider optima", 2018).
  ///
  /// - Parameters:
  ///   - data: Training samples; batches are drawn in the order of training.
  ///   - onStep: Called after each batch.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the model isn't compiled or the data doesn't fit it; `CancellationError`.
  package func estimateStatistics(
    on data: any BatchSource, onStep: (_ step: Int, _ steps: Int) -> Void = { _, _ in }
  ) async throws {
    let compiled = try CompiledModel(self)
    try compiled.check(samples: data.sampleShape)
    var sums: [String: [Double]] = [:]
    var step = 0
    for try await batch in data.trainingBatches() {
      try Task.checkCancellation()
      for (name, statistic) in try await compiled.statistics(of: batch, number: step) {
        let values = statistic.values.map(Double.init)
        sums[name] = sums[name].map { sum in zip(sum, values).map { $0 + $1 } } ?? values
      }
      step += 1
      onStep(step, data.stepsPerPass)
      if step == data.stepsPerPass { break }
    }
    let means = sums.mapValues { sum in
      Tensor(shape: [sum.count], values: sum.map { Float($0 / Double(step)) })
    }
    try setWeights(await weights().merging(means) { _, new in new })
  }
}
