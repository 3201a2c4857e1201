import WhiskerImages
import WhiskerTensors

/// Makes batches of photos from the cache; one for each loader thread.
final class PhotoBatchMaker {
  private let reader: PhotoCache.Reader
  private let preparation: PhotoPreparation
  /// The place of each sample in the cache.
  private let places: [Int]
  private let labels: SampleLabels
  private let buffers: BatchBuffers
  /// Changes training photos; nil leaves them as they are.
  private let augmenter: Augmenter?

  init(
    _ cache: PhotoCache, places: [Int], labels: SampleLabels, buffers: BatchBuffers, augmenter: Augmenter?
  ) {
    reader = PhotoCache.Reader(cache)
    preparation = cache.preparation
    self.places = places
    self.labels = labels
    self.buffers = buffers
    self.augmenter = augmenter
  }

  /// The batch of the given samples.
  ///
  /// - Throws: ``DatasetError`` with code `unreadablePhotos` if a photo can't be read any more.
  func batch(of draws: [SampleDraw]) throws(DatasetError) -> Batch {
    let sample = preparation.sampleShape
    let (values, lease) = try buffers.filled(count: draws.count * sample.count) {
      values throws(DatasetError) in
      for (row, draw) in draws.enumerated() {
        let places = values.row(row, of: sample.count)
        try reader.withPixels(of: self.places[draw.index]) { write($0, of: draw, into: places) }
      }
      augmenter?.mix(images: values, of: draws)
    }
    let indices = draws.map(\.index)
    let images = Tensor(shape: sample.batched(draws.count), values: values)
    var labels = labels.labels(of: indices, images: images)
    augmenter?.mix(labels: &labels.values, of: draws)
    return Batch(
      images: images, labels: labels,
      weights: self.labels.weights(of: indices),
      indices: indices, lease: lease)
  }

  /// Writes the input values of one sample, all of them.
  private func write(
    _ pixels: PixelView, of draw: SampleDraw, into values: UnsafeMutableBufferPointer<Float>
  ) {
    guard let augmenter else { return preparation.convert(pixels.pixels, into: values) }
    augmenter.write(pixels, draw, into: values)
  }
}
