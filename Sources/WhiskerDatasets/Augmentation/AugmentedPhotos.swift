public import WhiskerImages
public import WhiskerSystem
public import WhiskerTensors

extension Augmentation {
  /// One photo, changed differently for each element: an endless sequence of batches of one.
  ///
  /// ```swift
  /// for (number, batch) in try augmentation.flow(photo, seed: 0).prefix(4).enumerated() {
  ///   try Photo(batch.reshaped(photo.shape)).write(to: URL(fileURLWithPath: "augmented-\(number).png"))
  /// }
  /// ```
  /// mixup and CutMix take several photos, and leave this one alone.
  ///
  /// - Parameters:
  ///   - photo: The photo, whose size remains.
  ///   - seed: What the changes are drawn from.
  ///   - rescale: What each level, 0 to 255, is multiplied by.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`.
  public func flow(_ photo: Photo, seed: UInt64 = 0, rescale: Float = 1 / 255) throws(WhiskerError)
    -> AugmentedPhotos
  {
    try validate()
    let preparation = PhotoPreparation(
      height: photo.height, width: photo.width, channels: photo.channels, rescale: rescale)
    try preparation.validate()
    return AugmentedPhotos(photo: photo, augmentation: self, seed: seed, preparation: preparation)
  }
}

/// The endless sequence of changed versions of one photo, `[1, height, width, channels]` each; made by
/// ``Augmentation/flow(_:seed:rescale:)``.
public struct AugmentedPhotos: Sequence, Sendable {
  let photo: Photo
  let augmentation: Augmentation
  let seed: UInt64
  let preparation: PhotoPreparation

  /// Begins with the first version.
  public func makeIterator() -> Iterator { Iterator(self) }

  /// What is drawn for the version of a number, from 0.
  public func draw(of number: Int) -> AugmentationDraw { makeIterator().augmenter.draw(sample(number)) }

  private func sample(_ number: Int) -> SampleDraw { SampleDraw(index: 0, pass: number) }

  /// Returns one version after another.
  public struct Iterator: IteratorProtocol {
    private let photos: AugmentedPhotos
    fileprivate let augmenter: Augmenter
    private var number = 0

    fileprivate init(_ photos: AugmentedPhotos) {
      self.photos = photos
      augmenter = Augmenter(photos.augmentation, seed: photos.seed, preparation: photos.preparation)
    }

    /// The next version; there always is one.
    public mutating func next() -> Tensor? {
      var tensor = Tensor(shape: photos.photo.shape.batched(1))
      photos.photo.withPixelView { view in
        tensor.values.withUnsafeMutableBufferPointer {
          augmenter.write(view, photos.sample(number), into: $0)
        }
      }
      number += 1
      return tensor
    }
  }
}
