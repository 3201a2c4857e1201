import WhiskerImages
import WhiskerTensors

/// Makes the input values of one sample after another: augmentation, preprocessing, scale, standardization; one for each
/// loader thread.
struct SampleWriter {
  /// Augments training photos; nil leaves them as they are.
  let augmenter: Augmenter?
  private let preparation: PhotoPreparation
  private let preprocessing: PhotoFunction?
  /// How levels are written first: not scaled yet if they are preprocessed.
  private let scaling: PhotoPreparation

  init(
    _ preparation: PhotoPreparation, _ augmentation: Augmentation?, seed: UInt64,
    preprocessing: PhotoFunction?
  ) {
    var scaling = preparation
    if preprocessing != nil { scaling.rescale = 1 }
    augmenter = augmentation.map { Augmenter($0, seed: seed, preparation: scaling) }
    self.preparation = preparation
    self.preprocessing = preprocessing
    self.scaling = scaling
  }

  /// The shape of what is written.
  var sampleShape: Shape { preparation.sampleShape }

  /// Writes the input values of one use of a photo, all of them.
  func write(_ photo: PixelView, _ sample: SampleDraw, into values: UnsafeMutableBufferPointer<Float>) {
    if let augmenter {
      augmenter.write(photo, sample, into: values)
    } else if photo.height == preparation.height && photo.width == preparation.width {
      scaling.scale(photo.pixels, into: values)
    } else {
      photo.resized(
        height: preparation.height, width: preparation.width, interpolation: preparation.interpolation
      ).withPixelView { scaling.scale($0.pixels, into: values) }
    }
    if let preprocessing { preprocess(values, preprocessing) }
    preparation.finish(values)
  }

  private func preprocess(_ values: UnsafeMutableBufferPointer<Float>, _ function: PhotoFunction) {
    let shape = preparation.sampleShape
    let result = function(Tensor(shape: shape, values: Array(values)))
    precondition(result.shape == shape, "a preprocessed photo is \(result.shape), expected \(shape)")
    for (place, value) in result.values.enumerated() { values[place] = value * preparation.rescale }
  }
}
