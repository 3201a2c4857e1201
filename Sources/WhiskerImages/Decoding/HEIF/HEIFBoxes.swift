import WhiskerSystem

/// What the boxes of a HEIC or AVIF file say about its primary picture, before anything is decoded.
///
/// Source: ISO/IEC 14496-12 (boxes), 23008-12 (items and their properties).
struct HEIFBoxes {
  /// The size as stored, before it is turned, but of HEIC cropped; nil if the file holds no picture but a sequence.
  private(set) var size: (width: Int, height: Int)?
  /// Values per pixel, and bits per value, if the file says so.
  private(set) var channels = 3
  private(set) var bitDepth = 8
  /// The sizes that a decoder would allocate for: the primary picture's before it is cropped, and those that HEVC's
  /// parameters announce, of every picture in the file.
  private(set) var codedSizes: [(width: Int, height: Int)] = []

  let bytes: UnsafeRawBufferPointer
  let format: PhotoFormat

  /// A box: its kind and its contents.
  struct Box {
    let kind: String
    let contents: Range<Int>
    let end: Int
  }

  init(of bytes: UnsafeRawBufferPointer, format: PhotoFormat) throws(WhiskerError) {
    self.bytes = bytes
    self.format = format
    var meta: Range<Int>?
    var hasData = false
    var position = 0
    while position + 8 <= bytes.count {
      guard let box = box(at: position, before: .max), box.end > position else {
        throw .malformed(format, "a box of no size")
      }
      if box.end > bytes.count { throw .cutShort(format, "all of its box \"\(box.kind)\"") }
      if box.kind == "meta" && meta == nil { meta = box.contents }
      if box.kind == "mdat" { hasData = true }
      position = box.end
    }
    guard let meta = meta?.dropFirst(4) else { return }  // a version and flags
    guard hasData || boxes(in: meta).contains(where: { $0.kind == "idat" }) else {
      throw .cutShort(format, "picture data")
    }
    try readMeta(meta)
  }

  private func box(at position: Int, before end: Int) -> Box? {
    guard var size = bytes.bigEndian32(at: position), bytes.count >= position + 8 else { return nil }
    var start = position + 8
    if size == 1 {
      guard let large = bytes.number(at: position + 8, bytes: 8, bigEndian: true) else { return nil }
      (size, start) = (large, position + 16)
    }
    if size == 0 { size = min(end, bytes.count) - position }
    guard size >= start - position, size <= .max / 2, position + size <= end else { return nil }
    let kind = String(decoding: bytes[position + 4..<position + 8], as: UTF8.self)
    return Box(kind: kind, contents: start..<position + size, end: position + size)
  }

  /// The boxes within others, as far as they are whole.
  func boxes(in range: Range<Int>) -> [Box] {
    var result: [Box] = []
    var position = range.lowerBound
    while position + 8 <= range.upperBound, let box = box(at: position, before: range.upperBound),
      box.end > position
    {
      result.append(box)
      position = box.end
    }
    return result
  }

  private mutating func readMeta(_ meta: Range<Int>) throws(WhiskerError) {
    var primary: Int?
    var properties: [Box] = []
    var associations: Range<Int>?
    for box in boxes(in: meta) {
      if box.kind == "pitm" {
        let isWide = bytes.byte(at: box.contents.lowerBound) != 0
        primary = bytes.number(at: box.contents.lowerBound + 4, bytes: isWide ? 4 : 2, bigEndian: true)
      } else if box.kind == "iprp" {
        for inner in boxes(in: box.contents) {
          if inner.kind == "ipco" { properties = boxes(in: inner.contents) }
          if inner.kind == "ipma" && associations == nil { associations = inner.contents }
        }
      }
    }
    for property in properties where property.kind == "hvcC" {
      codedSizes += HEVCSizes.sizes(inSettings: bytes, at: property.contents)
    }
    if format == .heic { codedSizes += try sizesOfItems(in: meta) }
    guard let primary, let associations else { return }
    for index in indices(of: primary, in: associations) where properties.indices.contains(index - 1) {
      let property = properties[index - 1]
      let start = property.contents.lowerBound
      if property.kind == "ispe", let width = bytes.bigEndian32(at: start + 4),
        let height = bytes.bigEndian32(at: start + 8)
      {
        size = (width, height)
        codedSizes.append((width, height))
      } else if property.kind == "clap" && format == .heic, let whole = size {
        // A width and a height, each a fraction; of AVIF, Pillow shows the whole.
        let numbers = (0..<4).compactMap { bytes.bigEndian32(at: start + 4 * $0) }
        guard numbers.count == 4, numbers[1] > 0, numbers[3] > 0 else { continue }
        size = (min(whole.width, numbers[0] / numbers[1]), min(whole.height, numbers[2] / numbers[3]))
      } else if property.kind == "pixi", let count = bytes.byte(at: start + 4), (1...4).contains(count) {
        channels = count
        bitDepth = bytes.byte(at: start + 5) ?? 8
      }
    }
  }

  /// The properties of an item, counted from 1.
  private func indices(of item: Int, in range: Range<Int>) -> [Int] {
    guard let version = bytes.byte(at: range.lowerBound),
      let flags = bytes.number(at: range.lowerBound + 1, bytes: 3, bigEndian: true),
      let count = bytes.bigEndian32(at: range.lowerBound + 4)
    else { return [] }
    let (idSize, indexSize) = (version == 0 ? 2 : 4, flags & 1 == 0 ? 1 : 2)
    var position = range.lowerBound + 8
    for _ in 0..<count {
      guard position < range.upperBound, let id = bytes.number(at: position, bytes: idSize, bigEndian: true),
        let properties = bytes.byte(at: position + idSize)
      else { return [] }
      position += idSize + 1
      if id == item {
        return (0..<properties).compactMap { index in
          bytes.number(at: position + index * indexSize, bytes: indexSize, bigEndian: true)
            .map { $0 & (indexSize == 1 ? 0x7F : 0x7FFF) }
        }
      }
      position += properties * indexSize
    }
    return []
  }
}

extension PhotoHeader {
  /// HEIC and AVIF: the properties of the primary picture.
  init(ofHEIF bytes: UnsafeRawBufferPointer, format: PhotoFormat) throws(WhiskerError) {
    let boxes = try HEIFBoxes(of: bytes, format: format)
    if let size = boxes.size {
      self.init(
        format: format, height: size.height, width: size.width, channels: boxes.channels,
        bitDepth: boxes.bitDepth)
    } else if format == .avif {
      self = try AVIFFile(bytes, limits: PhotoDecoder.Limits()).header
    } else {
      throw .unsupported(.heic, expected: "a picture", got: "none, or only a sequence of them")
    }
  }
}
