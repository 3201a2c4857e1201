import WhiskerSystem
import WhiskerTensors

extension HDF5Reader {
  /// The attributes among an object's messages.
  func attributes(
    _ messages: [HDF5Message], _ place: HDF5Place
  ) throws(WhiskerError) -> [String: HDF5Value] {
    var attributes: [String: HDF5Value] = [:]
    for var message in messages {
      switch message.kind {
      case .attribute:
        let (name, value) = try attribute(&message.body, place)
        guard attributes.updateValue(value, forKey: name) == nil else {
          throw place.corrupt(expected: "one attribute '\(name)'", got: "two")
        }
      case .attributeInfo:
        _ = try message.body.version(0...0)
        try message.body.skip(try message.body.integer(1) & 1 != 0 ? 2 : 0)
        guard try message.body.address() == nil else {
          throw place.unsupported(expected: "attributes in the object's header", got: "dense storage")
        }
      default: break
      }
    }
    return attributes
  }

  private func attribute(
    _ body: inout HDF5Cursor, _ place: HDF5Place
  ) throws(WhiskerError) -> (name: String, value: HDF5Value) {
    let version = try body.version(1...3)
    let flags = try body.integer(1)
    let lengths = (name: try body.integer(2), type: try body.integer(2), space: try body.integer(2))
    if version == 3 { try body.skip(1) }
    var parts: [HDF5Cursor] = []
    for (length, name) in [
      (lengths.name, "an attribute's name"), (lengths.type, "a datatype"), (lengths.space, "a dataspace"),
    ] {
      parts.append(try body.part(length, name))
      if version == 1 { try body.skip(min((8 - length % 8) % 8, body.remaining)) }
    }
    let nameBytes = try parts[0].raw(lengths.name).prefix { $0 != 0 }
    try budget.keep(256 + nameBytes.count)
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      throw place.corrupt(expected: "an attribute's name in UTF-8", got: "\(Array(nameBytes.prefix(40)))")
    }
    guard version == 1 || flags & 3 == 0 else {
      return (name, HDF5Value(shape: [], elements: .unread("elements of a type stored elsewhere")))
    }
    let type = try HDF5Datatype(&parts[1])
    let shape = try hdf5Shape(&parts[2])
    return (name, try value(type, shape, &body))
  }

  /// The value whose elements come next in a structure.
  func value(
    _ type: HDF5Datatype, _ shape: Shape, _ body: inout HDF5Cursor
  ) throws(WhiskerError) -> HDF5Value {
    let (size, overflows) = shape.count.multipliedReportingOverflow(by: type.size)
    guard !overflows, size <= body.remaining else {
      throw body.expected("\(shape.count) elements of \(type.size) bytes", got: "\(body.remaining) bytes")
    }
    // An element takes up to 16 bytes as text, before its characters.
    try budget.keep(16 * shape.count)
    return HDF5Value(shape: shape, elements: try elements(type, shape.count, &body))
  }

  private func elements(
    _ type: HDF5Datatype, _ count: Int, _ body: inout HDF5Cursor
  ) throws(WhiskerError) -> HDF5Value.Elements {
    switch type.kind {
    case .fixedString(let padding):
      return try strings(count) { () throws(WhiskerError) in
        try budget.keep(type.size)
        return Self.unpadded(try body.raw(type.size), padding)
      }
    case .variableString:
      return try strings(count) { () throws(WhiskerError) in try variableString(&body) }
    case .unread(let what): return .unread(what)
    case .integer, .float, .brainFloat, .boolean:
      let raw = try body.raw(count * type.size)
      return raw.withUnsafeBytes { type.elements($0, count: count) }
    }
  }

  private func strings(
    _ count: Int, _ next: () throws(WhiskerError) -> ArraySlice<UInt8>
  ) throws(WhiskerError) -> HDF5Value.Elements {
    var strings: [String] = []
    strings.reserveCapacity(count)
    for _ in 0..<count {
      guard let string = String(validating: try next(), as: UTF8.self) else {
        return .unread("text that isn't UTF-8")
      }
      strings.append(string)
    }
    return .strings(strings)
  }

  private static func unpadded(_ bytes: ArraySlice<UInt8>, _ padding: UInt8) -> ArraySlice<UInt8> {
    switch padding {
    case 0: return bytes.prefix { $0 != 0 }
    case 1: return bytes[..<(bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? bytes.startIndex)]
    default: return bytes[..<(bytes.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? bytes.startIndex)]
    }
  }

  /// Text in a global heap: its length, the heap's address and the text's number there.
  private func variableString(_ body: inout HDF5Cursor) throws(WhiskerError) -> ArraySlice<UInt8> {
    let length = try body.integer(4)
    let address = try body.address()
    let number = try body.integer(4)
    guard length > 0, let address else { return [] }
    guard let range = try heap(at: address, body.place)[number], length <= range.count else {
      throw body.expected(
        "text of \(length) bytes in the heap at byte \(address)", got: "none, or a shorter one")
    }
    try budget.keep(length)
    try budget.read(length)
    // C's strings may hold their zero.
    return try source.bytes(at: range.lowerBound, count: length).prefix { $0 != 0 }
  }
}
