package import WhiskerDatasets
import WhiskerSystem
import WhiskerTensors

/// What a model is shown besides the photo itself, or instead of it; the probabilities are averaged.
public enum TestTimeAugmentation: String, Hashable, Sendable, CaseIterable {
  /// The photo and its mirror image, left and right exchanged: 2 views.
  case flip
  /// The four corners and the centre, and those of the mirror image: 10 views (Krizhevsky, Sutskever and Hinton, "ImageNet
  /// classification with deep convolutional neural networks", 2012; torchvision's `TenCrop`).
  ///
  /// They are of the model's height h and width w, from the whole photo resized to `round(8/7 · h)` × `round(8/7 · w)`, as
  /// 256 is to 224; the centre begins at half the rest, a half rounded to even. Each is standardized on its own.
  case crops

  /// How many views there are.
  package var viewCount: Int { self == .flip ? 2 : 10 }

  /// The size that photos are decoded to for crops of a side.
  private static func enlarged(_ side: Int) -> Int { Int((Double(side) * 8 / 7).rounded()) }

  /// How photos are decoded, and not finished yet for crops, for a model that takes them prepared this way.
  package func source(of preparation: PhotoPreparation) -> PhotoPreparation {
    guard self == .crops else { return preparation }
    var source = preparation
    source.height = Self.enlarged(preparation.height)
    source.width = Self.enlarged(preparation.width)
    (source.offsets, source.channelOrder, source.standardization) = (nil, .rgb, nil)
    return source
  }

  /// Checks that samples can be changed so.
  func check(samples: Shape, _ preparation: PhotoPreparation?) throws(WhiskerError) {
    guard samples.rank == 3 else {
      throw WhiskerError(
        .invalidSetting, "test-time augmentation",
        expected: "photos [H, W, C]", got: "samples \(samples)")
    }
    if preparation?.standardization?.whitening != nil {
      throw WhiskerError(
        .invalidSetting, "test-time augmentation",
        expected: "photos that aren't whitened", got: "whitened ones",
        note: self == .flip ? "they can't be mirrored" : "they can't be mirrored or cropped")
    }
  }

  /// The batch as one of the views, the mirrored ones last.
  ///
  /// - Parameters:
  ///   - batch: Photos that were decoded by ``source(of:)``.
  ///   - preparation: How the model takes photos; not needed for mirror images.
  package func view(_ index: Int, of batch: Batch, _ preparation: PhotoPreparation?) -> Batch {
    switch (self, preparation) {
    case (.crops, let preparation?):
      return batch.with(Self.crop(index, of: batch.images, preparation))
    case (.crops, nil): preconditionFailure("crops of photos whose preparation isn't known")
    case (.flip, _): return index == 0 ? batch : batch.with(Self.mirrored(batch.images))
    }
  }

  /// The crops of photos `[N, H, W, C]`, finished as a model takes them.
  private static func crop(_ index: Int, of images: Tensor, _ preparation: PhotoPreparation) -> Tensor {
    let (height, width) = (preparation.height, preparation.width)
    let (rows, columns, channels) = (images.shape[1], images.shape[2], images.shape[3])
    let (rest, side) = (rows - height, columns - width)
    let places = [
      (0, 0), (0, side), (rest, 0), (rest, side),
      (Int((Double(rest) / 2).rounded(.toNearestOrEven)), Int((Double(side) / 2).rounded(.toNearestOrEven))),
    ]
    let isMirrored = index >= places.count
    let (top, place) = places[index % places.count]
    // What is at the left of the mirror image is at the right of the photo.
    let left = isMirrored ? side - place : place
    let size = height * width * channels
    let values = [Float](unsafeUninitializedCapacity: images.shape[0] * size) { values, count in
      images.values.withUnsafeBufferPointer { source in
        for photo in 0..<images.shape[0] {
          for row in 0..<height {
            let from = ((photo * rows + top + row) * columns + left) * channels
            let target = UnsafeMutableBufferPointer(
              rebasing: values[
                photo * size + row * width * channels..<photo * size + (row + 1) * width * channels])
            _ = target.initialize(from: source[from..<from + width * channels])
          }
          preparation.finish(UnsafeMutableBufferPointer(rebasing: values[photo * size..<(photo + 1) * size]))
        }
      }
      count = images.shape[0] * size
    }
    let crops = Tensor(shape: preparation.sampleShape.batched(images.shape[0]), values: values)
    return isMirrored ? mirrored(crops) : crops
  }

  /// Photos `[N, H, W, C]` with left and right exchanged.
  private static func mirrored(_ images: Tensor) -> Tensor {
    let (width, channels) = (images.shape[2], images.shape[3])
    let values = [Float](unsafeUninitializedCapacity: images.values.count) { values, count in
      images.values.withUnsafeBufferPointer { source in
        for start in stride(from: 0, to: source.count, by: width * channels) {
          for column in 0..<width {
            let (from, to) = (start + column * channels, start + (width - 1 - column) * channels)
            for channel in 0..<channels {
              values.initializeElement(at: to + channel, to: source[from + channel])
            }
          }
        }
      }
      count = images.values.count
    }
    return Tensor(shape: images.shape, values: values)
  }
}

extension Batch {
  /// The same samples with other images.
  fileprivate func with(_ images: Tensor) -> Batch {
    Batch(images: images, labels: labels, weights: weights, indices: indices)
  }
}
