public import WhiskerTensors

/// Some samples and their labels, as a network takes them.
public struct Batch: Hashable, Sendable {
  /// The inputs, `[N, H, W, C]` for photos.
  public let images: Tensor
  /// The labels, `[N]` or `[N, classes]`.
  public let labels: Tensor
  /// Which samples of the dataset these are.
  public let indices: [Int]

  /// A batch; the three hold as many samples each.
  public init(images: Tensor, labels: Tensor, indices: [Int]) {
    precondition(
      images.shape[0] == indices.count && labels.shape[0] == indices.count, "a batch's parts differ")
    self.images = images
    self.labels = labels
    self.indices = indices
  }

  /// The number of samples, N.
  public var count: Int { indices.count }
}
