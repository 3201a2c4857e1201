public import WhiskerDatasets
import WhiskerLayers
import WhiskerSystem
public import WhiskerTensors

/// How a model does on some data.
public struct Evaluation: Hashable, Sendable {
  /// How one class fares.
  public struct ClassScore: Hashable, Sendable {
    /// The class's name, or its number where classes have no names.
    public var name: String
    /// Samples of the class.
    public var count: Int
    /// How many of them were classified correctly.
    public var correct: Int
  }

  /// The mean loss, penalties included; with sample weights `Σ wᵢlᵢ / N`, as in Keras.
  public var loss: Double
  /// The fraction of samples classified correctly, whatever their weights.
  public var accuracy: Double
  /// What the model was compiled to measure besides the accuracy, over all samples and by their weights.
  public var metrics: MetricValues
  /// The number of samples.
  public var count: Int
  /// Each class, in the order of the labels.
  public var classes: [ClassScore]
  /// Which samples of the data these are.
  public var indices: [Int]
  /// The number of each sample's class.
  public var labels: [Int]
  /// The network's outputs for each sample, `[N, K]`.
  public var predictions: Tensor

  /// The mean of the classes' recalls, without those that have no samples; each sample counts as 1.
  public var balancedAccuracy: Double {
    classMean(classes.map { $0.count > 0 ? Double($0.correct) / Double($0.count) : nil }) ?? 0
  }

  /// The samples of each class.
  public var classBalance: ClassBalance { ClassBalance(classes.map(\.count)) }
}

extension Model {
  /// Measures the model on some data, each sample once and in order.
  ///
  /// - Parameters:
  ///   - data: The samples.
  ///   - steps: Batches to use, at least 1, spread evenly over the data; nil for all.
  ///   - augmentation: How else each sample is shown besides as it is: probabilities and losses are the mean of
  ///     all. Nil for nothing; ``TestTimeAugmentation/crops`` are cut from photos that are decoded for them, and can't be had of
  ///     samples that are there already.
  ///   - onStep: Called after each batch.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the model isn't compiled or the data doesn't fit it;
  ///   ``WhiskerSystem/WhiskerError`` with `invalidSetting`.
  public func evaluate(
    _ data: any BatchSource, steps: Int? = nil, augmentation: TestTimeAugmentation? = nil,
    onStep: (_ step: Int, _ steps: Int) async throws -> Void = { _, _ in }
  ) async throws -> Evaluation {
    try requireSetting(steps ?? 1 >= 1, "steps", expected: "at least 1", got: steps ?? 0)
    let compiled = try CompiledModel(self)
    try compiled.check(data)
    try augmentation?.check(samples: data.sampleShape, (data as? PhotoDataset)?.preparation)
    try requireSetting(
      augmentation != .crops, "test-time augmentation",
      expected: "flip for photos that have the model's size already", got: "crops")
    var measuring = Measuring(
      outputs: compiled.output, metrics: compiled.metrics, classNames: data.classNames)
    let batches = data.evaluationBatches(batchSize: nil, steps: steps)
    var step = 0
    for try await batch in batches {
      try Task.checkCancellation()
      measuring.add(try await compiled.evaluate(batch, augmentation: augmentation), of: batch)
      step += 1
      try await onStep(step, batches.count ?? step)
    }
    return measuring.evaluation
  }

  /// Measures the model on photos that are decoded as they are needed, and kept no longer.
  ///
  /// - Parameters:
  ///   - photos: The photos; the outcome of each is then in ``WhiskerDatasets/PhotoPass/outcome``.
  ///   - augmentation: As for other data.
  ///   - isStrict: Whether a photo that can't be read is an error.
  /// - Throws: As for other data; ``WhiskerSystem/WhiskerError`` with `unreadablePhotos` or `emptyClass`.
  public func evaluate(
    _ photos: PhotoPass, augmentation: TestTimeAugmentation? = nil, isStrict: Bool = false
  ) async throws -> Evaluation {
    try await AveragedModels([self], places: [0]).evaluate(
      photos, augmentation: augmentation, isStrict: isStrict
    ).average
  }

