import WhiskerSystem

/// A place in the bytes of a file that moves forward as they are read; nothing beyond the end is touched.
struct ByteCursor {
  private let bytes: UnsafeRawBufferPointer
  private let file: String
  /// The next byte's place.
  private(set) var position: Int

  /// A cursor at a place.
  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0, file: String) {
    self.bytes = bytes
    self.file = file
    self.position = position
  }

  /// Bytes that are left.
  var remaining: Int { bytes.count - position }

  /// Whether a pickle may begin here.
  var startsWithPickle: Bool { remaining > 0 && bytes[position] == 0x80 }

  /// Reads one byte.
  mutating func byte() throws(WhiskerError) -> UInt8 {
    try require(1)
    defer { position += 1 }
    return bytes[position]
  }

  /// Reads a whole number, little-endian.
  mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws(WhiskerError) -> Number {
    try require(MemoryLayout<Number>.size)
    defer { position += MemoryLayout<Number>.size }
    return Number(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Number.self))
  }

  /// Reads this many bytes.
  mutating func take(_ count: Int) throws(WhiskerError) -> UnsafeRawBufferPointer {
    try require(count)
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
  }

  /// Reads this many bytes of UTF-8.
  mutating func text(_ count: Int) throws(WhiskerError) -> String {
    try text(take(count))
  }

  /// Reads up to the end of the line, which is passed.
  mutating func line() throws(WhiskerError) -> String {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
      throw WhiskerError(.truncated, file, expected: "the end of a line", got: "the end of the file")
    }
    defer { position = end + 1 }
    return try text(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
  }

  private func text(_ bytes: UnsafeRawBufferPointer) throws(WhiskerError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw WhiskerError(.corruptHeader, file, expected: "UTF-8 at byte \(position)", got: "other bytes")
    }
    return text
  }

  private func require(_ count: Int) throws(WhiskerError) {
    guard count >= 0, count <= remaining else {
      throw WhiskerError(
        .truncated, file, expected: "\(count) more bytes at byte \(position)", got: "\(remaining)")
    }
  }
}
