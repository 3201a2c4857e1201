import WhiskerSystem

/// The type of an attribute's or dataset's elements, as far as Whisker reads it.
struct HDF5Datatype: Sendable, Hashable {
  /// The kinds of element.
  enum Kind: Sendable, Hashable {
    case integer(isSigned: Bool)
    /// IEEE's numbers of 2, 4 or 8 bytes.
    case float
    /// The upper half of a 32-bit float.
    case brainFloat
    /// h5py's booleans.
    case boolean
    /// Text that fills `size` bytes, the rest zeros or spaces.
    case fixedString(padding: UInt8)
    /// Text in a global heap.
    case variableString
    /// Something else, and what it is.
    case unread(String)
  }

  let kind: Kind
  /// The bytes of one element, at least 1.
  let size: Int
  /// Whether numbers have their highest byte first.
  var isBigEndian = false

  /// Whether the elements lie in the file as a `[Float]` lies in memory.
  var isNativeFloat: Bool { kind == .float && size == 4 && !isBigEndian }

  /// Whether a 32-bit float holds every element's exact value, and it is a float in the file too.
  var isFloatAtMost32Bits: Bool { (kind == .float && size <= 4) || kind == .brainFloat }

  /// What the elements are, for messages.
  var description: String {
    switch kind {
    case .integer(let isSigned): "\(isSigned ? "signed" : "unsigned") integers of \(8 * size) bits"
    case .float: "floats of \(8 * size) bits"
    case .brainFloat: "bfloat16"
    case .boolean: "truth values"
    case .fixedString, .variableString: "text"
    case .unread(let what): what
    }
  }

  /// Reads a datatype message, or the type that another type is made of.
  init(_ cursor: inout HDF5Cursor, depth: Int = 0) throws(WhiskerError) {
    let classAndVersion = try cursor.integer(1)
    guard (1...5).contains(classAndVersion >> 4), depth < 4 else {
      throw cursor.expected("a datatype of version 1 to 5", got: classAndVersion >> 4)
    }
    let bits = try cursor.integer(3)
    let size = try cursor.integer(4)
    guard size > 0 else { throw cursor.expected("an element's size", got: size) }
    self.size = size
    switch classAndVersion & 0xF {
    case 0:
      kind = try Self.integer(&cursor, bits, size)
      isBigEndian = bits & 1 != 0
    case 1:
      kind = try Self.float(&cursor, bits, size)
      isBigEndian = bits & 1 != 0
    // What h5py makes of bfloat16, which NumPy doesn't have.
    case 5 where size == 2: kind = .brainFloat
    case 3: kind = .fixedString(padding: UInt8(bits & 0xF))
    case 8:
      (kind, isBigEndian) = try Self.enumeration(&cursor, bits, version: classAndVersion >> 4, size, depth)
    case 9 where bits & 0xF == 1:
      guard size == 8 + cursor.sizes.offset else {
        throw cursor.expected("text of \(8 + cursor.sizes.offset) bytes", got: size)
      }
      kind = .variableString
    case let other: kind = .unread(Self.names[other] ?? "elements of class \(other)")
    }
  }

  private static let names = [
    2: "times", 4: "bit fields", 5: "opaque elements", 6: "compound elements", 7: "references",
    9: "sequences of variable length", 10: "arrays",
  ]

  private static func integer(
    _ cursor: inout HDF5Cursor, _ bits: Int, _ size: Int
  ) throws(WhiskerError) -> Kind {
    let (offset, precision) = (try cursor.integer(2), try cursor.integer(2))
    guard [1, 2, 4, 8].contains(size), offset == 0, precision == 8 * size else {
      return .unread("integers of \(precision) bits in \(size) bytes")
    }
    return .integer(isSigned: bits & 8 != 0)
  }

  private static func float(
    _ cursor: inout HDF5Cursor, _ bits: Int, _ size: Int
  ) throws(WhiskerError) -> Kind {
    var fields: [Int] = []
    for width in [2, 2, 1, 1, 1, 1, 4] { fields.append(try cursor.integer(width)) }
    // Bit 6 marks VAX's byte order; bits 4 and 5 say that a leading 1 is implied; bits 8 to 15 place the sign.
    let isOrdinary = bits & 0x40 == 0 && bits >> 4 & 3 == 2 && bits >> 8 & 0xFF == 8 * size - 1
    // Offset, precision, then place and size of exponent and mantissa, and the exponent's bias.
    switch (isOrdinary, size, fields) {
    case (true, 2, [0, 16, 10, 5, 0, 10, 15]), (true, 4, [0, 32, 23, 8, 0, 23, 127]),
      (true, 8, [0, 64, 52, 11, 0, 52, 1023]):
      return .float
    case (true, 2, [0, 16, 7, 8, 0, 7, 127]): return .brainFloat
    default: return .unread("floats of an unusual format, \(size) bytes each")
    }
  }

  private static func enumeration(
    _ cursor: inout HDF5Cursor, _ bits: Int, version: Int, _ size: Int, _ depth: Int
  ) throws(WhiskerError) -> (kind: Kind, isBigEndian: Bool) {
    let base = try HDF5Datatype(&cursor, depth: depth + 1)
    guard case .integer = base.kind, base.size == size else {
      throw cursor.expected("integers of \(size) bytes below an enumeration", got: base.description)
    }
    var names: [[UInt8]] = []
    for _ in 0..<bits & 0xFFFF {
      let start = cursor.position
      var name: [UInt8] = []
      while case let byte = UInt8(try cursor.unsigned(1)), byte != 0 { name.append(byte) }
      if version < 3 { try cursor.skipPadding(since: start) }
      names.append(name)
    }
    let values = try cursor.raw(names.count * size)
    let isBoolean =
      size == 1 && names == [Array("FALSE".utf8), Array("TRUE".utf8)] && values.elementsEqual([0, 1])
    return (isBoolean ? .boolean : base.kind, base.isBigEndian)
  }
}
