/// A change of a photo's 8-bit pixels that leaves them where they are.
///
/// All but the blur are Pillow's `ImageOps` and `ImageEnhance`, byte for byte: the operations of AutoAugment,
/// RandAugment and TrivialAugment that aren't geometric.
public enum PixelOperation: Hashable, Sendable {
  /// Each channel stretched so that its darkest level becomes 0 and its brightest 255.
  case autocontrast
  /// Each channel's levels spread so that all are about equally frequent.
  case equalize
  /// Light and dark exchanged: `255 − level`.
  case invert
  /// The given number of upper bits kept, 1…8; the others become 0.
  case posterize(bits: Int)
  /// Levels from the threshold on inverted; 256 changes nothing.
  case solarize(threshold: Float)
  /// Black mixed with the photo: 0 is black, 1 changes nothing, above is brighter.
  case brightness(Float)
  /// The mean luma mixed with the photo: 0 is plain gray, 1 changes nothing, above has more contrast.
  case contrast(Float)
  /// Each pixel's luma mixed with the pixel: 0 is gray, 1 changes nothing, above is more colourful.
  case saturation(Float)
  /// The smoothed photo mixed with the photo: 0 is smooth, 1 changes nothing, above is sharper.
  ///
  /// The smoothing weighs a pixel 5/13 and each of its eight neighbours 1/13; the outermost pixels stay.
  case sharpness(Float)
  /// A mean weighted by the normal distribution of this standard deviation in pixels, cut off at three of them,
  /// the photo being reflected at its edges: SciPy's `gaussian_filter`, rounded.
  case blur(sigma: Float)
}

extension PixelOperation {
  /// Changes the pixels of a photo in place.
  ///
  /// - Parameters:
  ///   - pixels: The photo, gray or RGB.
  ///   - scratch: Memory for in between; it grows to what the largest photo needs and then stays.
  package func apply(to pixels: MutablePixelView, scratch: inout PixelScratch) {
    if pixels.bytes.isEmpty { return }
    switch self {
    case .autocontrast: pixels.mapChannels { $1.stretch($0) }
    case .equalize: pixels.mapChannels { $1.equalize($0) }
    case .invert: pixels.mapLevels { 255 - $0 }
    case .posterize(let bits):
      precondition((1...8).contains(bits), "expected to keep 1 to 8 bits, got \(bits)")
      pixels.mapLevels { $0 & ~(1 << (8 - bits) - 1) }
    case .solarize(let threshold): pixels.mapLevels { Float($0) < threshold ? $0 : 255 - $0 }
    case .brightness(let factor): pixels.mapLevels { Int(mixed($0, over: 0, factor)) }
    case .contrast(let factor):
      let mean = pixels.meanLuma
      pixels.mapLevels { Int(mixed($0, over: mean, factor)) }
    case .saturation(let factor): pixels.saturate(factor)
    case .sharpness(let factor): pixels.sharpen(factor, scratch: &scratch)
    case .blur(let sigma): pixels.blur(sigma: sigma, scratch: &scratch)
    }
  }
}

extension Photo {
  /// The photo changed by operations, one after the other.
  public func applying(_ operations: PixelOperation...) -> Photo {
    var scratch = PixelScratch()
    var result = self
    result.pixels.withUnsafeMutableBufferPointer { bytes in
      let view = MutablePixelView(height: height, width: width, channels: channels, bytes: bytes)
      for operation in operations { operation.apply(to: view, scratch: &scratch) }
    }
    return result
  }
}

/// `over + (level − over) · factor`, clamped to 0…255 and cut to a whole number: Pillow's `blend`.
@inline(__always)
func mixed(_ level: Int, over base: Int, _ factor: Float) -> UInt8 {
  let (level, base) = (Int32(truncatingIfNeeded: level), Int32(truncatingIfNeeded: base))
  return (Float(base) + factor * Float(level &- base)).truncatedToByte
}

extension Float {
  /// The whole part, of what lies in 0…255.
  ///
  /// Without a conversion that could trap, so that loops with it are vectorised.
  @inline(__always)
  var truncatedToByte: UInt8 {
    let level = clampedToLevels
    let rounder: Float = 0x1.8p23
    let whole = (level + rounder) - rounder
    let floor = whole > level ? whole - 1 : whole
    return UInt8(truncatingIfNeeded: (floor + rounder).bitPattern)
  }
}
