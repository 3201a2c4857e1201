import WhiskerSystem

/// Reads the structures of an HDF5 file: what h5py, and so Keras, writes, and nothing else.
///
/// The file may come from anywhere. Every address and length is checked against the file, no object or node of
/// a tree is read twice, nesting is limited, and memory and reading come out of a ``HDF5Budget``.
final class HDF5Reader {
  /// How deep groups may nest.
  static let depthLimit = 64

  let source: HDF5Source
  let budget: HDF5Budget
  let superblock: HDF5Superblock
  private var visited: Set<Int> = []
  private var heaps: [Int: [Int: Range<Int>]] = [:]

  /// A reader of the structures that a superblock leads to.
  init(_ source: HDF5Source, _ superblock: HDF5Superblock) {
    self.source = source
    budget = HDF5Budget(file: source.name, size: source.count)
    self.superblock = superblock
  }

  var sizes: HDF5Sizes { superblock.sizes }
  /// Where in the file the addresses begin to count.
  var base: Int { superblock.base }

  /// The bytes of a structure.
  func structure(
    _ name: String, at address: Int, count: Int, _ place: HDF5Place
  ) throws(WhiskerError) -> HDF5Cursor {
    guard source.count - base >= address, source.holds(count, at: base + address) else {
      throw place.fault(
        .truncated, expected: "\(name) of \(count) bytes at byte \(address)", got: "a file of \(source.count)"
      )
    }
    try budget.read(count)
    return HDF5Cursor(
      try source.bytes(at: base + address, count: count), sizes: sizes, name, place: place)
  }

  /// The bytes of a structure, or fewer where the file ends before.
  func beginning(
    of name: String, at address: Int, count: Int, _ place: HDF5Place
  ) throws(WhiskerError) -> HDF5Cursor {
    let available = max(0, source.count - base - min(address, source.count))
    return try structure(name, at: address, count: min(count, available), place)
  }

  /// Notes that a structure is being read; one that was read before would be a cycle, or a second name.
  func visit(_ name: String, at address: Int, _ place: HDF5Place) throws(WhiskerError) {
    guard visited.insert(address).inserted else {
      throw place.unsupported(
        expected: "\(name) of its own", got: "one that is used elsewhere too, at byte \(address)")
    }
  }

  /// The objects of the global heap at an address, each by its number.
  func heap(at address: Int, _ place: HDF5Place) throws(WhiskerError) -> [Int: Range<Int>] {
    if let known = heaps[address] { return known }
    var header = try structure("a global heap", at: address, count: 8 + sizes.length, place)
    try header.signature("GCOL")
    _ = try header.version(1...1)
    try header.skip(3)
    var heap = try structure("a global heap", at: address, count: try header.length(), place)
    try heap.skip(min(8 + sizes.length, heap.remaining))
    var objects: [Int: Range<Int>] = [:]
    while heap.remaining >= 8 + sizes.length {
      let number = try heap.integer(2)
      // Number 0 is what is free.
      if number == 0 { break }
      try heap.skip(6)
      let length = try heap.length()
      let start = heap.position
      try heap.skip(length)
      try budget.keep(64)
      objects[number] = base + address + start..<base + address + start + length
      try heap.skip(min((8 - length % 8) % 8, heap.remaining))
    }
    heaps[address] = objects
    return objects
  }
}
