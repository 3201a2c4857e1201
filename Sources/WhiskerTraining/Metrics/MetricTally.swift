package import WhiskerDatasets
package import WhiskerLayers
package import WhiskerTensors

/// Takes the predictions of batch after batch, and gives metrics of all of them at once.
///
/// Batch boundaries make no difference to a metric. Areas under curves need every sample's outputs, which are
/// kept: samples × (outputs + 2) numbers; for the others, sums are enough.
package struct MetricTally: Hashable, Sendable {
  /// What is measured.
  package let metrics: [Metric]
  /// Outputs of the network.
  private let outputCount: Int
  private var sums = Sums()
  /// Every sample, where a metric needs them.
  private var samples: ScoredSamples?

  /// The metrics for which sums are enough.
  private struct Sums: Hashable, Sendable, Codable {
    /// Samples.
    var count = 0
    /// The weight of all samples.
    var weight = 0.0
    /// Samples classified correctly, whatever their weights.
    var correct = 0
    /// Samples whose class is among the k likeliest, by their weights, for each k.
    var hits: [Int: Double] = [:]
    var classes: [ClassSums] = []
  }

  /// An empty tally.
  ///
  /// - Parameters:
  ///   - metrics: What to measure, checked with ``WhiskerLayers/Metric``'s own check.
  ///   - outputCount: The network's outputs: 1 for the second of two classes, else one for each class.
  package init(_ metrics: [Metric], outputCount: Int) {
    self.metrics = metrics
    self.outputCount = outputCount
    removeAll()
  }

  /// The same of what is measured besides the accuracy, which is always known; nil if that is nothing.
  package init?(beside metrics: [Metric], outputCount: Int) {
    let others = metrics.filter { $0 != .accuracy }
    guard !others.isEmpty else { return nil }
    self.init(others, outputCount: outputCount)
  }

  /// Forgets all batches.
  package mutating func removeAll() {
    sums = Sums()
    sums.classes = Array(repeating: ClassSums(), count: max(2, outputCount))
    let keepsSamples = metrics.contains { $0.kind == .rocAUC || $0.kind == .prAUC }
    samples = keepsSamples ? ScoredSamples(outputCount: outputCount) : nil
  }

  /// The number of samples so far.
  package var count: Int { sums.count }

  /// Whether another measures the same of the same outputs.
  func measuresSame(as other: MetricTally) -> Bool {
    metrics == other.metrics && outputCount == other.outputCount
  }

  /// Adds a batch with a network's predictions for it.
  package mutating func add(_ predictions: Tensor, of batch: Batch) {
    add(predictions, labels: batch.labels, weights: batch.weights)
  }

  /// Adds a batch.
  ///
  /// - Parameters:
  ///   - predictions: probabilities `[N, outputs]`.
  ///   - labels: `[N]` or `[N, outputs]`; for a label mixed from several classes the likeliest counts.
  ///   - weights: `[N]`, at least 0; nil counts each sample as 1.
  package mutating func add(_ predictions: Tensor, labels: Tensor, weights: Tensor? = nil) {
    precondition(predictions.shape.withoutBatch == [outputCount], "\(predictions.shape) for \(outputCount)")
    for row in 0..<predictions.shape[0] {
      add(
        predictions.values[row * outputCount..<(row + 1) * outputCount],
        label: Prediction.label(row, of: labels, outputs: outputCount),
        weight: weights?.values[row] ?? 1)
    }
  }

  private mutating func add(_ outputs: ArraySlice<Float>, label: Int, weight: Float) {
    guard sums.classes.indices.contains(label) else { return }
    let predicted = Prediction.classIndex(of: outputs)
    let share = Double(weight)
    sums.count += 1
    sums.weight += share
    sums.correct += predicted == label ? 1 : 0
    sums.classes[label].support += share
    sums.classes[predicted].predicted += share
    if predicted == label { sums.classes[label].correct += share }
    for case .topK(let k) in metrics.lazy.map(\.kind) where Metric.topK(k).scores(outputs, label: label) {
      sums.hits[k, default: 0] += share
    }
    samples?.append(outputs, label: label, weight: weight)
  }

  /// The metrics of all batches so far; of none they are 0, and areas have no value.
  package var values: MetricValues {
    var areas: [Metric.Kind: [Double?]] = [:]
    return MetricValues(metrics.map { ($0, value(of: $0, &areas)) })
  }

  /// - Parameter areas: Those of each class that were computed already, which sorting takes its time for.
  private func value(of metric: Metric, _ areas: inout [Metric.Kind: [Double?]]) -> Double? {
    switch metric.kind {
    case .accuracy: return sums.count == 0 ? 0 : Double(sums.correct) / Double(sums.count)
    case .balancedAccuracy: return classMean(sums.classes.map { $0.support > 0 ? $0.recall : nil }) ?? 0
    case .topK(let k): return sums.weight > 0 ? (sums.hits[k] ?? 0) / sums.weight : 0
    case .precision: return mean(sums.classes.map(\.precision), metric) ?? 0
    case .recall: return mean(sums.classes.map(\.recall), metric) ?? 0
    case .f1: return mean(sums.classes.map(\.f1), metric) ?? 0
    case .rocAUC, .prAUC:
      if areas[metric.kind] == nil {
        areas[metric.kind] = sums.classes.indices.map { index in
          guard let samples else { return nil }
          let sweep = ThresholdSweep(samples, of: index)
          return metric.kind == .rocAUC ? sweep.rocArea : sweep.averagePrecision
        }
      }
      return mean(areas[metric.kind] ?? [], metric)
    }
  }

  private func mean(_ figures: [Double?], _ metric: Metric) -> Double? {
    switch metric.average {
    case nil where figures.count == 2: figures[1]
    case nil, .macro?: classMean(figures)
    case .weighted?: classMean(figures, weights: sums.classes.map(\.support))
    }
  }
}

