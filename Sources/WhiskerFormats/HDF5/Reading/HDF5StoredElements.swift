import WhiskerSystem
import WhiskerTensors

/// The elements of a dataset in a file, described and checked, to be read when they are asked for.
struct HDF5StoredElements: Sendable {
  let source: HDF5Source
  let superblock: HDF5Superblock
  let place: HDF5Place
  let shape: Shape
  let type: HDF5Datatype
  let layout: HDF5Layout
  let filters: HDF5Filters
  /// The bytes of an element that was never written; zeros if there are none.
  let fillValue: [UInt8]

  /// The bytes of all elements.
  var size: Int { shape.count * type.size }

  /// The elements as 32-bit floats.
  func tensor() throws(WhiskerError) -> Tensor {
    guard type.isNumber else { throw place.unsupported(expected: "numbers", got: "\(type.description)") }
    var fault: WhiskerError?
    let values = [Float](unsafeUninitializedCapacity: shape.count) { buffer, initializedCount in
      let floats = UnsafeMutableBufferPointer(rebasing: buffer[..<shape.count])
      do throws(WhiskerError) {
        try read(into: floats)
        initializedCount = shape.count
      } catch {
        fault = error
      }
    }
    if let fault { throw fault }
    return Tensor(shape: shape, values: values)
  }

  /// The elements as they are.
  func value() throws(WhiskerError) -> HDF5Value {
    let reader = HDF5Reader(source, superblock)
    if case .unread(let what) = type.kind { return HDF5Value(shape: shape, elements: .unread(what)) }
    try reader.budget.keep(size)
    var body = HDF5Cursor(try bytes(), sizes: superblock.sizes, "a dataset", place: place)
    return try reader.value(type, shape, &body)
  }

  private func read(into floats: UnsafeMutableBufferPointer<Float>) throws(WhiskerError) {
    if type.isNativeFloat {
      try read(into: UnsafeMutableRawBufferPointer(floats))
    } else if case .contiguous(let address?) = layout {
      // A little at a time, so that the bytes and the floats don't both take the dataset's size.
      let step = 1 << 18
      var block = [UInt8](repeating: 0, count: min(step, floats.count) * type.size)
      for start in stride(from: 0, to: floats.count, by: step) {
        let count = min(step, floats.count - start)
        let fault = block.withUnsafeMutableBytes { bytes in
          let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(count * type.size)])
          return source.fill(bytes, at: superblock.base + address + start * type.size)
        }
        if let fault { throw fault }
        let part = UnsafeMutableBufferPointer(rebasing: floats[start..<start + count])
        block.withUnsafeBytes { type.decode($0, into: part) }
      }
    } else {
      try bytes().withUnsafeBytes { type.decode($0, into: floats) }
    }
  }

  private func bytes() throws(WhiskerError) -> [UInt8] {
    var fault: WhiskerError?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initializedCount in
      do throws(WhiskerError) {
        try read(
          into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<size]))
        initializedCount = size
      } catch {
        fault = error
      }
    }
    if let fault { throw fault }
    return bytes
  }

  /// Reads all elements as they lie in the file.
  private func read(into buffer: UnsafeMutableRawBufferPointer) throws(WhiskerError) {
    switch layout {
    case .compact(let bytes):
      bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<buffer.count])) }
    case .contiguous(let address?):
      if let fault = source.fill(buffer, at: superblock.base + address) { throw fault }
    case .contiguous(nil):
      fill(buffer)
    case .chunked(let chunks):
      fill(buffer)
      guard let address = chunks.address, !buffer.isEmpty else { return }
      let reader = HDF5ChunkReader(self, chunks, HDF5Reader(source, superblock))
      try reader.read(at: address, into: buffer)
    }
  }

  private func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    guard fillValue.count == type.size, fillValue.contains(where: { $0 != 0 }) else { return }
    for start in stride(from: 0, to: buffer.count, by: type.size) {
      fillValue.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + type.size]).copyMemory(from: $0)
      }
    }
  }
}

