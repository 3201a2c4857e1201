import WhiskerSystem

/// Reads the little-endian fields of one structure of an HDF5 file, one after another.
struct HDF5Cursor {
  /// The structure's bytes.
  let bytes: [UInt8]
  /// Where the next field begins.
  private(set) var position: Int
  /// Where the structure ends.
  let end: Int
  /// The sizes of addresses and lengths in this file.
  let sizes: HDF5Sizes
  /// What the structure is, for messages.
  let structure: String
  /// Where it was found.
  let place: HDF5Place

  /// A cursor over all bytes of a structure.
  init(_ bytes: [UInt8], sizes: HDF5Sizes, _ structure: String, place: HDF5Place) {
    self.init(bytes, range: 0..<bytes.count, sizes: sizes, structure, place: place)
  }

  private init(
    _ bytes: [UInt8], range: Range<Int>, sizes: HDF5Sizes, _ structure: String, place: HDF5Place
  ) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
    self.sizes = sizes
    self.structure = structure
    self.place = place
  }

  /// How many bytes are left.
  var remaining: Int { end - position }

  /// The error of a field that holds something else.
  func expected(_ expectation: String, got value: some Any) -> WhiskerError {
    place.corrupt(expected: "\(expectation) in \(structure)", got: "\(value)")
  }

  /// A whole number of 0 to 8 bytes.
  mutating func unsigned(_ size: Int) throws(WhiskerError) -> UInt64 {
    try require(size)
    var number: UInt64 = 0
    for index in 0..<size { number |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    position += size
    return number
  }

  /// A whole number that can count something.
  mutating func integer(_ size: Int) throws(WhiskerError) -> Int {
    let number = try unsigned(size)
    guard let integer = Int(exactly: number) else { throw expected("a number below 2⁶³", got: number) }
    return integer
  }

  /// A length of the file's own size.
  mutating func length() throws(WhiskerError) -> Int { try integer(sizes.length) }

  /// An address; nil if it is undefined (all bits set).
  mutating func address() throws(WhiskerError) -> Int? {
    let number = try unsigned(sizes.offset)
    let undefined = UInt64.max >> UInt64(64 - 8 * sizes.offset)
    if number == undefined { return nil }
    guard let address = Int(exactly: number) else { throw expected("an address in the file", got: number) }
    return address
  }

  /// An address that must be defined.
  mutating func definedAddress() throws(WhiskerError) -> Int {
    guard let address = try address() else { throw expected("an address", got: "none") }
    return address
  }

  /// Skips bytes.
  mutating func skip(_ count: Int) throws(WhiskerError) {
    try require(count)
    position += count
  }

  /// Skips what fills the bytes since `start` up to a multiple of 8.
  mutating func skipPadding(since start: Int) throws(WhiskerError) {
    try skip((8 - (position - start) % 8) % 8)
  }

  /// A part of the structure, as a cursor of its own.
  mutating func part(_ count: Int, _ structure: String) throws(WhiskerError) -> HDF5Cursor {
    try require(count)
    position += count
    return HDF5Cursor(bytes, range: position - count..<position, sizes: sizes, structure, place: place)
  }

  /// The same cursor with other sizes of addresses and lengths.
  func with(_ sizes: HDF5Sizes) -> HDF5Cursor {
    HDF5Cursor(bytes, range: position..<end, sizes: sizes, structure, place: place)
  }

  /// Bytes as they are.
  mutating func raw(_ count: Int) throws(WhiskerError) -> ArraySlice<UInt8> {
    try require(count)
    position += count
    return bytes[position - count..<position]
  }

  /// The four letters that a structure begins with.
  mutating func signature(_ letters: StaticString) throws(WhiskerError) {
    let found = try raw(4)
    let matches = letters.withUTF8Buffer { found.elementsEqual($0) }
    guard matches else { throw expected("the signature '\(letters)'", got: Array(found)) }
  }

  /// A version, one of those given.
  mutating func version(_ known: ClosedRange<Int>) throws(WhiskerError) -> Int {
    let version = try integer(1)
    guard known.contains(version) else {
      throw expected("version \(known.lowerBound) to \(known.upperBound)", got: version)
    }
    return version
  }

  private func require(_ count: Int) throws(WhiskerError) {
    guard count >= 0, count <= remaining else {
      throw place.corrupt(expected: "\(count) more bytes in \(structure)", got: "\(remaining)")
    }
  }
}

/// How many bytes addresses and lengths take in one file.
struct HDF5Sizes: Sendable {
  /// Those of an address.
  var offset = 8
  /// Those of a length.
  var length = 8
}
