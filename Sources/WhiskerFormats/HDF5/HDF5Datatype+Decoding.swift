extension HDF5Datatype {
  /// Whether ``decode(_:into:)`` reads such elements.
  var isNumber: Bool {
    switch kind {
    case .integer, .float, .brainFloat: true
    case .boolean, .fixedString, .variableString, .unread: false
    }
  }

  /// Converts numbers to 32-bit floats.
  func decode(_ raw: UnsafeRawBufferPointer, into floats: UnsafeMutableBufferPointer<Float>) {
    switch (kind, size) {
    case (.float, 2): convert(raw, UInt16.self, floats) { Float(Float16(bitPattern: $0)) }
    case (.float, 4): convert(raw, UInt32.self, floats) { Float(bitPattern: $0) }
    case (.float, _): convert(raw, UInt64.self, floats) { Float(Double(bitPattern: $0)) }
    case (.brainFloat, _): convert(raw, UInt16.self, floats) { Float(bitPattern: UInt32($0) << 16) }
    case (.integer(true), 1): convert(raw, Int8.self, floats) { Float($0) }
    case (.integer(true), 2): convert(raw, Int16.self, floats) { Float($0) }
    case (.integer(true), 4): convert(raw, Int32.self, floats) { Float($0) }
    case (.integer(true), _): convert(raw, Int64.self, floats) { Float($0) }
    case (.integer(false), 1): convert(raw, UInt8.self, floats) { Float($0) }
    case (.integer(false), 2): convert(raw, UInt16.self, floats) { Float($0) }
    case (.integer(false), 4): convert(raw, UInt32.self, floats) { Float($0) }
    case (.integer(false), _): convert(raw, UInt64.self, floats) { Float($0) }
    default: preconditionFailure("only numbers are decoded")
    }
  }

  /// Numbers and truth values as they are.
  func elements(_ raw: UnsafeRawBufferPointer, count: Int) -> HDF5Value.Elements {
    switch (kind, size) {
    case (.boolean, _): .booleans(raw.prefix(count).map { $0 != 0 })
    case (.float, 2): .floats(converted(raw, UInt16.self, count) { Double(Float16(bitPattern: $0)) })
    case (.float, 4): .floats(converted(raw, UInt32.self, count) { Double(Float(bitPattern: $0)) })
    case (.float, _): .floats(converted(raw, UInt64.self, count) { Double(bitPattern: $0) })
    case (.brainFloat, _):
      .floats(converted(raw, UInt16.self, count) { Double(Float(bitPattern: UInt32($0) << 16)) })
    case (.integer(true), 1): .integers(converted(raw, Int8.self, count) { Int64($0) })
    case (.integer(true), 2): .integers(converted(raw, Int16.self, count) { Int64($0) })
    case (.integer(true), 4): .integers(converted(raw, Int32.self, count) { Int64($0) })
    case (.integer(true), _): .integers(converted(raw, Int64.self, count) { $0 })
    case (.integer(false), 1): .integers(converted(raw, UInt8.self, count) { Int64($0) })
    case (.integer(false), 2): .integers(converted(raw, UInt16.self, count) { Int64($0) })
    case (.integer(false), 4): .integers(converted(raw, UInt32.self, count) { Int64($0) })
    case (.integer(false), _): large(converted(raw, UInt64.self, count) { $0 })
    case (_, _): .unread(description)
    }
  }

  private func large(_ numbers: [UInt64]) -> HDF5Value.Elements {
    guard numbers.allSatisfy({ $0 <= UInt64(Int64.max) }) else { return .unread("whole numbers beyond 2⁶³") }
    return .integers(numbers.map { Int64($0) })
  }

  @inline(__always)
  private func convert<Stored: FixedWidthInteger & BitwiseCopyable>(
    _ raw: UnsafeRawBufferPointer, _ type: Stored.Type, _ floats: UnsafeMutableBufferPointer<Float>,
    _ convert: (Stored) -> Float
  ) {
    let width = MemoryLayout<Stored>.size
    for index in floats.indices {
      let stored = raw.loadUnaligned(fromByteOffset: index * width, as: Stored.self)
      floats[index] = convert(isBigEndian ? Stored(bigEndian: stored) : Stored(littleEndian: stored))
    }
  }

  @inline(__always)
  private func converted<Stored: FixedWidthInteger & BitwiseCopyable, Element>(
    _ raw: UnsafeRawBufferPointer, _ type: Stored.Type, _ count: Int, _ convert: (Stored) -> Element
  ) -> [Element] {
    (0..<count).map { index in
      let stored = raw.loadUnaligned(fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
      return convert(isBigEndian ? Stored(bigEndian: stored) : Stored(littleEndian: stored))
    }
  }
}
