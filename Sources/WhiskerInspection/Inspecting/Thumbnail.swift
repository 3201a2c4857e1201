package import WhiskerImages

/// A photo at 16 × 16 pixels: so small that re-encoding and resizing hardly show, large enough to distinguish
/// photos.
///
/// The limits were chosen on 4,000 photos of cats and dogs and 4,500 sketches at 48, 100 and 200 pixels. Between
/// two different ones the luma differed by at least 11.1 levels in the root mean square, and by 0.48 of the lesser
/// contrast. Between a photo and its copies (half to twice the size, sides stretched by a tenth, mirrored, JPEG of
/// quality 40 to 90) it differed by at most 6.8 levels and 0.36 of the contrast, and by much less for all but the
/// smallest photos and the crudest way of resizing.
package struct Thumbnail {
  /// Pixels along a side.
  package static let side = 16
  /// The root mean square difference of near duplicates in luma, at most, in levels of 0 to 255.
  package static let largestDifference: Float = 8
  /// The same as a share of the lesser of the two contrasts, at most.
  static let largestShare: Float = 0.375
  /// The root mean square difference of near duplicates over red, green and blue, at most.
  static let largestColorDifference: Float = 12
  /// The least contrast at which a photo can be recognised: flatter ones all look alike.
  static let leastContrast: Float = 2

  /// How a photo is read for its thumbnail.
  static let decoder: PhotoDecoder = {
    var decoder = PhotoDecoder()
    decoder.reducesJPEG = true
    return decoder
  }()
  static let size = PhotoSize(height: side, width: side, interpolation: .bilinear)

  /// Red, green and blue, row after row.
  let pixels: [UInt8]
  /// The standard deviation of the luma.
  package let contrast: Float
  /// What it is searched by.
  package let hash: PerceptualHash
  /// Whether the photo has no colour.
  package let isGray: Bool

  /// The thumbnail of a photo that was resized to ``size``.
  package init(_ photo: Photo) {
    precondition(photo.shape == [Self.side, Self.side, 3], "a thumbnail has 16 × 16 × 3, not \(photo.shape)")
    pixels = photo.pixels
    let luma = stride(from: 0, to: photo.pixels.count, by: 3).map { place in
      Self.luma(Float(photo.pixels[place]), Float(photo.pixels[place + 1]), Float(photo.pixels[place + 2]))
    }
    let mean = luma.reduce(0, +) / Float(luma.count)
    contrast = (luma.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(luma.count)).squareRoot()
    hash = PerceptualHash(luma: luma)
    // JPEG changes gray by a level or two.
    isGray = stride(from: 0, to: photo.pixels.count, by: 3).allSatisfy { place in
      let pixel = photo.pixels[place..<place + 3]
      return (pixel.max() ?? 0) - (pixel.min() ?? 0) <= 4
    }
  }

  /// Whether the photo has enough contrast to be distinguished from others.
  var isRecognizable: Bool { contrast >= Self.leastContrast }

  /// The distance of hashes beyond which no near duplicate of this photo can be.
  var reach: Float { Float(Self.side) * lumaLimit * 1.0001 }

  /// Whether this is the same picture as the other one flipped.
  ///
  /// A gray photo is a near duplicate of the coloured one that it was made from.
  package func isNearDuplicate(of other: Thumbnail, flipped flip: Flip) -> Bool {
    let limit = min(lumaLimit, other.lumaLimit)
    let difference = difference(from: other, flipped: flip)
    return difference.luma <= limit
      && (isGray || other.isGray || difference.color <= Self.largestColorDifference)
  }

  /// The root mean square difference in luma of a near duplicate of this photo, at most.
  var lumaLimit: Float { min(Self.largestDifference, Self.largestShare * contrast) }

  /// The luma of the pixel whose red is at a place.
  func luma(at place: Int) -> Float {
    Self.luma(Float(pixels[place]), Float(pixels[place + 1]), Float(pixels[place + 2]))
  }

  /// The root mean square differences in luma, and over the three colours, from another one flipped.
  package func difference(from other: Thumbnail, flipped flip: Flip) -> (luma: Float, color: Float) {
    var (luma, color) = (Float(0), Float(0))
    for row in 0..<Self.side {
      let theirRow = flip.mirrorsRows ? Self.side - 1 - row : row
      for column in 0..<Self.side {
        let mine = (row * Self.side + column) * 3
        let theirs = (theirRow * Self.side + (flip.mirrorsColumns ? Self.side - 1 - column : column)) * 3
        let red = Float(pixels[mine]) - Float(other.pixels[theirs])
        let green = Float(pixels[mine + 1]) - Float(other.pixels[theirs + 1])
        let blue = Float(pixels[mine + 2]) - Float(other.pixels[theirs + 2])
        let gray = Self.luma(red, green, blue)
        luma += gray * gray
        color += red * red + green * green + blue * blue
      }
    }
    let count = Float(Self.side * Self.side)
    return ((luma / count).squareRoot(), (color / (3 * count)).squareRoot())
  }

  /// Luma by ITU-R BT.601; of a difference in colours, the difference in luma.
  private static func luma(_ red: Float, _ green: Float, _ blue: Float) -> Float {
    0.299 * red + 0.587 * green + 0.114 * blue
  }
}