extension HDF5Reader {
  /// Reads and checks what describes a dataset's elements.
  func storedElements(
    _ messages: [HDF5Message], _ place: HDF5Place
  ) throws(WhiskerError) -> HDF5StoredElements {
    func body(_ kind: HDF5Message.Kind) -> HDF5Cursor? { messages.first { $0.kind == kind }?.body }
    guard var space = body(.dataspace), var datatype = body(.datatype), var layout = body(.layout) else {
      throw place.corrupt(expected: "a dataspace, a datatype and a layout", got: "no such")
    }
    guard body(.externalFiles) == nil else {
      throw place.unsupported(expected: "elements in this file", got: "a list of other files")
    }
    let shape = try hdf5Shape(&space)
    var filters = HDF5Filters()
    if var pipeline = body(.filters) { filters = try HDF5Filters(&pipeline) }
    let elements = HDF5StoredElements(
      source: source, superblock: superblock, place: place, shape: shape, type: try HDF5Datatype(&datatype),
      layout: try HDF5Layout(&layout, rank: shape.rank), filters: filters, fillValue: try fillValue(messages))
    try check(elements)
    return elements
  }

  private func fillValue(_ messages: [HDF5Message]) throws(WhiskerError) -> [UInt8] {
    for var message in messages {
      switch message.kind {
      case .fillValue:
        let version = try message.body.version(1...3)
        if version == 3 {
          guard try message.body.integer(1) & 0x20 != 0 else { return [] }
        } else {
          try message.body.skip(2)
          guard try message.body.integer(1) != 0 else { return [] }
        }
        return Array(try message.body.raw(try message.body.integer(4)))
      case .oldFillValue:
        // The newer message, if there is one, says the same.
        if messages.contains(where: { $0.kind == .fillValue }) { continue }
        return Array(try message.body.raw(try message.body.integer(4)))
      default: break
      }
    }
    return []
  }

  /// Checks that the elements lie in the file and that reading them all takes no more than the budget has.
  private func check(_ elements: HDF5StoredElements) throws(WhiskerError) {
    let place = elements.place
    let (size, overflows) = elements.shape.count.multipliedReportingOverflow(by: elements.type.size)
    guard !overflows, size < 1 << 50 else {
      throw place.corrupt(
        expected: "fewer than 2⁵⁰ bytes", got: "\(elements.shape) of \(elements.type.size) bytes each")
    }
    try budget.keep(MemoryLayout<Float>.size * elements.shape.count)
    switch elements.layout {
    case .compact(let bytes):
      guard bytes.count >= size else { throw place.corrupt(expected: "\(size) bytes", got: "\(bytes.count)") }
    case .contiguous(let address?):
      guard address <= source.count - base, source.holds(size, at: base + address) else {
        throw place.fault(
          .truncated, expected: "\(size) bytes at byte \(address)", got: "a file of \(source.count)")
      }
      guard elements.filters.isEmpty else {
        throw place.corrupt(expected: "filters on chunks only", got: "some elsewhere")
      }
    case .contiguous(nil): break
    case .chunked(let chunks): try check(chunks, elements, size)
    }
  }

  private func check(
    _ chunks: HDF5Chunks, _ elements: HDF5StoredElements, _ size: Int
  ) throws(WhiskerError) {
    let (chunkSize, overflows) = chunks.count.multipliedReportingOverflow(by: elements.type.size)
    var total = chunkSize
    var isTooLarge = overflows
    for (size, chunk) in zip(elements.shape.sizes, chunks.sizes) {
      let (product, overflows) = total.multipliedReportingOverflow(
        by: size / chunk + (size % chunk == 0 ? 0 : 1))
      total = product
      isTooLarge = isTooLarge || overflows
    }
    // Otherwise a small dataset could take hours: a column cut into chunks that are rows, all but empty.
    guard !isTooLarge, total <= 8 * size + (64 << 20) else {
      throw elements.place.corrupt(
        expected: "chunks that fit \(elements.shape)", got: "\(chunks.sizes), mostly outside of it")
    }
    // The stored bytes, those after a filter and those after the next.
    try budget.keep(size - elements.shape.count * (elements.type.isNativeFloat ? 4 : 0))
    try budget.keep(2 * chunkSize)
  }
}
