public import WhiskerSystem
public import WhiskerTensors

/// Samples that are in memory already.
public struct ArrayDataset: BatchSource {
  /// The inputs, `[samples, …]`.
  public let images: Tensor
  /// The labels, `[samples, …]`.
  public let labels: Tensor
  /// How much each sample counts in the loss, `[samples]`; nil counts each as 1.
  public let weights: Tensor?
  /// The number of samples in a training batch.
  public let batchSize: Int
  /// The names of the classes in the order of their labels; may be empty.
  public let classNames: [String]
  /// How training samples are drawn.
  public let sampling: ClassSampling
  private let key: RandomKey?
  /// The class of each sample, where sampling goes by it; else as many zeros.
  private let classIndices: [Int]

  /// A dataset of the given samples.
  ///
  /// - Parameters:
  ///   - images: The inputs, one sample per place of the first axis.
  ///   - labels: A label for each.
  ///   - weights: How much each counts in the loss, at least 0.
  ///   - batchSize: Samples in a training batch.
  ///   - classNames: The names of the classes, if they have any.
  ///   - shuffle: Whether each training pass is shuffled differently.
  ///   - seed: What the orders are drawn from.
  ///   - sampling: How training samples are drawn; `balanced` takes labels `[samples]`, the numbers of classes, or
  ///     `[samples, classes]`, of which the likeliest counts.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`: no samples, another number of labels or weights, a
  ///   weight below 0, a batch size below 1, or balanced sampling of labels that aren't classes.
  public init(
    images: Tensor, labels: Tensor, weights: Tensor? = nil, batchSize: Int = 32, classNames: [String] = [],
    shuffle: Bool = true, seed: UInt64 = 0, sampling: ClassSampling = .natural
  ) throws(WhiskerError) {
    guard let count = images.shape.sizes.first, count > 0 else {
      throw WhiskerError(
        .invalidSetting, "images", expected: "at least 1 sample", got: "shape \(images.shape)")
    }
    guard labels.shape.sizes.first == count else {
      throw WhiskerError(
        .invalidSetting, "labels", expected: "\(count) of them", got: "shape \(labels.shape)")
    }
    if let weights { try checkWeights(weights.values, count: count) }
    try checkBatchSize(batchSize, of: images.shape.withoutBatch)
    self.images = images
    self.labels = labels
    self.weights = weights
    self.batchSize = batchSize
    self.classNames = classNames
    self.sampling = sampling
    classIndices = sampling == .balanced ? try Self.classes(in: labels) : Array(repeating: 0, count: count)
    key = shuffle ? .shuffling(seed: seed) : nil
  }

  /// The class of each sample, by its label.
  private static func classes(in labels: Tensor) throws(WhiskerError) -> [Int] {
    let columns = labels.shape.rank == 2 ? labels.shape[1] : 1
    guard 1...2 ~= labels.shape.rank, columns > 0, labels.values.allSatisfy({ $0 >= 0 && $0 < 0x1p24 })
    else {
      throw WhiskerError(
        .invalidSetting, "sampling", expected: "labels that are classes for balanced sampling",
        got: "labels of shape \(labels.shape.withoutBatch)")
    }
    if columns == 1 { return labels.values.map { Int($0.rounded()) } }
    return stride(from: 0, to: labels.values.count, by: columns).map { start in
      let row = labels.values[start..<start + columns]
      return (row.indices.max { row[$0] < row[$1] } ?? start) - start
    }
  }

  /// The number of samples.
  public var count: Int { images.shape[0] }

  /// The shape of one sample.
  public var sampleShape: Shape { images.shape.withoutBatch }

  /// The shape of one sample's label.
  public var labelShape: Shape { labels.shape.withoutBatch }

  /// The endless stream of training batches; see ``BatchSource/trainingBatches(fromStep:)``.
  public func trainingBatches(fromStep step: Int) -> BatchSequence {
    batches(
      .training(sampling, classIndices: classIndices, batchSize: batchSize, key: key, fromStep: step))
  }

  /// Every sample once, in order; see ``BatchSource/evaluationBatches(batchSize:steps:)``.
  public func evaluationBatches(batchSize: Int?, steps: Int?) -> BatchSequence {
    batches(.evaluation(count: count, batchSize: batchSize ?? self.batchSize, steps: steps))
  }

  private func batches(_ plan: BatchPlan) -> BatchSequence {
    // Copying rows is too little work for threads.
    let buffers = BatchBuffers(keeping: 2)
    return BatchSequence(plan, threads: 0, buffers: buffers) {
      { draws in
        let indices = draws.map(\.index)
        let (values, lease) = buffers.filled(count: indices.count * sampleShape.count) {
          images.copyRows(indices, into: $0)
        }
        return Batch(
          images: Tensor(shape: sampleShape.batched(indices.count), values: values),
          labels: labels.rows(indices),
          weights: weights?.rows(indices), indices: indices, lease: lease)
      }
    }
  }
}

extension Tensor {
  /// The given places of the first axis, one after another.
  fileprivate func rows(_ indices: [Int]) -> Tensor {
    let shape = shape.withoutBatch.batched(indices.count)
    let values = [Float](unsafeUninitializedCapacity: shape.count) { target, count in
      copyRows(indices, into: target)
      count = shape.count
    }
    return Tensor(shape: shape, values: values)
  }

  fileprivate func copyRows(_ indices: [Int], into target: UnsafeMutableBufferPointer<Float>) {
    let size = shape.withoutBatch.count
    values.withUnsafeBufferPointer { source in
      for (row, index) in indices.enumerated() {
        let places = target.row(row, of: size)
        _ = places.initialize(fromContentsOf: source[index * size..<(index + 1) * size])
      }
    }
  }
}

extension RandomKey {
  /// The key of the orders of a dataset's training passes.
  static func shuffling(seed: UInt64) -> RandomKey { RandomKey(seed: seed).derived("shuffle") }
}

/// Checks a batch size.
///
/// - Parameter sample: the shape of a sample; a batch of them must fit an eighth of memory, as several are under way.
func checkBatchSize(_ batchSize: Int, of sample: Shape) throws(WhiskerError) {
  let bytes = max(1, sample.count * MemoryLayout<Float>.stride)
  let largest = min(1_000_000, max(1, CacheMemory.physicalMemory / 8 / bytes))
  guard (1...largest).contains(batchSize) else {
    throw WhiskerError(
      .invalidSetting, "batch size",
      expected: "1 to \(largest) samples \(sample) on this machine", got: "\(batchSize)")
  }
}

/// Checks the weights of samples.
func checkWeights(_ weights: [Float], count: Int) throws(WhiskerError) {
  guard weights.count == count else {
    throw WhiskerError(.invalidSetting, "weights", expected: "\(count) of them", got: "\(weights.count)")
  }
  if let wrong = weights.first(where: { !($0 >= 0 && $0.isFinite) }) {
    throw WhiskerError(.invalidSetting, "weights", expected: "numbers of at least 0", got: "\(wrong)")
  }
}
