import WhiskerSystem

/// The first frame of a GIF file, and the screen that it is pasted on.
struct GIFStructure {
  let header: PhotoHeader
  /// Where the frame lies on the screen.
  let left: Int, top: Int, width: Int, height: Int
  let isInterlaced: Bool
  /// The index that is transparent in the frame, if there is one; the screen around the frame has it.
  let transparentIndex: Int?
  /// The bytes of the palette: the frame's own, or the file's, or nil; then an index is a gray.
  let palette: Range<Int>?

  /// Walks to the first frame.
  ///
  /// A frame that leaves its screen makes the screen larger, as in Pillow.
  init(of bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    guard let screenWidth = bytes.littleEndian16(at: 6), let screenHeight = bytes.littleEndian16(at: 8),
      let flags = bytes.byte(at: 10)
    else { throw .cutShort(.gif, "a logical screen") }
    let screenPalette = 13..<13 + Self.paletteSize(flags)
    var position = screenPalette.upperBound
    var transparentIndex: Int?
    while bytes.byte(at: position) == 0x21 {  // extensions: a label, then blocks
      let isControl = bytes.byte(at: position + 1) == 0xF9 && (bytes.byte(at: position + 2) ?? 0) >= 4
      if isControl, let flags = bytes.byte(at: position + 3), flags & 1 == 1 {
        transparentIndex = bytes.byte(at: position + 6)
      }
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
    guard width > 0, height > 0 else {
      throw .malformed(.gif, expected: "at least 1 × 1 pixels", got: "a frame of \(width) × \(height)")
    }
    let framePalette = position + 10..<position + 10 + Self.paletteSize(frameFlags)
    let palette = framePalette.isEmpty ? screenPalette : framePalette
    guard palette.upperBound <= bytes.count else { throw .cutShort(.gif, "a palette") }
    if let bits = bytes.byte(at: framePalette.upperBound), bits > 8 {
      // Pillow reads such files; giflib doesn't.
      throw .unsupported(.gif, expected: "codes that begin with up to 8 bits", got: "\(bits)")
    }
    self.palette = palette.isEmpty ? nil : palette
    (self.left, self.top, self.width, self.height) = (left, top, width, height)
    isInterlaced = frameFlags & 0x40 != 0
    self.transparentIndex = transparentIndex
    header = PhotoHeader(
      format: .gif, height: max(screenHeight, top + height), width: max(screenWidth, left + width),
      channels: 3, bitDepth: ((framePalette.isEmpty ? flags : frameFlags) & 7) + 1)
  }

  /// The rows of the frame in the order of the file.
  var rowOrder: [Int] {
    guard isInterlaced else { return Array(0..<height) }
    return [(0, 8), (4, 8), (2, 4), (1, 2)].flatMap { Array(stride(from: $0.0, to: height, by: $0.1)) }
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
