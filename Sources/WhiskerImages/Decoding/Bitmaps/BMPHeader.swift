import WhiskerSystem

/// The headers of a Windows or OS/2 bitmap.
///
/// Source: Microsoft, BITMAPINFOHEADER to BITMAPV5HEADER; OS/2's are of 12 bytes, or of 16 to 64.
struct BMPHeader {
  let width: Int
  let height: Int
  /// Whether the first row of the file is the top one.
  let isTopDown: Bool
  /// 1, 2, 4 or 8 for indices of a palette; 16, 24 or 32 for colours.
  let bits: Int
  let encoding: Encoding
  /// Where the palette lies, and how many bytes a colour has.
  let palette: Range<Int>
  let bytesPerColor: Int
  /// Which bits of a pixel are red, green and blue.
  let masks: [UInt32]
  /// Where the pixels begin.
  let dataStart: Int

  /// How the pixels are kept.
  enum Encoding { case plain, runs8, runs4 }

  init(of bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    guard let size = bytes.littleEndian32(at: 14) else { throw .cutShort(.bmp, "a bitmap header") }
    guard Self.sizes.contains(size) else {
      throw .unsupported(
        .bmp, expected: "a header of 12, 16, 40, 52, 56, 64, 108 or 124 bytes", got: "\(size)")
    }
    guard bytes.count >= 14 + size else { throw .cutShort(.bmp, "a bitmap header") }
    func short(_ offset: Int) -> Int { offset + 2 <= size ? bytes.littleEndian16(at: 14 + offset) ?? 0 : 0 }
    func long(_ offset: Int) -> Int { offset + 4 <= size ? bytes.littleEndian32(at: 14 + offset) ?? 0 : 0 }

    let isOld = size == 12
    let rows = isOld ? short(6) : Int(Int32(truncatingIfNeeded: long(8)))
    (width, height, isTopDown) = (isOld ? short(4) : long(4), abs(rows), rows < 0)
    bits = isOld ? short(10) : short(14)
    guard [1, 2, 4, 8, 16, 24, 32].contains(bits) else {
      throw .unsupported(.bmp, expected: "pixels of 1, 2, 4, 8, 16, 24 or 32 bits", got: "\(bits)")
    }
    let compression = isOld ? 0 : long(16)
    var masks: [UInt32] = bits == 16 ? [0x7C00, 0x3E0, 0x1F] : [0xFF0000, 0xFF00, 0xFF]
    switch (compression, bits) {
    case (0, _): encoding = .plain
    case (1, 8): encoding = .runs8
    case (2, 4): encoding = .runs4
    case (3, 16...32), (6, 16...32):
      if size == 64 {
        throw .unsupported(.bmp, expected: "pixels that are plain or runs", got: "OS/2's compression")
      }
      encoding = .plain
      // Within the later headers, after the one of 40 bytes: the same place.
      guard let red = bytes.littleEndian32(at: 54), let green = bytes.littleEndian32(at: 58),
        let blue = bytes.littleEndian32(at: 62)
      else { throw .cutShort(.bmp, "the masks of its colours") }
      let given = [red, green, blue].map { UInt32(truncatingIfNeeded: $0) }
      if given != [0, 0, 0] { masks = given }
    default:
      let name = [3: "bitfields", 4: "JPEG", 5: "PNG"][compression] ?? "number \(compression)"
      throw .unsupported(
        .bmp, expected: "pixels that are plain, RLE4, RLE8 or bitfields", got: "\(name) of \(bits) bits")
    }
    guard masks.allSatisfy(Self.isContiguous) else {
      throw .unsupported(
        .bmp, expected: "masks of bits side by side",
        got: masks.map { String($0, radix: 16) }.joined(separator: ", "))
    }
    self.masks = masks

    bytesPerColor = isOld ? 3 : 4
    let masksSize = size == 40 ? (compression == 3 ? 12 : compression == 6 ? 16 : 0) : 0
    let paletteStart = 14 + size + masksSize
    let stated = long(32)
    let colors = bits > 8 ? 0 : stated == 0 ? 1 << bits : stated
    guard colors <= 65_536 else {
      throw .malformed(.bmp, expected: "a palette of up to 65536 colours", got: "\(colors)")
    }
    let paletteEnd = min(bytes.count, paletteStart + colors * bytesPerColor)
    palette = paletteStart..<max(paletteStart, paletteEnd)
    guard let start = bytes.littleEndian32(at: 10) else { throw .cutShort(.bmp, "a file header") }
    // Some programs forget the place, or leave the palette out of it.
    dataStart = start == 0 || (start == 14 + size && bits <= 8) ? palette.upperBound : start
  }

  /// The sizes of the headers that there are.
  static let sizes: Set<Int> = [12, 16, 40, 52, 56, 64, 108, 124]

  private static func isContiguous(_ mask: UInt32) -> Bool {
    let low = mask >> UInt32(mask.trailingZeroBitCount & 31)
    return low & (low &+ 1) == 0
  }

  var photoHeader: PhotoHeader {
    PhotoHeader(format: .bmp, height: height, width: width, channels: 3, bitDepth: bits <= 8 ? bits : 8)
  }

  /// The bytes of a row, padded to four.
  var rowSize: Int { (width * bits + 31) / 32 * 4 }
}
