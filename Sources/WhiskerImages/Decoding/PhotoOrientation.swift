internal import CExif

/// How a camera was held, as EXIF's tag 274 says it: what to do to the stored picture to see it upright.
///
/// Source: CIPA DC-008 (Exif 2.32), tag Orientation.
enum PhotoOrientation: UInt16, Sendable, CaseIterable {
  case upright = 1
  case mirrored = 2
  case halfTurn = 3
  case mirroredHalfTurn = 4
  /// Rows and columns exchanged.
  case transposed = 5
  /// To be turned by a quarter, clockwise.
  case quarterTurn = 6
  /// Transposed, then turned by half.
  case transverse = 7
  /// To be turned by a quarter, anticlockwise.
  case threeQuarterTurn = 8

  /// Whether rows become columns.
  var swapsSides: Bool { rawValue >= 5 }

  /// The orientation in EXIF data, which may begin with `Exif` and two zeros; nil if they don't say.
  init?(exif: UnsafeRawBufferPointer) {
    if !exif.holds("Exif\0\0", at: 0) {
      // libexif wants the mark.
      let marked = Array("Exif\0\0".utf8) + exif.prefix(1 << 16)
      guard let orientation = marked.withUnsafeBytes({ Self(exif: $0) }) else { return nil }
      self = orientation
      return
    }
    guard let size = UInt32(exactly: exif.count), let data = exif_data_new() else { return nil }
    defer { exif_data_unref(data) }
    exif_data_load_data(data, exif.assumingMemoryBound(to: UInt8.self).baseAddress, size)
    guard let entry = exif_content_get_entry(data.pointee.ifd.0, EXIF_TAG_ORIENTATION),
      entry.pointee.format == EXIF_FORMAT_SHORT, entry.pointee.size >= 2, let value = entry.pointee.data
    else { return nil }
    self = Self(rawValue: exif_get_short(value, exif_data_get_byte_order(data))) ?? .upright
  }
}

extension PixelView {
  /// The picture turned and mirrored to stand upright.
  func upright(from orientation: PhotoOrientation) -> Photo {
    // The source position of the first pixel, and the steps to the next column and row of the result.
    let (right, down) = (channels, width * channels)
    let (lastColumn, lastRow) = ((width - 1) * right, (height - 1) * down)
    let (start, columnStep, rowStep) =
      switch orientation {
      case .upright: (0, right, down)
      case .mirrored: (lastColumn, -right, down)
      case .halfTurn: (lastRow + lastColumn, -right, -down)
      case .mirroredHalfTurn: (lastRow, right, -down)
      case .transposed: (0, down, right)
      case .quarterTurn: (lastRow, -down, right)
      case .transverse: (lastRow + lastColumn, -down, -right)
      case .threeQuarterTurn: (lastColumn, down, -right)
      }
    let (newHeight, newWidth) = orientation.swapsSides ? (width, height) : (height, width)
    return Photo(height: newHeight, width: newWidth, channels: channels) { output in
      var target = 0
      for row in 0..<newHeight {
        var source = start + row * rowStep
        for _ in 0..<newWidth {
          for channel in 0..<channels { output[target + channel] = pixels[source + channel] }
          target += channels
          source += columnStep
        }
      }
    }
  }
}
