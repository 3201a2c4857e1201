import WhiskerSystem

/// How the elements of a dataset lie in the file.
enum HDF5Layout: Sendable {
  /// In the object's header.
  case compact([UInt8])
  /// In one piece; without an address there is only the fill value.
  case contiguous(address: Int?)
  /// In boxes of the same shape, which may be compressed.
  case chunked(HDF5Chunks)

  /// Reads a layout message of a dataset with this many axes.
  init(_ body: inout HDF5Cursor, rank: Int) throws(WhiskerError) {
    let version = try body.version(3...4)
    switch try body.integer(1) {
    case 0: self = .compact(Array(try body.raw(try body.integer(2))))
    case 1: self = .contiguous(address: try body.address())
    case 2 where version == 3: self = .chunked(try HDF5Chunks(version3: &body, rank: rank))
    case 2: self = .chunked(try HDF5Chunks(version4: &body, rank: rank))
    case let other:
      throw body.place.unsupported(
        expected: "compact, contiguous or chunked elements", got: "layout \(other)")
    }
  }
}

/// The chunks of a dataset: their shape and where to look them up.
struct HDF5Chunks: Sendable {
  /// The ways to look up chunks.
  enum Index: Sendable {
    /// A B-tree of version 1.
    case tree
    /// One chunk, as it is or filtered to another size.
    case single(filteredSize: Int?, filterMask: Int)
    /// All chunks in order, unfiltered.
    case implicit
  }

  /// The sizes of a chunk's axes, as many as the dataset's, each at least 1.
  let sizes: [Int]
  let index: Index
  /// Where the index or the chunks lie; nil if nothing was written.
  let address: Int?

  /// The elements of one chunk.
  var count: Int { sizes.reduce(1, *) }

  init(version3 body: inout HDF5Cursor, rank: Int) throws(WhiskerError) {
    let stated = try body.integer(1)
    address = try body.address()
    sizes = try Self.sizes(&body, stated, rank, width: 4)
    index = .tree
  }

  init(version4 body: inout HDF5Cursor, rank: Int) throws(WhiskerError) {
    let flags = try body.integer(1)
    let stated = try body.integer(1)
    let width = try body.integer(1)
    guard (1...8).contains(width) else { throw body.expected("a width of 1 to 8 bytes", got: width) }
    sizes = try Self.sizes(&body, stated, rank, width: width)
    switch try body.integer(1) {
    case 1:
      let isFiltered = flags & 2 != 0
      index = .single(
        filteredSize: try isFiltered ? body.length() : nil, filterMask: try isFiltered ? body.integer(4) : 0)
    case 2: index = .implicit
    case let other:
      let name = [3: "a fixed array", 4: "an extensible array", 5: "a B-tree of version 2"][other]
      throw body.place.unsupported(
        expected: "chunks in a B-tree of version 1", got: "\(name ?? "index \(other)")")
    }
    address = try body.address()
  }

  private static func sizes(
    _ body: inout HDF5Cursor, _ stated: Int, _ rank: Int, width: Int
  ) throws(WhiskerError) -> [Int] {
    // The last size is that of an element.
    guard rank > 0, stated == rank + 1 else { throw body.expected("chunks of \(rank) axes", got: stated - 1) }
    var sizes: [Int] = []
    var product = 1
    for _ in 0..<rank {
      let size = try body.integer(width)
      let (next, overflows) = product.multipliedReportingOverflow(by: size)
      guard !overflows, size > 0, next < 1 << 32 else {
        throw body.expected("chunks of 1 to 2³² elements", got: size)
      }
      product = next
      sizes.append(size)
    }
    _ = try body.integer(width)
    return sizes
  }
}
