package import Foundation

/// The checksum SHA-256 (FIPS 180-4), which nobody can forge: whether a file is the one that was published.
package struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  /// Bytes that don't fill a block yet.
  private var rest: [UInt8] = []
  private var byteCount: UInt64 = 0
  private static let blockSize = 64

  package init() {}

  /// The checksum of some bytes, in 64 hexadecimal digits.
  package static func text(of bytes: some ContiguousBytes) -> String {
    var hash = SHA256()
    bytes.withUnsafeBytes { hash.add($0) }
    return hash.finish()
  }

  /// Takes more bytes.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    byteCount += UInt64(bytes.count)
    var start = 0
    if !rest.isEmpty {
      start = min(Self.blockSize - rest.count, bytes.count)
      rest += bytes[..<start]
      guard rest.count == Self.blockSize else { return }
      let block = rest
      block.withUnsafeBytes { compress($0, at: 0) }
      rest = []
    }
    while bytes.count - start >= Self.blockSize {
      compress(bytes, at: start)
      start += Self.blockSize
    }
    rest = Array(bytes[start...])
  }

  /// The checksum of all bytes taken, in 64 hexadecimal digits.
  package mutating func finish() -> String {
    let bitCount = byteCount * 8
    let zeros = (2 * Self.blockSize - 9 - rest.count) % Self.blockSize
    var end: [UInt8] = [0x80] + [UInt8](repeating: 0, count: zeros)
    for shift in stride(from: 56, through: 0, by: -8) {
      end.append(UInt8(truncatingIfNeeded: bitCount >> shift))
    }
    end.withUnsafeBytes { add($0) }
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private mutating func compress(_ bytes: UnsafeRawBufferPointer, at start: Int) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
      for index in 0..<16 {
        w[index] = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self))
      }
      for index in 16..<64 {
        let (early, late) = (w[index - 15], w[index - 2])
        let first = Self.rotated(early, 7) ^ Self.rotated(early, 18) ^ (early >> 3)
        let second = Self.rotated(late, 17) ^ Self.rotated(late, 19) ^ (late >> 10)
        w[index] = w[index - 16] &+ first &+ w[index - 7] &+ second
      }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      for index in 0..<64 {
        let mix = Self.rotated(e, 6) ^ Self.rotated(e, 11) ^ Self.rotated(e, 25)
        let choice = (e & f) ^ (~e & g)
        let first = h &+ mix &+ choice &+ Self.constants[index] &+ w[index]
        let majority = (a & b) ^ (a & c) ^ (b & c)
        let second = (Self.rotated(a, 2) ^ Self.rotated(a, 13) ^ Self.rotated(a, 22)) &+ majority
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ first, c, b, a, first &+ second)
      }
      for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }
  }

  @inline(__always)
  private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word >> count | word << (32 - count)
  }

  /// The first 32 bits of the fractions of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = primes.map { prime in
    // ⌊∛p · 2³²⌋ by bisection in whole numbers, of which the lower half is the fraction.
    var (low, high) = (UInt64(0), UInt64(8) << 32)
    while high - low > 1 {
      let middle = (low + high) / 2
      let square = middle.multipliedFullWidth(by: middle)
      let isBelow = Self.isCube(square, times: middle, atMost: prime)
      (low, high) = isBelow ? (middle, high) : (low, middle)
    }
    return UInt32(truncatingIfNeeded: low)
  }

  /// Whether `square · factor ≤ prime · 2⁹⁶`.
  private static func isCube(
    _ square: (high: UInt64, low: UInt64), times factor: UInt64, atMost prime: UInt64
  ) -> Bool {
    let lower = square.low.multipliedFullWidth(by: factor)
    let upper = square.high.multipliedFullWidth(by: factor)
    let (middle, carries) = upper.low.addingReportingOverflow(lower.high)
    let top = upper.high + (carries ? 1 : 0)
    let limit = prime << 32
    return top == 0 && (middle < limit || (middle == limit && lower.low == 0))
  }

  private static let primes: [UInt64] = {
    var primes: [UInt64] = []
    var candidate: UInt64 = 2
    while primes.count < 64 {
      if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes
  }()
}
