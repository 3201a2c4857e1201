import WhiskerSystem

// The headers of the formats whose sizes are in a fixed place, or nearly so. Every parser reads what the
// decoder after it will read, so that nothing larger than what was checked is ever allocated.

extension WhiskerError {
  static func cutShort(_ format: PhotoFormat, _ part: String) -> WhiskerError {
    WhiskerError(.truncated, "", expected: "\(part)", got: "the end of the \(format.name) file")
  }

  static func malformed(_ format: PhotoFormat, _ detail: String) -> WhiskerError {
    WhiskerError(.unreadable, "", "malformed \(format.name) file: \(detail)")
  }

  /// A whole file of a kind that can't be read.
  static func unsupported(_ format: PhotoFormat, expected: String, got: String) -> WhiskerError {
    WhiskerError(.unsupportedFormat, "", expected: "\(expected) in the \(format.name) file", got: got)
  }

  static func malformed(_ format: PhotoFormat, expected: String, got: String) -> WhiskerError {
    WhiskerError(.unreadable, "", expected: "\(expected) in the \(format.name) file", got: got)
  }
}

extension PhotoHeader {
  /// PNG: the IHDR chunk, which must come first.
  init(ofPNG bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    guard let width = bytes.bigEndian32(at: 16), let height = bytes.bigEndian32(at: 20),
      let bitDepth = bytes.byte(at: 24), let colorType = bytes.byte(at: 25), bytes.count >= 33
    else { throw .cutShort(.png, "an image header") }
    guard bytes.bigEndian32(at: 8) == 13, bytes.holds("IHDR", at: 12) else {
      throw .malformed(.png, expected: "the image header first", got: "another chunk")
    }
    guard let channels = [0: 1, 2: 3, 3: 3, 4: 2, 6: 4][colorType] else {
      throw .malformed(.png, expected: "colour type 0, 2, 3, 4 or 6", got: "\(colorType)")
    }
    self.init(format: .png, height: height, width: width, channels: channels, bitDepth: bitDepth)
  }

  /// WebP: the first chunk, whichever of the three kinds it is.
  init(ofWebP bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    guard bytes.count >= 30 else { throw .cutShort(.webp, "a picture's header") }
    if bytes.holds("VP8 ", at: 12), let width = bytes.littleEndian16(at: 26),
      let height = bytes.littleEndian16(at: 28)
    {
      self.init(format: .webp, height: height & 0x3FFF, width: width & 0x3FFF, channels: 3, bitDepth: 8)
    } else if bytes.holds("VP8L", at: 12), let bits = bytes.littleEndian32(at: 21) {
      let channels = bits >> 28 & 1 == 0 ? 3 : 4
      self.init(
        format: .webp, height: (bits >> 14 & 0x3FFF) + 1, width: (bits & 0x3FFF) + 1, channels: channels,
        bitDepth: 8)
    } else if bytes.holds("VP8X", at: 12), let flags = bytes.byte(at: 20),
      let width = bytes.number(at: 24, bytes: 3, bigEndian: false),
      let height = bytes.number(at: 27, bytes: 3, bigEndian: false)
    {
      self.init(
        format: .webp, height: height + 1, width: width + 1, channels: flags & 0x10 == 0 ? 3 : 4, bitDepth: 8)
    } else {
      throw .malformed(.webp, expected: "a VP8, VP8L or VP8X chunk first", got: "another")
    }
  }
}
