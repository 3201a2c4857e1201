extension Photo {
  /// The picture in one channel: `(19595·R + 38470·G + 7471·B + 32768) >> 16`, the luma of ITU-R BT.601 in
  /// the fixed-point arithmetic of Pillow's `convert("L")`.
  public var gray: Photo { channels == 1 ? self : withPixelView(\.gray) }

  /// The picture in three channels; a gray one's are all equal.
  public var rgb: Photo { channels == 3 ? self : withPixelView(\.rgb) }

  /// The picture with light and dark exchanged.
  var negative: Photo {
    Photo(height: height, width: width, channels: channels, pixels: pixels.map { 255 - $0 })
  }

  /// The picture in 1 or 3 channels.
  func converted(toChannels channels: Int) -> Photo { channels == 1 ? gray : rgb }
}

extension PixelView {
  /// A colour in one channel, as ``Photo/gray`` says.
  @inline(__always)
  static func luma(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> UInt8 {
    let sum = 19595 &* Int32(red) &+ 38470 &* Int32(green) &+ 7471 &* Int32(blue) &+ 32768
    return UInt8(truncatingIfNeeded: sum >> 16)
  }

  var gray: Photo {
    if channels == 1 { return copied }
    return Photo(height: height, width: width, channels: 1) { output in
      for index in 0..<output.count {
        output[index] = Self.luma(pixels[3 * index], pixels[3 * index + 1], pixels[3 * index + 2])
      }
    }
  }

  var rgb: Photo {
    if channels == 3 { return copied }
    return Photo(height: height, width: width, channels: 3) { output in
      for index in 0..<pixels.count {
        output[3 * index] = pixels[index]
        output[3 * index + 1] = pixels[index]
        output[3 * index + 2] = pixels[index]
      }
    }
  }
}
