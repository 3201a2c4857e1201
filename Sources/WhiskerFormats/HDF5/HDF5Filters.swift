import WhiskerSystem

/// The filters that a dataset's chunks went through when they were written, in order.
struct HDF5Filters: Sendable {
  /// The filters that are read.
  enum Filter: Int, Sendable {
    case deflate = 1
    case shuffle = 2
    /// A checksum after the bytes.
    case fletcher32 = 3
  }

  private var filters: [Filter] = []

  /// No filters.
  init() {}

  /// Reads a filter pipeline message.
  init(_ body: inout HDF5Cursor) throws(WhiskerError) {
    let version = try body.version(1...2)
    let count = try body.integer(1)
    guard count <= 32 else { throw body.expected("at most 32 filters", got: count) }
    try body.skip(version == 1 ? 6 : 0)
    for _ in 0..<count {
      let identifier = try body.integer(2)
      let nameLength = try version == 1 || identifier >= 256 ? body.integer(2) : 0
      try body.skip(2)
      let values = try body.integer(2)
      try body.skip(nameLength + (version == 1 ? (8 - nameLength % 8) % 8 : 0))
      try body.skip(4 * values + (version == 1 && values % 2 == 1 ? 4 : 0))
      guard let filter = Filter(rawValue: identifier) else {
        let name = [4: "SZIP", 5: "n-bit", 6: "scale-offset", 32000: "LZF"][identifier]
        throw body.place.unsupported(
          expected: "gzip or shuffle filters", got: "\(name ?? "filter \(identifier)")")
      }
      filters.append(filter)
    }
  }

  /// Whether there are none.
  var isEmpty: Bool { filters.isEmpty }

  /// Undoes the filters, except those of the mask's bits; the result has `count` bytes.
  func undone(
    _ stored: [UInt8], count: Int, elementSize: Int, mask: Int, _ place: HDF5Place
  ) throws(WhiskerError) -> [UInt8] {
    let applied = filters.indices.filter { mask >> $0 & 1 == 0 }
    var bytes = stored
    for index in applied.reversed() {
      switch filters[index] {
      case .deflate:
        // A checksum that was added before grew what was compressed.
        let checksums = applied.count { $0 < index && filters[$0] == .fletcher32 }
        bytes = try Self.inflated(bytes, count: count + 4 * checksums, place)
      case .shuffle: bytes = Self.unshuffled(bytes, elementSize: elementSize)
      case .fletcher32: bytes.removeLast(min(4, bytes.count))
      }
    }
    guard bytes.count == count else {
      throw place.corrupt(expected: "a chunk of \(count) bytes", got: "\(bytes.count)")
    }
    return bytes
  }

  private static func inflated(
    _ bytes: [UInt8], count: Int, _ place: HDF5Place
  ) throws(WhiskerError) -> [UInt8] {
    guard let inflated = bytes.withUnsafeBytes({ Deflate.unpacked($0, .zlib, atMost: count) }) else {
      throw place.corrupt(expected: "a chunk compressed to \(count) bytes", got: "a damaged or larger one")
    }
    return inflated
  }

  /// Puts the bytes of each element together: the filter stores all first bytes, then all second ones, ….
  private static func unshuffled(_ bytes: [UInt8], elementSize: Int) -> [UInt8] {
    let count = bytes.count / elementSize
    guard elementSize > 1, count > 1 else { return bytes }
    // What doesn't fill an element stays at the end, as it is.
    var unshuffled = bytes
    for place in 0..<elementSize {
      for element in 0..<count { unshuffled[element * elementSize + place] = bytes[place * count + element] }
    }
    return unshuffled
  }
}
