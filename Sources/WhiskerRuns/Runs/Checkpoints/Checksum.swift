import Foundation

/// A checksum that detects whether bytes have changed since they were written: FNV-1a over words of 64 bits.
///
/// It is fast (a multiplication for 8 bytes) and notices any single changed word. It is no protection against
/// deliberate changes.
struct Checksum {
  private(set) var state: UInt64 = 0xcbf2_9ce4_8422_2325

  /// The checksum in hexadecimal, 16 digits.
  var text: String {
    let digits = String(state, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  mutating func add(_ word: UInt64) { state = (state ^ word) &* 0x100_0000_01b3 }

  mutating func add(_ text: String) {
    let bytes = Array(text.utf8)
    add(UInt64(bytes.count))
    bytes.withUnsafeBytes { add($0) }
  }

  mutating func add(_ values: [Float]) {
    add(UInt64(values.count))
    values.withUnsafeBytes { add($0) }
  }

  mutating func add(_ bytes: Data) {
    add(UInt64(bytes.count))
    bytes.withUnsafeBytes { add($0) }
  }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let whole = bytes.count & ~7
    for offset in stride(from: 0, to: whole, by: 8) {
      add(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    var rest: UInt64 = 0
    for byte in bytes[whole...] { rest = rest << 8 | UInt64(byte) }
    if whole < bytes.count { add(rest) }
  }
}
