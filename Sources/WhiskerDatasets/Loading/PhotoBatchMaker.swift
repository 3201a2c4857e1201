import WhiskerImages
import WhiskerTensors

/// Makes batches of photos from the cache; one for each loader thread.
final class PhotoBatchMaker {
  private let cache: PhotoCache
  /// The place of each sample in the cache.
  private let places: [Int]
  /// The class of each sample.
  private let classIndices: [Int]
  private let classCount: Int
  private let classMode: ClassMode
  /// Changes training photos; nil leaves them as they are.
  private let augmenter: Augmenter?
  private let decompressor = try? JPEGDecompressor()

  init(
    cache: PhotoCache, places: [Int], classIndices: [Int], classCount: Int, classMode: ClassMode,
    augmenter: Augmenter?
  ) {
    self.cache = cache
    self.places = places
    self.classIndices = classIndices
    self.classCount = classCount
    self.classMode = classMode
    self.augmenter = augmenter
  }

  /// The batch of the given samples.
  ///
  /// - Throws: ``DatasetError`` with code `unreadablePhotos` if a photo can't be read any more.
  func batch(of draws: [SampleDraw]) throws(DatasetError) -> Batch {
    let shape = cache.preparation.sampleShape.batched(draws.count)
    let size = cache.preparation.sampleShape.count
    var images = [Float](repeating: 0, count: shape.count)
    for (row, draw) in draws.enumerated() {
      try cache.withPixels(of: places[draw.index], reusing: decompressor) { pixels in
        images.withUnsafeMutableBufferPointer { images in
          write(
            pixels, of: draw,
            into: UnsafeMutableBufferPointer(rebasing: images[row * size..<(row + 1) * size]))
        }
      }
    }
    var labels = classMode.labels(of: draws.map { classIndices[$0.index] }, classes: classCount)
    augmenter?.mix(draws, images: &images, labels: &labels.values)
    return Batch(
      images: Tensor(shape: shape, values: images), labels: labels, indices: draws.map(\.index))
  }

  /// Writes the input values of one sample, all of them.
  private func write(_ pixels: PixelView, of draw: SampleDraw, into values: UnsafeMutableBufferPointer<Float>)
  {
    guard let augmenter else { return cache.preparation.convert(pixels.pixels, into: values) }
    augmenter.write(pixels, draw, into: values)
  }
}
