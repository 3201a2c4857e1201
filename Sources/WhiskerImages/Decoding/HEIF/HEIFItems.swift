import WhiskerSystem

extension HEIFBoxes {
  /// The sizes that the items of a file announce in their data: the parameters of HEVC, and the pictures that are put
  /// together from others.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `unreadable` for items that overlap so that walking them
  ///   takes long.
  func sizesOfItems(in meta: Range<Int>) throws(WhiskerError) -> [(width: Int, height: Int)] {
    let inner = boxes(in: meta)
    guard let places = inner.first(where: { $0.kind == "iloc" })?.contents,
      let version = bytes.byte(at: places.lowerBound),
      let widths = bytes.bigEndian16(at: places.lowerBound + 4)
    else { return [] }
    let kinds = kindsOfItems(in: inner.first { $0.kind == "iinf" }?.contents)
    let dataStart = inner.first { $0.kind == "idat" }?.contents.lowerBound ?? 0
    var sizes: [(width: Int, height: Int)] = []
    var position = places.lowerBound + 6
    func number(_ size: Int) -> Int? {
      if size == 0 { return 0 }
      defer { position += size }
      return position + size <= places.upperBound
        ? bytes.number(at: position, bytes: size, bigEndian: true) : nil
    }
    guard let count = number(version < 2 ? 2 : 4) else { return [] }
    // Pictures may share their data, but not so that a small file is walked for hours.
    var budget = 1 << 20 + 16 * bytes.count
    for _ in 0..<count {
      guard let id = number(version < 2 ? 2 : 4), let method = number(version == 0 ? 0 : 2), number(2) != nil,
        let base = number(widths >> 4 & 15), let pieces = number(2)
      else { return sizes }
      guard pieces <= 1024 else { throw .malformed(format, "a picture of \(pieces) pieces") }
      var coded: [Slice<UnsafeRawBufferPointer>] = []
      for _ in 0..<pieces {
        guard number(version == 0 ? 0 : widths & 15) != nil, let offset = number(widths >> 12),
          let length = number(widths >> 8 & 15)
        else { return sizes }
        let (place, overflow) = base.addingReportingOverflow(offset)
        let start = method & 15 == 1 ? dataStart : 0
        guard !overflow, place <= bytes.count - start, length <= bytes.count - start - place else { continue }
        budget -= length
        guard budget > 0 else { throw .malformed(format, "pictures that overlap") }
        coded.append(bytes[start + place..<start + place + length])
      }
      func add(_ data: UnsafeRawBufferPointer) {
        switch kinds[id] {
        case "grid", "iovl":
          // A version, flags, then numbers of rows and columns or a colour, then the size.
          let offset = kinds[id] == "grid" ? 4 : 10
          let size = data.byte(at: 1).map { $0 & 1 == 0 ? 2 : 4 } ?? 2
          if let width = data.number(at: offset, bytes: size, bigEndian: true),
            let height = data.number(at: offset + size, bytes: size, bigEndian: true)
          {
            sizes.append((width, height))
          }
        default: sizes += HEVCSizes.sizes(inData: data)
        }
      }
      if coded.count == 1 {
        add(UnsafeRawBufferPointer(rebasing: coded[0]))
      } else {
        Array(coded.joined()).withUnsafeBytes(add)
      }
    }
    return sizes
  }

  /// The kinds of items by their numbers.
  private func kindsOfItems(in range: Range<Int>?) -> [Int: String] {
    guard let range, let version = bytes.byte(at: range.lowerBound) else { return [:] }
    var kinds: [Int: String] = [:]
    for entry in boxes(in: range.dropFirst(version == 0 ? 6 : 8)) where entry.kind == "infe" {
      let start = entry.contents.lowerBound
      let size = bytes.byte(at: start) == 2 ? 2 : 4
      guard let id = bytes.number(at: start + 4, bytes: size, bigEndian: true),
        start + 6 + size + 4 <= entry.contents.upperBound
      else { continue }
      kinds[id] = String(decoding: bytes[start + 6 + size..<start + 10 + size], as: UTF8.self)
    }
    return kinds
  }
}