/// Its progress, in a checkpoint: the sums as JSON, every sample's numbers as a tensor, which is large.
extension MetricTally: Codable {
  private enum CodingKeys: String, CodingKey { case metrics, outputs, sums }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let outputs = try container.decode(Int.self, forKey: .outputs)
    let sums = try container.decode(Sums.self, forKey: .sums)
    guard outputs >= 1, sums.classes.count == max(2, outputs), sums.count >= 0 else {
      throw DecodingError.dataCorruptedError(
        forKey: .sums, in: container, debugDescription: "expected sums of \(outputs) outputs, got others")
    }
    self.init(try container.decode([Metric].self, forKey: .metrics), outputCount: outputs)
    self.sums = sums
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(metrics, forKey: .metrics)
    try container.encode(outputCount, forKey: .outputs)
    try container.encode(sums, forKey: .sums)
  }

  /// Every sample's weight, class and outputs, `[samples, outputs + 2]`; nil where sums are enough, or there
  /// are no samples yet.
  package var tensor: Tensor? {
    guard let samples, samples.count > 0 else { return nil }
    var values: [Float] = []
    values.reserveCapacity(samples.count * (outputCount + 2))
    for sample in 0..<samples.count {
      values.append(Float(samples.weight(of: sample)))
      values.append(Float(samples.labels[sample]))
      values += samples.row(sample)
    }
    return Tensor(shape: [samples.count, outputCount + 2], values: values)
  }

  /// The same with the samples of ``tensor``, which the JSON leaves out.
  ///
  /// - Returns: nil if they aren't those that the sums were computed from, by their number and shape.
  package func restoring(_ tensor: Tensor?) -> MetricTally? {
    guard samples != nil, count > 0 else { return tensor == nil ? self : nil }
    guard let tensor, tensor.shape == [count, outputCount + 2] else { return nil }
    var restored = ScoredSamples(outputCount: outputCount)
    for row in stride(from: 0, to: tensor.values.count, by: outputCount + 2) {
      let (weight, label) = (tensor.values[row], tensor.values[row + 1])
      guard weight >= 0, weight.isFinite, let label = Int(exactly: label),
        sums.classes.indices.contains(label)
      else { return nil }
      restored.append(
        tensor.values[row + 2..<row + outputCount + 2], label: label, weight: weight)
    }
    var tally = self
    tally.samples = restored
    return tally
  }
}
