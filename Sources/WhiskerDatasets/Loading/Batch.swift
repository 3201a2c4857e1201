public import WhiskerTensors

/// Some samples and their labels, as a network takes them.
public struct Batch: Sendable {
  /// The inputs, `[N, H, W, C]` for photos.
  public let images: Tensor
  /// The labels, `[N]` or `[N, classes]`; the images themselves for ``ClassMode/input``; `[N, 0]`, nothing for each
  /// sample, for ``ClassMode/unlabeled``.
  public let labels: Tensor
  /// How much each sample counts in the loss, `[N]`; nil counts each as 1.
  public let weights: Tensor?
  /// Which samples of the dataset these are.
  public let indices: [Int]
  /// Last, so that the images are released before their memory is returned.
  private let lease: BatchLease?

  /// A batch; its parts hold as many samples each.
  public init(images: Tensor, labels: Tensor, weights: Tensor? = nil, indices: [Int]) {
    self.init(images: images, labels: labels, weights: weights, indices: indices, lease: nil)
  }

  /// A batch whose images' memory is returned when its last copy is released.
  package init(images: Tensor, labels: Tensor, weights: Tensor?, indices: [Int], lease: BatchLease?) {
    precondition(
      images.shape[0] == indices.count && labels.shape[0] == indices.count, "a batch's parts differ")
    precondition(weights.map { $0.shape == [indices.count] } ?? true, "a batch's weights differ from it")
    self.images = images
    self.labels = labels
    self.weights = weights
    self.indices = indices
    self.lease = lease
  }

  /// The same images as other samples, with their labels.
  func labeled(_ labels: Tensor, weights: Tensor?, indices: [Int]) -> Batch {
    Batch(images: images, labels: labels, weights: weights, indices: indices, lease: lease)
  }

  /// The number of samples, N.
  public var count: Int { indices.count }
}

extension Batch: Hashable {
  /// Whether two batches hold the same samples, labels and weights.
  public static func == (a: Batch, b: Batch) -> Bool {
    a.indices == b.indices && a.images == b.images && a.labels == b.labels && a.weights == b.weights
  }

  /// Feeds the samples' numbers to the hasher.
  public func hash(into hasher: inout Hasher) { hasher.combine(indices) }
}
