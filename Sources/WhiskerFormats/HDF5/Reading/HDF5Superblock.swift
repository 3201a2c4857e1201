import WhiskerSystem

/// What a superblock says, the beginning of an HDF5 file.
struct HDF5Superblock: Sendable {
  private(set) var sizes = HDF5Sizes()
  /// Where in the file the superblock lies, from which addresses count.
  let base: Int
  /// The address of the root group's object header.
  private(set) var root = 0

  /// Looks for the superblock, at the beginning or after a block of the user's (512 bytes, 1,024, …).
  init(_ source: HDF5Source) throws(WhiskerError) {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var start = 0
    while source.holds(8, at: start), try source.bytes(at: start, count: 8) != signature {
      start = max(512, start * 2)
    }
    guard source.holds(8, at: start) else {
      throw WhiskerError(.notThisFormat, source.name, expected: "an HDF5 file", got: "something else")
    }
    base = start
    // No superblock is longer than this, with addresses of eight bytes.
    let count = min(112, source.count - start)
    let bytes = try source.bytes(at: start, count: count)
    let place = HDF5Place(file: source.name, path: "")
    var cursor = HDF5Cursor(bytes, sizes: sizes, "the superblock", place: place)
    try cursor.skip(8)
    let version = try cursor.version(0...3)
    if version < 2 {
      try cursor.skip(4)
      try readSizes(&cursor)
      try cursor.skip(version == 0 ? 9 : 13)
    } else {
      try readSizes(&cursor)
      try cursor.skip(1)
    }
    cursor = cursor.with(sizes)
    let statedBase = try cursor.definedAddress()
    // A block of the user's can be put before a finished file: then the addresses count from the superblock.
    guard statedBase == start || statedBase == 0 else {
      throw cursor.expected("a base address of \(start)", got: statedBase)
    }
    _ = try cursor.address()
    let end = try cursor.definedAddress()
    guard end <= source.count - (statedBase == 0 ? start : 0) else {
      throw WhiskerError(.truncated, source.name, expected: "\(end) bytes", got: "\(source.count)")
    }
    if version < 2 { try cursor.skip(2 * sizes.offset) }
    root = try cursor.definedAddress()
    if version >= 2 {
      let checked = cursor.position
      let stated = UInt32(truncatingIfNeeded: try cursor.unsigned(4))
      guard stated == hdf5Checksum(bytes[..<checked]) else {
        throw place.corrupt(expected: "a sound superblock", got: "one whose checksum differs")
      }
    }
  }

  private mutating func readSizes(_ cursor: inout HDF5Cursor) throws(WhiskerError) {
    sizes = HDF5Sizes(offset: try cursor.integer(1), length: try cursor.integer(1))
    guard [2, 4, 8].contains(sizes.offset), [2, 4, 8].contains(sizes.length) else {
      throw cursor.expected("addresses and lengths of 2, 4 or 8 bytes", got: sizes)
    }
  }
}
