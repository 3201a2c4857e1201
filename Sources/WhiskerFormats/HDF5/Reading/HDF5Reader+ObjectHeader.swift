import WhiskerSystem

/// One message of an object header.
struct HDF5Message {
  /// The types of message that are read.
  enum Kind: Int {
    case dataspace = 0x1
    case linkInfo = 0x2
    case datatype = 0x3
    case oldFillValue = 0x4
    case fillValue = 0x5
    case link = 0x6
    case externalFiles = 0x7
    case layout = 0x8
    case groupInfo = 0xA
    case filters = 0xB
    case attribute = 0xC
    case continuation = 0x10
    case symbolTable = 0x11
    case attributeInfo = 0x15
  }

  let kind: Kind
  /// Its contents.
  var body: HDF5Cursor
}

extension HDF5Reader {
  /// The messages of the object whose header lies at an address.
  func messages(at address: Int, _ place: HDF5Place) throws(WhiskerError) -> [HDF5Message] {
    try visit("an object header", at: address, place)
    var start = try beginning(of: "an object header", at: address, count: 16, place)
    let first = try start.integer(1)
    if first == 1 { return try oldMessages(at: address, &start, place) }
    guard first == Int(UInt8(ascii: "O")) else {
      throw start.expected("version 1 or 2", got: first)
    }
    return try newMessages(at: address, place)
  }

  private func oldMessages(
    at address: Int, _ prefix: inout HDF5Cursor, _ place: HDF5Place
  ) throws(WhiskerError) -> [HDF5Message] {
    try prefix.skip(1)
    let count = try prefix.integer(2)
    try prefix.skip(4)
    let size = try prefix.integer(4)
    var blocks = [try structure("an object header", at: address + 16, count: size, place)]
    var messages: [HDF5Message] = []
    var seen = 0
    while var block = blocks.popLast() {
      while seen < count, block.remaining >= 8 {
        seen += 1
        let (type, size) = (try block.integer(2), try block.integer(2))
        let flags = try block.integer(1)
        try block.skip(3)
        let message = try message(type, flags, try block.part(size, "a message of an object header"))
        guard var message else { continue }
        if message.kind == .continuation {
          let (address, length) = (try message.body.definedAddress(), try message.body.length())
          try visit("a block of messages", at: address, place)
          blocks.insert(try structure("a block of messages", at: address, count: length, place), at: 0)
        } else {
          messages.append(message)
        }
      }
    }
    return messages
  }

  private func newMessages(at address: Int, _ place: HDF5Place) throws(WhiskerError) -> [HDF5Message] {
    // Flags 0 and 1 give the size of the block's length; times, limits and order of creation are optional.
    var prefix = try beginning(of: "an object header", at: address, count: 34, place)
    try prefix.signature("OHDR")
    _ = try prefix.version(2...2)
    let flags = try prefix.integer(1)
    try prefix.skip((flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0))
    let size = try prefix.integer(1 << (flags & 3))
    let (count, overflows) = size.addingReportingOverflow(prefix.position + 4)
    guard !overflows else { throw prefix.expected("a block that fits in the file", got: size) }
    var first = try structure("an object header", at: address, count: count, place)
    try first.skip(prefix.position)
    var blocks = [first]
    var messages: [HDF5Message] = []
    while var block = blocks.popLast() {
      try checkSum(of: block)
      while block.remaining >= 8 + (flags & 4 != 0 ? 2 : 0) {
        let (type, size, messageFlags) = (try block.integer(1), try block.integer(2), try block.integer(1))
        try block.skip(flags & 4 != 0 ? 2 : 0)
        guard size <= block.remaining - 4 else {
          throw block.expected("a message of at most \(block.remaining - 4) bytes", got: size)
        }
        let body = try block.part(size, "a message of an object header")
        guard var message = try message(type, messageFlags, body) else { continue }
        if message.kind == .continuation {
          let (address, length) = (try message.body.definedAddress(), try message.body.length())
          try visit("a block of messages", at: address, place)
          var next = try structure("a block of messages", at: address, count: length, place)
          try next.signature("OCHK")
          blocks.insert(next, at: 0)
        } else {
          messages.append(message)
        }
      }
    }
    return messages
  }

  /// Checks the checksum at the end of a block, which covers the block from its first byte.
  private func checkSum(of block: HDF5Cursor) throws(WhiskerError) {
    guard block.remaining >= 4 else { throw block.expected("a checksum", got: "\(block.remaining) bytes") }
    let stated = block.bytes[(block.end - 4)...].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    guard stated == hdf5Checksum(block.bytes[..<(block.end - 4)]) else {
      throw block.place.corrupt(expected: "sound messages", got: "some whose checksum differs")
    }
  }

  /// The message, if it is of a type that matters here.
  private func message(
    _ type: Int, _ flags: Int, _ body: HDF5Cursor
  ) throws(WhiskerError) -> HDF5Message? {
    guard let kind = HDF5Message.Kind(rawValue: type) else {
      guard flags & 0x80 == 0 else {
        throw body.place.unsupported(
          expected: "messages of known types", got: "type \(type), which must be understood")
      }
      return nil
    }
    guard flags & 2 == 0 else {
      throw body.place.unsupported(
        expected: "a message in its object's header", got: "a shared one (\(kind))")
    }
    return HDF5Message(kind: kind, body: body)
  }
}
