import WhiskerSystem

// Our own, since Debian has no library for it that is small and reads all kinds; docs/architecture.md says more.

extension PhotoDecoder {
  /// Decodes a bitmap whose header was checked.
  static func decodeBMP(_ bytes: UnsafeRawBufferPointer) throws(WhiskerError) -> Photo {
    let header = try BMPHeader(of: bytes)
    let (height, width) = (header.height, header.width)
    if header.bits <= 8 {
      let indices =
        header.encoding == .plain
        ? try plainIndices(bytes, header) : try BMPRunLengths(header).indices(bytes)
      let palette = Palette(
        colors: UnsafeRawBufferPointer(rebasing: bytes[header.palette]), order: .bgr,
        stride: header.bytesPerColor)
      return palette.photo(ofIndices: indices, height: height, width: width)
    }
    try requireRows(bytes, header)
    return Photo(height: height, width: width, channels: 3) { output in
      for row in 0..<height {
        let source = UnsafeRawBufferPointer(rebasing: bytes[header.place(ofRow: row)])
        let target = UnsafeMutableBufferPointer(rebasing: output[row * width * 3..<(row + 1) * width * 3])
        if header.bits == 24 && header.masks == [0xFF0000, 0xFF00, 0xFF] {
          for pixel in 0..<width {
            target[3 * pixel] = source[3 * pixel + 2]
            target[3 * pixel + 1] = source[3 * pixel + 1]
            target[3 * pixel + 2] = source[3 * pixel]
          }
        } else {
          colors(source, width: width, bytesPerPixel: header.bits / 8, masks: header.masks, into: target)
        }
      }
    }
  }

  private static func requireRows(
    _ bytes: UnsafeRawBufferPointer, _ header: BMPHeader
  ) throws(WhiskerError) {
    // The last row may lack what fills it up, as in Pillow.
    let last = (header.width * header.bits + 7) / 8
    guard header.dataStart + header.rowSize * (header.height - 1) + last <= bytes.count else {
      throw .cutShort(.bmp, "\(header.height) rows of \(header.width) pixels")
    }
  }

  private static func plainIndices(
    _ bytes: UnsafeRawBufferPointer, _ header: BMPHeader
  ) throws(WhiskerError) -> [UInt8] {
    try requireRows(bytes, header)
    let (width, bits) = (header.width, header.bits)
    let count = header.height * width
    return [UInt8](unsafeUninitializedCapacity: count) { output, initialized in
      for row in 0..<header.height {
        let source = UnsafeRawBufferPointer(rebasing: bytes[header.place(ofRow: row)])
        for column in 0..<width {
          let position = column * bits
          let shift = 8 - bits - position & 7
          output[row * width + column] = source[position >> 3] >> UInt8(shift) & UInt8(1 << bits - 1)
        }
      }
      initialized = count
    }
  }

  /// One row of pixels whose colours lie where the masks say; each is `255·v / largest`, rounded down, as in Pillow.
  private static func colors(
    _ source: UnsafeRawBufferPointer, width: Int, bytesPerPixel: Int, masks: [UInt32],
    into target: UnsafeMutableBufferPointer<UInt8>
  ) {
    for (channel, mask) in masks.enumerated() {
      let shift = UInt32(mask.trailingZeroBitCount & 31)
      let largest = UInt64(max(1, mask >> shift))
      for pixel in 0..<width {
        var value: UInt32 = 0
        for byte in 0..<bytesPerPixel {
          value |= UInt32(source[pixel * bytesPerPixel + byte]) << UInt32(8 * byte)
        }
        let level = UInt64((value & mask) >> shift)
        target[3 * pixel + channel] = UInt8(
          truncatingIfNeeded: largest == 255 ? level : level * 255 / largest)
      }
    }
  }
}

extension BMPHeader {
  /// The bytes of a row's pixels, counted from the top of the picture.
  func place(ofRow row: Int) -> Range<Int> {
    let start = dataStart + (isTopDown ? row : height - 1 - row) * rowSize
    return start..<start + (width * bits + 7) / 8
  }
}