  /// The model's probabilities for images.
  ///
  /// - Parameters:
  ///   - images: `[N, …]`, prepared as the training data was.
  ///   - batchSize: How many to compute at once, at least 1: more take more memory.
  /// - Returns: `[N, K]`.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the model isn't compiled or the images don't fit it;
  ///   ``WhiskerSystem/WhiskerError`` with `invalidSetting`.
  public func predict(_ images: Tensor, batchSize: Int = 32) async throws -> Tensor {
    try requireSetting(batchSize >= 1, "batch size", expected: "at least 1", got: batchSize)
    let compiled = try CompiledModel(self)
    guard images.shape.rank >= 1, images.shape.withoutBatch == input, images.shape[0] > 0 else {
      throw WhiskerError(.dataMismatch, "images", expected: "[N] of \(input)", got: "\(images.shape)")
    }
    return try await compiled.predict(images, batchSize: min(batchSize, images.shape[0]))
  }
}

extension Model {
  /// A layer's result for images, and the gradient of a score with respect to it, computed for inference and
  /// not for training.
  ///
  /// The score of an image is `Σ selection · s`, where `s` is what a final sigmoid or softmax is taken of, otherwise the
  /// outputs themselves.
  ///
  /// - Parameters:
  ///   - layer: The layer's position in the network.
  ///   - images: `[N, …]`.
  ///   - selection: `[N, K]`.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the model isn't compiled, or the engine fails.
  package func attention(
    to layer: Int, images: Tensor, selection: Tensor
  ) async throws -> (features: Tensor, gradients: Tensor) {
    let compiled = try CompiledModel(self)
    return try await compiled.attention(to: layer, images: images, selection: selection)
  }
}

/// Adds up the results of the batches.
struct Measuring {
  private let output: Shape
  private var tally = Tally()
  private var metrics: MetricTally?
  private var classes: ClassCounts
  private var indices: [Int] = []
  private var outputs: [Float] = []

  /// - Parameters:
  ///   - outputs: The shape of one sample's outputs.
  ///   - metrics: What to measure besides the accuracy.
  init(outputs: Shape, metrics: [Metric], classNames: [String]) {
    output = outputs
    self.metrics = MetricTally(beside: metrics, outputCount: outputs[0])
    classes = ClassCounts(outputs: outputs[0], names: classNames)
  }

  mutating func add(_ result: CompiledModel.BatchResult, of batch: Batch) {
    tally.add(result)
    metrics?.add(result.predictions, of: batch)
    classes.add(result.predictions, labels: batch.labels)
    indices += batch.indices
    outputs += result.predictions.values
  }

  var evaluation: Evaluation {
    Evaluation(
      loss: tally.loss, accuracy: tally.accuracy, metrics: metrics?.values ?? [:], count: tally.count,
      classes: classes.scores,
      indices: indices, labels: classes.labels,
      predictions: Tensor(shape: output.batched(indices.count), values: outputs))
  }
}

/// Counts correct predictions for each class.
private struct ClassCounts {
  private(set) var labels: [Int] = []
  private var counts: [(name: String, count: Int, correct: Int)]

  init(outputs: Int, names: [String]) {
    let count = max(2, outputs)
    counts = (0..<count).map { ($0 < names.count ? names[$0] : "\($0)", 0, 0) }
  }

  var scores: [Evaluation.ClassScore] {
    counts.map { .init(name: $0.name, count: $0.count, correct: $0.correct) }
  }

  mutating func add(_ predictions: Tensor, labels: Tensor) {
    let columns = predictions.shape[1]
    for row in 0..<predictions.shape[0] {
      let predicted = Prediction.classIndex(of: predictions.values[row * columns..<(row + 1) * columns])
      let actual = Prediction.label(row, of: labels, outputs: columns)
      self.labels.append(actual)
      guard counts.indices.contains(actual) else { continue }
      counts[actual].count += 1
      if predicted == actual { counts[actual].correct += 1 }
    }
  }
}
