import WhiskerSystem

/// Reads the chunks of one dataset into the memory of its elements.
struct HDF5ChunkReader {
  private let elements: HDF5StoredElements
  private let chunks: HDF5Chunks
  private let reader: HDF5Reader
  /// The chunks along each axis.
  private let grid: [Int]

  /// A reader of the chunks of these elements.
  init(_ elements: HDF5StoredElements, _ chunks: HDF5Chunks, _ reader: HDF5Reader) {
    self.elements = elements
    self.chunks = chunks
    self.reader = reader
    grid = zip(elements.shape.sizes, chunks.sizes).map { size, chunk in (size + chunk - 1) / chunk }
  }

  private var place: HDF5Place { elements.place }
  private var chunkSize: Int { chunks.count * elements.type.size }

  /// Reads all chunks that the index at an address names.
  func read(at address: Int, into buffer: UnsafeMutableRawBufferPointer) throws(WhiskerError) {
    switch chunks.index {
    case .tree:
      var seen: Set<[Int]> = []
      try readTree(at: address, level: nil, &seen, into: buffer)
    case .single(let filteredSize, let mask):
      guard grid.allSatisfy({ $0 == 1 }) else { throw place.corrupt(expected: "one chunk", got: "\(grid)") }
      let origin = grid.map { _ in 0 }
      try readChunk(origin, at: address, storedSize: filteredSize ?? chunkSize, mask, into: buffer)
    case .implicit:
      var position = grid.map { _ in 0 }
      for number in 0..<grid.reduce(1, *) {
        let origin = zip(position, chunks.sizes).map { $0 * $1 }
        let (start, overflows) = address.addingReportingOverflow(number * chunkSize)
        guard !overflows else {
          throw place.corrupt(expected: "chunks in the file", got: "an address of \(address)")
        }
        try readChunk(origin, at: start, storedSize: chunkSize, 0, into: buffer)
        Self.advance(&position, below: grid)
      }
    }
  }

  private func readTree(
    at address: Int, level: Int?, _ seen: inout Set<[Int]>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(WhiskerError) {
    // A key: the chunk's size in the file, the filters it left out, its place along each axis and in an element.
    let keySize = 8 + 8 * (grid.count + 1)
    let node = try reader.treeNode(at: address, type: 1, level: level, keySize: keySize, place)
    for var child in node.children {
      guard node.level == 0 else {
        try readTree(at: child.address, level: node.level - 1, &seen, into: buffer)
        continue
      }
      let (storedSize, mask) = (try child.key.integer(4), try child.key.integer(4))
      var origin: [Int] = []
      for (size, chunk) in zip(elements.shape.sizes, chunks.sizes) {
        let start = try child.key.integer(8)
        guard start < size, start % chunk == 0 else {
          throw child.key.expected("a multiple of \(chunk) below \(size)", got: start)
        }
        origin.append(start)
      }
      guard seen.insert(origin).inserted else {
        throw place.corrupt(expected: "one chunk at \(origin)", got: "two")
      }
      try readChunk(origin, at: child.address, storedSize: storedSize, mask, into: buffer)
    }
  }

  private func readChunk(
    _ origin: [Int], at address: Int, storedSize: Int, _ mask: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(WhiskerError) {
    // A filter may enlarge what can't be compressed, but not by much.
    guard storedSize <= chunkSize + chunkSize / 8 + 1024 else {
      throw place.corrupt(expected: "a chunk of about \(chunkSize) bytes", got: "\(storedSize)")
    }
    guard address <= reader.source.count - reader.base,
      reader.source.holds(storedSize, at: reader.base + address)
    else {
      throw place.fault(
        .truncated,
        expected: "a chunk of \(storedSize) bytes at byte \(address)", got: "a file of \(reader.source.count)"
      )
    }
    let stored = try reader.source.bytes(at: reader.base + address, count: storedSize)
    let bytes = try elements.filters.undone(
      stored, count: chunkSize, elementSize: elements.type.size, mask: mask, place)
    copy(bytes, to: origin, in: buffer)
  }

  /// Copies a chunk's elements to their place, row by row; what hangs over the dataset's edge is left out.
  private func copy(_ chunk: [UInt8], to origin: [Int], in buffer: UnsafeMutableRawBufferPointer) {
    let (shape, width, last) = (elements.shape.sizes, elements.type.size, grid.count - 1)
    let inside = shape.indices.map { min(chunks.sizes[$0], shape[$0] - origin[$0]) }
    let rows = inside.dropLast().reduce(1, *)
    var position = inside.map { _ in 0 }
    for _ in 0..<rows {
      var (from, to) = (0, 0)
      for axis in shape.indices {
        from = from * chunks.sizes[axis] + position[axis]
        to = to * shape[axis] + origin[axis] + position[axis]
      }
      let count = inside[last] * width
      chunk.withUnsafeBytes {
        let row = UnsafeRawBufferPointer(rebasing: $0[from * width..<from * width + count])
        UnsafeMutableRawBufferPointer(rebasing: buffer[to * width..<to * width + count]).copyMemory(from: row)
      }
      if last > 0 { Self.advance(&position, below: Array(inside.dropLast()) + [1]) }
    }
  }

  /// The next position in row-major order.
  private static func advance(_ position: inout [Int], below limits: [Int]) {
    for axis in position.indices.reversed() {
      position[axis] += 1
      if position[axis] < limits[axis] { return }
      position[axis] = 0
    }
  }
}
