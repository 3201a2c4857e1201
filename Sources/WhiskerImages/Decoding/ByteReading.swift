/// Bounded reads from untrusted bytes: nil, never a trap, beyond the end.
extension UnsafeRawBufferPointer {
  func byte(at offset: Int) -> Int? {
    offset >= 0 && offset < count ? Int(self[offset]) : nil
  }

  func littleEndian16(at offset: Int) -> Int? { number(at: offset, bytes: 2, bigEndian: false) }
  func littleEndian32(at offset: Int) -> Int? { number(at: offset, bytes: 4, bigEndian: false) }
  func bigEndian16(at offset: Int) -> Int? { number(at: offset, bytes: 2, bigEndian: true) }
  func bigEndian32(at offset: Int) -> Int? { number(at: offset, bytes: 4, bigEndian: true) }

  /// An unsigned number of up to 8 bytes; nil too if it is 2⁶³ or more.
  func number(at offset: Int, bytes: Int, bigEndian: Bool) -> Int? {
    guard offset >= 0, bytes <= 8, offset <= count - bytes else { return nil }
    var value: UInt64 = 0
    for index in 0..<bytes {
      value = value << 8 | UInt64(self[offset + (bigEndian ? index : bytes - 1 - index)])
    }
    return Int(exactly: value)
  }

  /// Whether these ASCII characters stand at `offset`.
  func holds(_ text: String, at offset: Int) -> Bool {
    offset >= 0 && offset <= count - text.utf8.count
      && self[offset..<offset + text.utf8.count].elementsEqual(text.utf8)
  }
}
