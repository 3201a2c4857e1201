import WhiskerSystem

/// The first directory of a TIFF file, as far as the sizes of what a decoder allocates depend on it.
struct TIFFDirectory {
  let header: PhotoHeader
  /// Whether a pixel is one bit, black or white.
  let isBilevel: Bool

  private enum Tag {
    static let width = 256
    static let height = 257
    static let bitsPerSample = 258
    static let photometric = 262
    static let samplesPerPixel = 277
    static let planarConfiguration = 284
    static let tileWidth = 322
    static let tileHeight = 323
    static let needed: Set<Int> = [
      width, height, bitsPerSample, photometric, samplesPerPixel, planarConfiguration, tileWidth, tileHeight,
    ]
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
    for index in 0..<entryCount {
      let entry = entries + index * entrySize
      guard let tag = number(entry, 2), Tag.needed.contains(tag), let type = number(entry + 2, 2),
        let count = number(entry + 4, pointerSize)
      else { continue }
      guard let size = [1: 1, 3: 2, 4: 4, 16: 8][type], count >= 1 else {
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
    let channels = values[Tag.samplesPerPixel] ?? 1
    let bitDepth = values[Tag.bitsPerSample] ?? 1
    // A row or a tile is allocated whole, with all its samples.
    guard (1...8).contains(channels), (1...64).contains(bitDepth) else {
      throw .malformed(
        .tiff, expected: "up to 8 samples of up to 64 bits a pixel", got: "\(channels) of \(bitDepth)")
    }
    let tileWidth = values[Tag.tileWidth] ?? 0
    let tileHeight = values[Tag.tileHeight] ?? 0
    guard tileWidth - 4096 <= width, tileHeight - 4096 <= height else {
      throw .malformed(
        .tiff,
        expected: "tiles about the picture's size",
        got: "\(tileWidth) × \(tileHeight) for \(width) × \(height)")
    }
    isBilevel = bitDepth == 1 && channels == 1 && (values[Tag.photometric] ?? 0) <= 1
    if isBilevel && (values[Tag.planarConfiguration] ?? 1) != 1 {
      throw WhiskerError(
        .unsupportedFormat, "", expected: "a black-and-white TIFF in one plane", got: "separate planes")
    }
    header = PhotoHeader(format: .tiff, height: height, width: width, channels: channels, bitDepth: bitDepth)
  }
}
