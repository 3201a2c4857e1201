import WhiskerDatasets
import WhiskerSystem
import WhiskerTensors

/// What a model is shown besides the photo itself when it is measured; the probabilities are averaged.
public enum TestTimeAugmentation: String, Hashable, Sendable, CaseIterable {
  /// The photo and its mirror image, left and right exchanged.
  case flip

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
        expected: "photos that aren't whitened", got: "whitened ones", note: "they can't be mirrored")
    }
  }

  /// The batch with every photo changed.
  func changed(_ batch: Batch) -> Batch {
    Batch(
      images: Self.mirrored(batch.images), labels: batch.labels, weights: batch.weights,
      indices: batch.indices)
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
