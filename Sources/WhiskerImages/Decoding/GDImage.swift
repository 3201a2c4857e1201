internal import CGD

/// A picture that libgd decoded; freed with its owner.
struct GDImage: ~Copyable {
  private let image: gdImagePtr

  /// libgd's and libtiff's messages are suppressed: the library prints nothing, and the errors say enough.
  private static let silence: Void = {
    gdSetErrorMethod { _, _, _ in }
    TIFFSetErrorHandler(nil)
    TIFFSetWarningHandler(nil)
  }()

  /// Decodes a file whose header was checked; nil if libgd can't.
  init?(decoding bytes: UnsafeRawBufferPointer, format: PhotoFormat) {
    Self.silence
    guard let size = Int32(exactly: bytes.count), let start = bytes.baseAddress else { return nil }
    let input = UnsafeMutableRawPointer(mutating: start)  // libgd only reads it
    let decoded =
      switch format {
      case .jpeg, .png: preconditionFailure("\(format.name) isn't read through libgd")
      case .gif: gdImageCreateFromGifPtr(size, input)
      case .webp: gdImageCreateFromWebpPtr(size, input)
      case .bmp: gdImageCreateFromBmpPtr(size, input)
      case .tiff: gdImageCreateFromTiffPtr(size, input)
      }
    guard let decoded else { return nil }
    image = decoded
  }

  deinit { gdImageDestroy(image) }

  var height: Int { Int(image.pointee.sy) }
  var width: Int { Int(image.pointee.sx) }

  /// The pixels in RGB; transparency is dropped, not blended.
  var photo: Photo {
    let (image, height, width) = (image, height, width)
    let palette = image.pointee.trueColor == 0 ? Self.palette(of: image) : []
    return Photo(height: height, width: width, channels: 3) { output in
      var target = 0
      for row in 0..<height {
        for column in 0..<width {
          let color =
            palette.isEmpty
            ? image.pointee.tpixels[row]?[column] ?? 0
            : palette[Int(image.pointee.pixels[row]?[column] ?? 0)]
          output[target] = UInt8(truncatingIfNeeded: color >> 16)
          output[target + 1] = UInt8(truncatingIfNeeded: color >> 8)
          output[target + 2] = UInt8(truncatingIfNeeded: color)
          target += 3
        }
      }
    }
  }

  /// The 256 colours of a palette picture; those it doesn't define are black.
  private static func palette(of image: gdImagePtr) -> [Int32] {
    func table<Tuple>(_ tuple: Tuple) -> [Int32] {
      withUnsafeBytes(of: tuple) { Array($0.bindMemory(to: Int32.self)) }
    }
    let colors = image.pointee
    let (red, green, blue) = (table(colors.red), table(colors.green), table(colors.blue))
    return (0..<256).map { index in
      index < colors.colorsTotal ? red[index] << 16 | green[index] << 8 | blue[index] : 0
    }
  }
}
