package import WhiskerImages

/// A photo at 32 × 32 pixels: so small that encoding again and resizing hardly show, large enough to distinguish photos.
///
/// Photos are near duplicates if a person would call them the same picture: encoded again, resized, flipped, turned by quarters or
/// cropped by a twentieth. Three comparisons decide, each more careful than the one before:
///
/// - The hashes (``PerceptualHash``), which show what is alike in the large, differ by at most ``largestDifference`` levels a
///   pixel, and by at most ``largestShare`` of the lesser contrast and ``largestHashShare`` of the lesser hash.
/// - Each pixel lies between the values around its place in the other photo (``Envelope``).
/// - One laid upon the other, nothing is different, however small (``PictureComparison``).
package struct Thumbnail {
  /// Pixels along a side.
  package static let side = 32
  /// Along a side of the means of two by two pixels, which are hashed.
  package static let coarseSide = 16
  /// The distance of near duplicates' hashes, at most, in levels of 0 to 255 a pixel.
  package static let largestDifference: Float = 16
  /// The same as a share of the lesser of the two contrasts, at most.
  static let largestShare: Float = 0.375
  /// The same as a share of what the lesser of the two hashes is without the mean, at most.
  static let largestHashShare: Float = 0.75
  /// The least contrast at which a photo can be recognised: flatter ones all look alike.
  static let leastContrast: Float = 2

  /// How a photo is read for its thumbnail.
  static let decoder: PhotoDecoder = {
    var decoder = PhotoDecoder()
    decoder.reducesJPEG = true
    decoder.reducedSides = 2
    return decoder
  }()
  static let size = PhotoSize(height: side, width: side, interpolation: .bilinear)

  /// Red, green and blue, row after row.
  let pixels: [UInt8]
  /// The luma, rounded.
  let luma: [UInt8]
  /// The standard deviation of the luma of the means.
  package let contrast: Float
  /// What it is compared by first.
  package let hash: PerceptualHash
  /// Whether the photo has no colour.
  package let isGray: Bool
  /// The distance of hashes beyond which no near duplicate of this photo can be.
  let reach: Float

  /// The thumbnail of a photo that was resized to ``size``.
  package init(_ photo: Photo) {
    let side = Self.side
    precondition(photo.shape == [side, side, 3], "a thumbnail has 32 × 32 × 3, not \(photo.shape)")
    let pixels = photo.pixels
    self.pixels = pixels
    let luma = (0..<side * side).map { place in
      Self.luma(Float(pixels[3 * place]), Float(pixels[3 * place + 1]), Float(pixels[3 * place + 2]))
    }
    self.luma = luma.map { UInt8($0.rounded()) }
    let means = Self.means(of: luma)
    let mean = means.reduce(0, +) / Float(means.count)
    contrast = (means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(means.count)).squareRoot()
    hash = PerceptualHash(luma: means)
    let pixel = min(Self.largestDifference, Self.largestShare * contrast)
    reach = min(Float(Self.coarseSide) * pixel, Self.largestHashShare * hash.lengthWithoutMean) * 1.0001
    // JPEG changes gray by a level or two.
    isGray = stride(from: 0, to: pixels.count, by: 3).allSatisfy { place in
      let (red, green, blue) = (pixels[place], pixels[place + 1], pixels[place + 2])
      return max(red, green, blue) - min(red, green, blue) <= 4
    }
  }

  /// Whether the photo has enough contrast to be distinguished from others.
  var isRecognizable: Bool { contrast >= Self.leastContrast }

  /// Whether this picture flipped is the same as the other one.
  ///
  /// A gray photo is a near duplicate of the coloured one that it was made from.
  package func isNearDuplicate(of other: Thumbnail, flipped flip: Flip) -> Bool {
    let limit = min(reach, other.reach)
    guard hash.flipped(flip).squaredDistance(to: other.hash) <= limit * limit else { return false }
    let query = ThumbnailQuery(self, flipped: flip)
    let mayMatch = other.pixels.withUnsafeBytes { pixels in
      query.mayMatch(other) { row in pixels.baseAddress.map { $0 + row * Self.side * 3 } }
    }
    return mayMatch && query.matches(other)
  }

  /// The colours and the luma of the flipped thumbnail, each row after row.
  func planes(flipped flip: Flip) -> (colors: [[Float]], luma: [Float]) {
    let sources = Self.sources[flip.rawValue]
    let colors = (0..<3).map { channel in sources.map { Float(pixels[3 * $0 + channel]) } }
    var luma = colors[0]
    for place in luma.indices {
      luma[place] = Self.luma(colors[0][place], colors[1][place], colors[2][place])
    }
    return (colors, luma)
  }

  /// The root mean square difference in the luma of the means, of this one flipped and another.
  package func difference(from other: Thumbnail, flipped flip: Flip) -> Float {
    let own = Self.means(of: planes(flipped: flip).luma)
    let theirs = Self.means(of: other.planes(flipped: .none).luma)
    let squares = zip(own, theirs).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (squares / Float(own.count)).squareRoot()
  }

  /// The means of two by two values, row after row.
  private static func means(of values: [Float]) -> [Float] {
    (0..<coarseSide * coarseSide).map { place in
      let first = place / coarseSide * 2 * side + place % coarseSide * 2
      return (values[first] + values[first + 1] + values[first + side] + values[first + side + 1]) / 4
    }
  }

  /// Luma by ITU-R BT.601.
  private static func luma(_ red: Float, _ green: Float, _ blue: Float) -> Float {
    0.299 * red + 0.587 * green + 0.114 * blue
  }

  /// Where each pixel of a flipped thumbnail comes from, by the flip's raw value.
  static let sources = Flip.allCases.map { $0.sources(side: side) }
}
