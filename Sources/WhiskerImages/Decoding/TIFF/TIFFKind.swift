internal import CTIFF
import WhiskerSystem

/// What the samples of a TIFF page mean.
enum TIFFKind: Equatable {
  /// Up to 8 bits; black may be the largest value.
  case gray(isInverted: Bool)
  /// Gray multiplied by the alpha behind it.
  case multipliedGray
  /// Gray of more than 8 bits, or of floating-point numbers.
  case deepGray(isInverted: Bool)
  case palette
  case rgb
  /// Colours multiplied by the alpha behind them.
  case multipliedRGB
  case cmyk
  /// YCbCr at every pixel, uncompressed.
  case yCbCr
  case lab
  /// Left to libtiff's own conversion.
  case viaLibrary

  /// How many samples of a pixel are needed, its first ones.
  var channels: Int {
    switch self {
    case .gray, .deepGray, .palette: 1
    case .multipliedGray: 2
    case .rgb, .yCbCr, .lab, .viaLibrary: 3
    case .multipliedRGB, .cmyk: 4
    }
  }

  init(_ layout: TIFFLayout) throws(WhiskerError) {
    let isReal = layout.format == UInt16(SAMPLEFORMAT_IEEEFP)
    let isWhole = [SAMPLEFORMAT_UINT, SAMPLEFORMAT_INT, SAMPLEFORMAT_VOID].contains(Int32(layout.format))
    func unsupported() -> WhiskerError {
      let numbers = isReal ? "floating-point numbers" : isWhole ? "whole numbers" : "complex numbers"
      return .unsupported(
        .tiff,
        expected: "1 to 16 bits a sample, or gray of whole numbers of 32 bits or floating-point ones",
        got: "\(layout.samples) samples of \(layout.bits) bits, \(numbers)")
    }
    guard isReal || isWhole else { throw unsupported() }
    let isShallow = !isReal && (1...16).contains(layout.bits)
    let isMultiplied = layout.extras.first == UInt16(EXTRASAMPLE_ASSOCALPHA)
    let colors: Int
    switch Int32(layout.photometric) {
    case _ where layout.compression == UInt16(COMPRESSION_OJPEG):
      self = .viaLibrary
      return
    case PHOTOMETRIC_MINISWHITE, PHOTOMETRIC_MINISBLACK:
      let isInverted = layout.photometric == UInt16(PHOTOMETRIC_MINISWHITE)
      colors = 1
      if isReal ? [32, 64].contains(layout.bits) : (9...16).contains(layout.bits) || layout.bits == 32 {
        guard layout.format != UInt16(SAMPLEFORMAT_INT) || layout.bits >= 16 else { throw unsupported() }
        self = .deepGray(isInverted: isInverted)
        return
      }
      self =
        isMultiplied && layout.samples > 1 && !isInverted ? .multipliedGray : .gray(isInverted: isInverted)
    case PHOTOMETRIC_PALETTE:
      colors = 1
      self = .palette
      guard layout.bits <= 8 else { throw unsupported() }
    case PHOTOMETRIC_RGB:
      colors = 3
      self = isMultiplied && layout.samples > 3 ? .multipliedRGB : .rgb
    case PHOTOMETRIC_SEPARATED:
      colors = 4
      self = .cmyk
    case PHOTOMETRIC_YCBCR:
      if layout.samples == 1 {  // its brightness alone
        colors = 1
        self = .gray(isInverted: false)
        break
      }
      colors = 3
      if layout.compression == UInt16(COMPRESSION_JPEG) && !layout.isPlanar {
        self = .rgb
      } else if layout.compression == UInt16(COMPRESSION_NONE) && layout.subsampling == (1, 1) {
        self = .yCbCr
      } else {
        self = .viaLibrary
      }
      guard layout.bits == 8 else { throw unsupported() }
    case PHOTOMETRIC_CIELAB:
      colors = 3
      self = .lab
      guard layout.bits == 8 else { throw unsupported() }
    case let other:
      throw .unsupported(
        .tiff, expected: "gray, palette, RGB, CMYK, YCbCr or CIELAB colours", got: "photometric \(other)")
    }
    guard isShallow else { throw unsupported() }
    guard layout.samples >= colors else {
      throw .malformed(.tiff, expected: "\(colors) samples a pixel", got: "\(layout.samples)")
    }
  }

  /// The picture of samples of 8 bits, ``channels`` a pixel.
  func photo(of samples: [UInt8], height: Int, width: Int, palette: [UInt8]?) throws(WhiskerError) -> Photo {
    switch self {
    case .gray(let isInverted):
      let photo = Photo(height: height, width: width, channels: 1, pixels: samples)
      return isInverted ? photo.negative : photo
    case .palette:
      guard let palette else { throw .malformed(.tiff, "it has no palette") }
      return palette.withUnsafeBytes {
        Palette(colors: $0, order: .rgb, stride: 3).photo(ofIndices: samples, height: height, width: width)
      }
    case .rgb: return Photo(height: height, width: width, channels: 3, pixels: samples)
    case .multipliedGray: return ColorConversion.divided(samples, height: height, width: width, channels: 1)
    case .multipliedRGB: return ColorConversion.divided(samples, height: height, width: width, channels: 3)
    case .cmyk: return ColorConversion.rgb(ofCMYK: samples, height: height, width: width)
    case .yCbCr: return ColorConversion.rgb(ofYCbCr: samples, height: height, width: width)
    case .lab: return ColorConversion.rgb(ofLab: samples, height: height, width: width)
    case .deepGray, .viaLibrary: preconditionFailure("this kind isn't read as samples of 8 bits")
    }
  }
}
