internal import CPNG
import WhiskerSystem

extension PhotoDecoder {
  /// Decodes a PNG file whose header was checked, in gray or RGB.
  static func decodePNG(_ bytes: UnsafeRawBufferPointer, _ header: PhotoHeader) throws(WhiskerError) -> Photo
  {
    let chunks = PNGChunks(of: bytes)
    let essential = try chunks.essential
    let isColor = bytes.byte(at: 25).map { $0 & 2 != 0 } ?? false
    let hasPalette = bytes.byte(at: 25) == 3
    let (height, width) = (header.height, header.width)
    var png = whisker_png()
    (png.width, png.height) = (UInt32(width), UInt32(height))
    if header.bitDepth == 16 && header.channels == 1 {
      png.keeps_16_bits = 1
      let values = try read(&png, essential, chunks, valuesPerRow: width, height: height, as: UInt16.self)
      return GrayRange.photo(of: values, height: height, width: width)
    }
    let channels = isColor && !hasPalette ? 3 : 1
    let pixels = try read(
      &png, essential, chunks, valuesPerRow: width * channels, height: height, as: UInt8.self)
    if hasPalette {
      let palette = withUnsafeBytes(of: png.palette) {
        Palette(
          colors: UnsafeRawBufferPointer(rebasing: $0[0..<3 * min(256, Int(png.colors))]), order: .rgb,
          stride: 3)
      }
      return palette.photo(ofIndices: pixels, height: height, width: width)
    }
    return Photo(height: height, width: width, channels: channels, pixels: pixels)
  }

  private static func read<Value: FixedWidthInteger>(
    _ png: inout whisker_png, _ file: [UInt8], _ chunks: PNGChunks, valuesPerRow: Int, height: Int,
    as type: Value.Type
  ) throws(WhiskerError) -> [Value] {
    png.row_bytes = UInt64(valuesPerRow * MemoryLayout<Value>.stride)
    let count = valuesPerRow * height
    var succeeded = false
    let values = [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
      let rows = UnsafeMutableRawBufferPointer(buffer).assumingMemoryBound(to: UInt8.self).baseAddress
      succeeded = whisker_png_read(&png, file, UInt64(file.count), rows) != 0
      initialized = succeeded ? count : 0
    }
    guard succeeded else {
      if !chunks.hasEnd { throw .cutShort(.png, "more picture data") }
      throw .malformed(
        .png,
        withUnsafeBytes(of: png.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
    }
    return values
  }
}

/// The chunks of a PNG file up to its end: from length to checksum, each whole.
struct PNGChunks: Sequence {
  private let bytes: UnsafeRawBufferPointer
  private let places: [Range<Int>]
  /// Whether the last is `IEND`.
  let hasEnd: Bool

  init(of bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    var places: [Range<Int>] = []
    var position = 8
    var hasEnd = false
    while !hasEnd, let length = bytes.bigEndian32(at: position), position + 12 + length <= bytes.count {
      places.append(position..<position + 12 + length)
      hasEnd = bytes.holds("IEND", at: position + 4)
      position += 12 + length
    }
    (self.places, self.hasEnd) = (places, hasEnd)
  }

  func makeIterator() -> IndexingIterator<[Range<Int>]> { places.makeIterator() }

  /// The file with only the chunks that make up the picture.
  ///
  /// What else there is (gamma, colour profiles, text, transparency) would change the pixels, as it doesn't in
  /// Pillow, or be inflated for nothing. A missing end is added: the picture may be whole without it.
  var essential: [UInt8] {
    get throws(WhiskerError) {
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count + 12)
      result.append(contentsOf: bytes[0..<8])
      // A chunk is essential if its name begins with a capital.
      for place in places where bytes[place.lowerBound + 4] & 0x20 == 0 {
        result.append(contentsOf: bytes[place])
      }
      if !hasEnd {
        guard places.contains(where: { bytes.holds("IDAT", at: $0.lowerBound + 4) }) else {
          throw .cutShort(.png, "picture data")
        }
        result += [0, 0, 0, 0, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
      }
      return result
    }
  }
}
