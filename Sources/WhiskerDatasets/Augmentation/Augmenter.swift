package import WhiskerImages
package import WhiskerTensors

/// Applies an ``Augmentation`` to photos, one after another; each loader thread has its own.
///
/// It allocates what it needs once, so that no photo costs an allocation.
package final class Augmenter {
  private let augmentation: Augmentation
  private let key: RandomKey
  private let height: Int
  private let width: Int
  private let rescale: Float
  private var mixer: BatchMixer
  private var stage = PixelStage()

  /// An augmenter that gives photos the size of a preparation.
  ///
  /// - Parameter seed: What the draws of all photos are derived from.
  package init(_ augmentation: Augmentation, seed: UInt64, preparation: PhotoPreparation) {
    self.augmentation = augmentation
    key = RandomKey(seed: seed).derived("augmentation")
    height = preparation.height
    width = preparation.width
    rescale = preparation.rescale
    mixer = BatchMixer(preparation)
  }

  /// Writes the input values of one use of a photo.
  ///
  /// - Parameters:
  ///   - photo: The photo, of the preparation's size or larger, so that windows of it are sharper; all changes are as for one of
  ///     that size.
  ///   - sample: Which use it is.
  ///   - values: Room for `height × width × channels` values.
  package func write(
    _ photo: PixelView, _ sample: SampleDraw, into values: UnsafeMutableBufferPointer<Float>
  ) {
    write(photo, draw(sample), into: values)
  }

  /// What is done to one use of a photo.
  package func draw(_ sample: SampleDraw) -> AugmentationDraw {
    augmentation.draw(key(of: sample), height: height, width: width)
  }

  /// Mixes the photos of a batch, if the settings ask for it.
  ///
  /// - Parameters:
  ///   - images: Input values `[N, height, width, channels]`.
  ///   - samples: What the batch holds.
  package func mix(images: UnsafeMutableBufferPointer<Float>, of samples: [SampleDraw]) {
    if augmentation.mixesLabels { mixer.mixImages(mixDraws(samples), images) }
  }

  /// Mixes the labels of a batch as its photos were, and its weights.
  ///
  /// The part of each photo counts with the weight of that photo: a sample made of parts `p` and `1 − p` of photos
  /// with weights `v` and `w` has the weight `pv + (1 − p)w` and, of their labels `a` and `b`, the label
  /// `(pva + (1 − p)wb) / (pv + (1 − p)w)`, so that a loss that is linear in the label is the sum of its parts.
  ///
  /// - Parameters:
  ///   - labels: `[N]` or `[N, classes]`; parts of classes afterwards.
  ///   - weights: `[N]`, if samples have any.
  ///   - samples: What the batch holds.
  package func mix(labels: inout Tensor, weights: inout Tensor?, of samples: [SampleDraw]) {
    guard augmentation.mixesLabels else { return }
    let draws = mixDraws(samples)
    guard var mixedWeights = weights else { return mixer.mixLabels(draws, &labels.values) }
    let classes = labels.values.count / max(1, samples.count)
    for place in labels.values.indices { labels.values[place] *= mixedWeights.values[place / classes] }
    mixer.mixLabels(draws, &labels.values)
    mixer.mixLabels(draws, &mixedWeights.values)
    for place in labels.values.indices where mixedWeights.values[place / classes] > 0 {
      labels.values[place] /= mixedWeights.values[place / classes]
    }
    weights = mixedWeights
  }

  private func mixDraws(_ samples: [SampleDraw]) -> [MixDraw] {
    samples.compactMap { augmentation.mixDraw(key(of: $0), height: height, width: width) }
  }

  private func key(of sample: SampleDraw) -> RandomKey {
    key.derived(UInt64(sample.pass)).derived(UInt64(sample.index))
  }

  /// Writes the input values of a photo to which `draw` is done.
  package func write(
    _ photo: PixelView, _ draw: AugmentationDraw, into values: UnsafeMutableBufferPointer<Float>
  ) {
    stage.withChanged(photo, draw, scale: Float(photo.width) / Float(width)) { warp($0, draw, into: values) }
    if let erasing = draw.erasing {
      erasing.paint(values, width: width, channels: photo.channels, rescale: rescale)
    }
  }

  /// The one pass.
  private func warp(
    _ photo: PixelView, _ draw: AugmentationDraw, into values: UnsafeMutableBufferPointer<Float>
  ) {
    var map = draw.map(height: height, width: width, kerasExact: augmentation.kerasExact)
    if photo.height != height || photo.width != width {
      let whole = AffineMap.crop(
        top: 0, left: 0, height: Double(photo.height), width: Double(photo.width), toHeight: height,
        width: width)
      map = whole.composed(with: map)
    }
    var warp = PhotoWarp(
      map: map,
      sampling: augmentation.interpolation, fill: augmentation.fillMode, fillValue: augmentation.cval,
      scale: rescale)
    guard augmentation.kerasExact, draw.channelShift != nil || draw.brightness != nil else {
      warp.color = draw.colorMap { photo.meanColor }
      return warp.write(photo, height: height, width: width, into: values)
    }
    var others = draw
    (others.channelShift, others.brightness) = (nil, nil)
    warp.color = others.colorMap { photo.meanColor }
    warp.scale = 1
    warp.write(photo, height: height, width: width, into: values)
    KerasColors.apply(draw, to: values, rescale: rescale)
  }
}
