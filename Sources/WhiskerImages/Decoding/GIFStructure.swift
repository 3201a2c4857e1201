import WhiskerSystem

/// The first frame of a GIF file.
struct GIFStructure {
  let header: PhotoHeader
  /// Where the frame's blocks begin.
  private let dataStart: Int

  /// Walks to the first frame, which must lie within the logical screen.
  init(of bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    guard let screenWidth = bytes.littleEndian16(at: 6), let screenHeight = bytes.littleEndian16(at: 8),
      let flags = bytes.byte(at: 10)
    else { throw .cutShort(.gif, "a logical screen") }
    var position = 13 + Self.paletteSize(flags)
    while bytes.byte(at: position) == 0x21 {  // extensions: a label, then blocks
      position = try Self.endOfBlocks(in: bytes, from: position + 2)
    }
    switch bytes.byte(at: position) {
    case 0x2C?: break
    case 0x3B?: throw .malformed(.gif, "it holds no picture")
    case let byte?: throw .malformed(.gif, expected: "a frame", got: "a block of kind \(byte)")
    case nil: throw .cutShort(.gif, "a frame")
    }
    guard let left = bytes.littleEndian16(at: position + 1), let top = bytes.littleEndian16(at: position + 3),
      let width = bytes.littleEndian16(at: position + 5), let height = bytes.littleEndian16(at: position + 7),
      let frameFlags = bytes.byte(at: position + 9)
    else { throw .cutShort(.gif, "a frame's header") }
    guard left + width <= screenWidth, top + height <= screenHeight else {
      throw .malformed(
        .gif,
        "its first frame, \(width) × \(height) at (\(left), \(top)), "
          + "leaves the screen of \(screenWidth) × \(screenHeight)")
    }
    let localPalette = Self.paletteSize(frameFlags)
    dataStart = position + 10 + localPalette + 1
    header = PhotoHeader(
      format: .gif, height: height, width: width, channels: 3,
      bitDepth: ((localPalette == 0 ? flags : frameFlags) & 7) + 1)
  }

  /// Refuses a file that ends within its first frame: libgd fills what the data don't reach and says nothing.
  func requireEnd(in bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    _ = try Self.endOfBlocks(in: bytes, from: dataStart)
  }

  /// The bytes of the palette that a screen's or a frame's flags announce.
  private static func paletteSize(_ flags: Int) -> Int { flags & 0x80 == 0 ? 0 : 3 << ((flags & 7) + 1) }

  /// The position after a chain of length-prefixed blocks that a block of length 0 ends.
  private static func endOfBlocks(
    in bytes: UnsafeRawBufferPointer, from start: Int
  ) throws(WhiskerError) -> Int {
    var position = start
    while let length = bytes.byte(at: position) {
      position += 1 + length
      if length == 0 { return position }
    }
    throw .cutShort(.gif, "the end of a block")
  }
}
