import WhiskerTensors

/// What is known about each sample besides its pixels: its class, and how much it counts.
struct SampleLabels: Sendable {
  let mode: ClassMode
  /// The number of classes.
  let classCount: Int
  /// The class of each sample.
  let classIndices: [Int]
  /// The weight of each sample, if samples have any.
  let weights: [Float]?

  /// The labels of a batch.
  ///
  /// - Parameter images: The batch's images, which are their own labels in the mode `input`.
  func labels(of indices: [Int], images: Tensor) -> Tensor {
    let shape = mode.labelShape(classes: classCount, sample: images.shape.withoutBatch).batched(indices.count)
    switch mode {
    case .binary, .sparse: return Tensor(shape: shape, values: indices.map { Float(classIndices[$0]) })
    case .categorical:
      var labels = Tensor(shape: shape)
      for (row, index) in indices.enumerated() { labels.values[row * classCount + classIndices[index]] = 1 }
      return labels
    case .input: return images
    case .unlabeled: return Tensor(shape: shape)
    }
  }

  /// The weights of a batch, `[N]`.
  func weights(of indices: [Int]) -> Tensor? {
    weights.map { weights in Tensor(shape: [indices.count], values: indices.map { weights[$0] }) }
  }
}
