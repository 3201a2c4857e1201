import WhiskerSystem

/// How a number is stored in a file, little-endian; each becomes a 32-bit float.
enum NumberType: Sendable, CaseIterable {
  case float16, brainFloat16, float32, float64
  case signed8, signed16, signed32, signed64
  case unsigned8, unsigned16, unsigned32, unsigned64
  /// A byte; everything but 0 is true and becomes 1.
  case boolean

  /// The bytes that one takes.
  var size: Int {
    switch self {
    case .signed8, .unsigned8, .boolean: 1
    case .float16, .brainFloat16, .signed16, .unsigned16: 2
    case .float32, .signed32, .unsigned32: 4
    case .float64, .signed64, .unsigned64: 8
    }
  }

  /// Turns the bytes of contiguous numbers, at any address, into floats.
  func convert(_ bytes: UnsafeRawBufferPointer, into floats: UnsafeMutableBufferPointer<Float>) {
    gather(bytes, from: 0, stride: 1, into: floats)
  }

  /// Takes every `stride`-th number, beginning with number `first`; all must lie within the bytes.
  ///
  /// The byte order is that of every processor that Swift for Linux runs on.
  func gather(
    _ bytes: UnsafeRawBufferPointer, from first: Int, stride: Int,
    into floats: UnsafeMutableBufferPointer<Float>
  ) {
    guard let last = floats.indices.last else { return }
    precondition(
      first >= 0 && stride >= 0 && first + last * stride < bytes.count / size, "numbers beyond the bytes")
    func fill<Number: BitwiseCopyable>(_ type: Number.Type, _ float: (Number) -> Float) {
      let size = MemoryLayout<Number>.size
      var offset = first * size
      for index in floats.indices {
        floats.initializeElement(
          at: index, to: float(bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)))
        offset += stride * size
      }
    }
    switch self {
    case .float32 where stride == 1:
      let start = first * size
      UnsafeMutableRawBufferPointer(floats).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + floats.count * size]))
    case .float32: fill(Float.self) { $0 }
    case .float64: fill(Double.self) { Float($0) }
    case .float16: fill(Float16.self) { Float($0) }
    case .brainFloat16: fill(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .signed8: fill(Int8.self) { Float($0) }
    case .signed16: fill(Int16.self) { Float($0) }
    case .signed32: fill(Int32.self) { Float($0) }
    case .signed64: fill(Int64.self) { Float($0) }
    case .unsigned8: fill(UInt8.self) { Float($0) }
    case .unsigned16: fill(UInt16.self) { Float($0) }
    case .unsigned32: fill(UInt32.self) { Float($0) }
    case .unsigned64: fill(UInt64.self) { Float($0) }
    case .boolean: fill(UInt8.self) { $0 == 0 ? 0 : 1 }
    }
  }
}

extension MappedFile {
  /// The `count` contiguous numbers from byte `offset` on, which must lie within the file.
  func numbers(_ type: NumberType, at offset: Int, count: Int) throws(WhiskerError) -> [Float] {
    precondition(
      offset >= 0 && count >= 0 && offset <= size && count <= (size - offset) / type.size,
      "a range beyond the end of the file")
    var fault: WhiskerError?
    let numbers = [Float](unsafeUninitializedCapacity: count) { floats, initializedCount in
      do throws(WhiskerError) {
        while initializedCount < count {
          let part = initializedCount..<min(count, initializedCount + MappedFile.partSize / 4)
          try withBytes(offset + part.lowerBound * type.size..<offset + part.upperBound * type.size) {
            bytes in
            type.convert(bytes, into: UnsafeMutableBufferPointer(rebasing: floats[part]))
          }
          initializedCount = part.upperBound
        }
      } catch {
        fault = error
        initializedCount = 0
      }
    }
    if let fault { throw fault }
    return numbers
  }
}
