import WhiskerSystem

/// The first directory of a TIFF file, as far as the sizes of what a decoder allocates depend on it.
struct TIFFDirectory {
  let header: PhotoHeader
  /// Whether the strips or tiles that it lists lie in the file; where its lists can't be followed, libtiff decides.
  let isWhole: Bool

  private enum Tag {
    static let width = 256
    static let height = 257
    static let bitsPerSample = 258
    static let photometric = 262
    static let samplesPerPixel = 277
    static let stripOffsets = 273
    static let stripSizes = 279
    static let tileWidth = 322
    static let tileHeight = 323
    static let tileOffsets = 324
    static let tileSizes = 325
    static let needed: Set<Int> = [
      width, height, bitsPerSample, photometric, samplesPerPixel, tileWidth, tileHeight,
    ]
    static let compression = 259
    static let rowsPerStrip = 278
    static let planes = 284
    static let helpful: Set<Int> = [compression, rowsPerStrip, planes]
    static let colorMap = 320
    static let lists: Set<Int> = [stripOffsets, stripSizes, tileOffsets, tileSizes, colorMap]
    static let read = needed.union(helpful).union(lists)
  }

  /// Reads the first directory, in either byte order, classic or BigTIFF.
  init(of bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    let isBigEndian = bytes.byte(at: 0) == 0x4D
    func number(_ offset: Int, _ count: Int) -> Int? {
      bytes.number(at: offset, bytes: count, bigEndian: isBigEndian)
    }
    let isBig = number(2, 2) == 43
    let pointerSize = isBig ? 8 : 4
    guard let directory = number(isBig ? 8 : 4, pointerSize),
      let entryCount = number(directory, isBig ? 8 : 2)
    else { throw .cutShort(.tiff, "a directory") }
    let entries = directory + (isBig ? 8 : 2)
    let entrySize = isBig ? 20 : 12
    guard entryCount <= (bytes.count - entries) / entrySize else {
      throw .cutShort(.tiff, "a directory of \(entryCount) entries")
    }

    // Where a tag is given twice, decoders differ in which they take: the largest counts here.
    var values: [Int: Int] = [:]
    var lists: [Int: (start: Int, size: Int, count: Int)] = [:]
    for index in 0..<entryCount {
      let entry = entries + index * entrySize
      guard let tag = number(entry, 2), Tag.read.contains(tag),
        let type = number(entry + 2, 2), let count = number(entry + 4, pointerSize)
      else { continue }
      if Tag.lists.contains(tag) {
        guard let size = [3: 2, 4: 4, 16: 8][type] else { continue }
        let isInline = count <= pointerSize / size
        if let start = isInline ? entry + 4 + pointerSize : number(entry + 4 + pointerSize, pointerSize) {
          lists[tag] = (start, size, count)
        }
        continue
      }
      guard let size = [1: 1, 3: 2, 4: 4, 16: 8][type], count >= 1 else {
        if Tag.helpful.contains(tag) { continue }
        throw .malformed(.tiff, expected: "whole numbers for tag \(tag)", got: "type \(type)")
      }
      let inlineOffset = entry + 4 + pointerSize
      let isInline = count <= pointerSize / size
      guard let offset = isInline ? inlineOffset : number(inlineOffset, pointerSize),
        let value = number(offset, size)
      else { throw .cutShort(.tiff, "the value of tag \(tag)") }
      values[tag] = max(values[tag] ?? 0, value)
    }

    guard let width = values[Tag.width], let height = values[Tag.height] else {
      throw .malformed(.tiff, "its first page has no size")
    }
    if values[Tag.photometric] == 3 {
      // Without it libtiff would show the indices as gray.
      guard let palette = lists[Tag.colorMap] else { throw .malformed(.tiff, "it has no palette") }
      guard palette.count <= 3 << 16, palette.start <= bytes.count - palette.count * palette.size else {
        throw .cutShort(.tiff, "a palette")
      }
    }
    let channels = values[Tag.samplesPerPixel] ?? 1
    let bitDepth = values[Tag.bitsPerSample] ?? 1
    // A row or a tile is allocated whole, with all its samples.
    guard (1...8).contains(channels), (1...64).contains(bitDepth), channels * bitDepth <= 128 else {
      throw .unsupported(
        .tiff, expected: "up to 8 samples a pixel, of up to 64 bits, 128 in all",
        got: "\(channels) of \(bitDepth)")
    }
    let tileWidth = values[Tag.tileWidth] ?? 0
    let tileHeight = values[Tag.tileHeight] ?? 0
    guard tileWidth - 4096 <= width, tileHeight - 4096 <= height else {
      throw .malformed(
        .tiff,
        expected: "tiles about the picture's size",
        got: "\(tileWidth) × \(tileHeight) for \(width) × \(height)")
    }
    let pieces = Pieces(
      isPlain: values[Tag.compression] ?? 1 == 1, width: tileHeight > 0 ? tileWidth : width, height: height,
      rows: tileHeight > 0 ? tileHeight : values[Tag.rowsPerStrip] ?? height, isTile: tileHeight > 0,
      bits: bitDepth * (values[Tag.planes] == 2 ? 1 : channels))
    func isWithin(_ offsets: Int, _ sizes: Int) -> Bool {
      guard let offsets = lists[offsets], let sizes = lists[sizes] else { return true }
      return (0..<min(offsets.count, sizes.count, bytes.count)).allSatisfy { index in
        guard let offset = number(offsets.start + index * offsets.size, offsets.size),
          let size = number(sizes.start + index * sizes.size, sizes.size)
        else { return false }
        return offset <= bytes.count && min(size, pieces.bytes(ofPiece: index)) <= bytes.count - offset
      }
    }
    isWhole = isWithin(Tag.stripOffsets, Tag.stripSizes) && isWithin(Tag.tileOffsets, Tag.tileSizes)
    header = PhotoHeader(format: .tiff, height: height, width: width, channels: channels, bitDepth: bitDepth)
  }

  /// The strips or tiles of a picture.
  private struct Pieces {
    let isPlain: Bool
    let width: Int
    let height: Int
    let rows: Int
    let isTile: Bool
    let bits: Int

    /// How many bytes of a strip or tile are needed: without compression no more than its pixels, whatever the file says.
    func bytes(ofPiece index: Int) -> Int {
      let (rowBits, overflow) = width.multipliedReportingOverflow(by: bits)
      guard isPlain, !overflow, rowBits < .max - 7, height > 0, rows > 0 else { return .max }
      let rows = min(rows, isTile ? rows : height)
      let count = isTile ? 1 : (height - 1) / rows + 1
      let isLast = !isTile && index % count == count - 1
      let (size, isTooLarge) = ((rowBits + 7) / 8).multipliedReportingOverflow(
        by: isLast ? height - (count - 1) * rows : rows)
      return isTooLarge ? .max : size
    }
  }
}
