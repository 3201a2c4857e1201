package import WhiskerImages
import WhiskerTensors

/// Applies an ``Augmentation`` to photos, one after another; each loader thread has its own.
///
/// What it needs it allocates once, so that no photo costs an allocation.
package final class Augmenter {
  private let augmentation: Augmentation
  private let key: RandomKey
  private let height: Int
  private let width: Int
  private let rescale: Float

  /// An augmenter of photos that have the size of a preparation.
  ///
  /// - Parameter seed: What the draws of all photos are derived from.
  package init(_ augmentation: Augmentation, seed: UInt64, preparation: PhotoPreparation) {
    self.augmentation = augmentation
    key = RandomKey(seed: seed).derived("augmentation")
    height = preparation.height
    width = preparation.width
    rescale = preparation.rescale
  }

  /// Writes the input values of one use of a photo.
  ///
  /// - Parameters:
  ///   - photo: The photo, resized.
  ///   - sample: Which use it is.
  ///   - values: Room for `height × width × channels` values.
  package func write(
    _ photo: PixelView, _ sample: SampleDraw, into values: UnsafeMutableBufferPointer<Float>
  ) {
    let key = key.derived(UInt64(sample.pass), UInt64(sample.index))
    write(photo, augmentation.draw(key, height: height, width: width), into: values)
  }

  /// Writes the input values of a photo to which `draw` is done.
  package func write(
    _ photo: PixelView, _ draw: AugmentationDraw, into values: UnsafeMutableBufferPointer<Float>
  ) {
    let map = draw.map(height: height, width: width, kerasExact: augmentation.kerasExact)
    var warp = PhotoWarp(
      map: map, sampling: augmentation.interpolation, fill: augmentation.fillMode,
      fillValue: augmentation.cval, scale: rescale)
    if augmentation.kerasExact, draw.channelShift != nil || draw.brightness != nil {
      var others = draw
      (others.channelShift, others.brightness) = (nil, nil)
      warp.color = others.colorMap { photo.meanColor }
      warp.scale = 1
      warp.write(photo, height: height, width: width, into: values)
      KerasColors.apply(draw, to: values, rescale: rescale)
    } else {
      warp.color = draw.colorMap { photo.meanColor }
      warp.write(photo, height: height, width: width, into: values)
    }
    if let erasing = draw.erasing {
      erasing.paint(values, width: width, channels: photo.channels, rescale: rescale)
    }
  }
}
