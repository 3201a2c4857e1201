import WhiskerSystem
import WhiskerTensors

/// Makes batches of photos from the cache; one for each loader thread.
final class PhotoBatchMaker {
  private let reader: PhotoCache.Reader
  private let sample: Shape
  /// The place of each sample in the cache.
  private let places: [Int]
  private let labels: SampleLabels
  private let buffers: BatchBuffers
  private let writer: SampleWriter

  init(
    _ cache: PhotoCache, places: [Int], labels: SampleLabels, buffers: BatchBuffers, writer: SampleWriter
  ) {
    reader = PhotoCache.Reader(cache)
    sample = writer.sampleShape
    self.places = places
    self.labels = labels
    self.buffers = buffers
    self.writer = writer
  }

  /// The batch of the given samples.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `unreadablePhotos` if a photo can't be read any more.
  func batch(of draws: [SampleDraw]) throws(WhiskerError) -> Batch {
    let (values, lease) = try buffers.filled(count: draws.count * sample.count) {
      values throws(WhiskerError) in
      for (row, draw) in draws.enumerated() {
        let places = values.row(row, of: sample.count)
        try reader.withPixels(of: self.places[draw.index]) { writer.write($0, draw, into: places) }
      }
      writer.augmenter?.mix(images: values, of: draws)
    }
    let indices = draws.map(\.index)
    let images = Tensor(shape: sample.batched(draws.count), values: values)
    var labels = labels.labels(of: indices, images: images)
    var weights = self.labels.weights(of: indices)
    writer.augmenter?.mix(labels: &labels, weights: &weights, of: draws)
    return Batch(images: images, labels: labels, weights: weights, indices: indices, lease: lease)
  }
}
