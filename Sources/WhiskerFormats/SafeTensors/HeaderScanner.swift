import WhiskerSystem

/// A strict reader of the JSON in a safetensors header, from front to back.
///
/// The format's nesting is fixed, so the caller asks for what must come next and nothing recurses: deep nesting
/// is an error like any other. Unlike a general JSON parser it hands over every member of an object in order,
/// so that repeated names are seen.
struct HeaderScanner {
  private let bytes: [UInt8]
  private let file: String
  private var position = 0

  /// A scanner at the beginning of a header's bytes.
  init(_ bytes: [UInt8], file: String) {
    self.bytes = bytes
    self.file = file
  }

  /// Reads `{"name": …, …}`, calling `member` to read each value.
  mutating func object(
    _ member: (inout HeaderScanner, String) throws(WhiskerError) -> Void
  ) throws(WhiskerError) {
    try expect("{")
    if skip("}") { return }
    repeat {
      let name = try string()
      try expect(":")
      try member(&self, name)
    } while skip(",")
    try expect("}")
  }

  /// Reads `[1, 2, …]`: whole numbers of at least 0.
  mutating func wholeNumbers() throws(WhiskerError) -> [Int] {
    var numbers: [Int] = []
    try expect("[")
    if skip("]") { return numbers }
    repeat { numbers.append(try wholeNumber()) } while skip(",")
    try expect("]")
    return numbers
  }

  /// Reads `"…"`.
  mutating func string() throws(WhiskerError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while true {
      let byte = try next()
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else { throw fault("UTF-8") }
        return string
      case UInt8(ascii: "\\"):
        text.append(contentsOf: String(try escape()).utf8)
      case ..<0x20:
        throw fault("a character of a string")
      default:
        text.append(byte)
      }
    }
  }

  /// Checks that nothing but blanks is left.
  mutating func end() throws(WhiskerError) {
    skipBlanks()
    guard position == bytes.count else { throw fault("the end") }
  }

  /// An error about the current position.
  func fault(_ expected: String) -> WhiskerError {
    let found =
      position < bytes.count
      ? "byte \(bytes[position]) at position \(position)" : "the end at position \(position)"
    return WhiskerError(.corruptHeader, file, expected: "\(expected) in the header", got: "\(found)")
  }

  private mutating func wholeNumber() throws(WhiskerError) -> Int {
    skipBlanks()
    let start = position
    var number = 0
    while position < bytes.count, case let digit = bytes[position] &- UInt8(ascii: "0"), digit < 10 {
      let (tenfold, overflows) = number.multipliedReportingOverflow(by: 10)
      let (sum, overflowsToo) = tenfold.addingReportingOverflow(Int(digit))
      guard !overflows, !overflowsToo else { throw fault("a number below 2⁶³") }
      number = sum
      position += 1
    }
    let hasLeadingZero = position > start + 1 && bytes[start] == UInt8(ascii: "0")
    guard position > start, !hasLeadingZero else { throw fault("a whole number") }
    return number
  }

  /// What stands for the characters after a backslash.
  private mutating func escape() throws(WhiskerError) -> Unicode.Scalar {
    switch try next() {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try hexadecimalUnit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      // Surrogates aren't characters by themselves: a high one and a low one form one together.
      guard unit < 0xDC00, try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u"),
        case let low = try hexadecimalUnit(), (0xDC00...0xDFFF).contains(low),
        let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
      else { throw fault("a pair of surrogates") }
      return scalar
    default:
      throw fault("an escape sequence")
    }
  }

  private mutating func hexadecimalUnit() throws(WhiskerError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(try next())).hexDigitValue else {
        throw fault("a hexadecimal digit")
      }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }

  private mutating func next() throws(WhiskerError) -> UInt8 {
    guard position < bytes.count else { throw fault("a character") }
    position += 1
    return bytes[position - 1]
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(WhiskerError) {
    guard skip(character) else { throw fault("'\(character)'") }
  }

  private mutating func skip(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }
}
