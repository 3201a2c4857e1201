/// The name of one stream of random numbers; everything random in Whisker is drawn from a key.
///
/// Keys form a tree: a run's seed is the root, and each purpose, pass and sample derives its own child. A
/// draw therefore depends only on what it is for, never on which thread asked first or how many were drawn
/// elsewhere. The generator is Philox 4×32 with ten rounds (Salmon, Moraes, Dror and Shaw, "Parallel random
/// numbers: as easy as 1, 2, 3", SC 2011).
public struct RandomKey: Hashable, Sendable {
  /// The 64 bits that select the stream.
  public let bits: UInt64

  /// The root key of a seed.
  public init(seed: UInt64) { bits = seed }

  /// The key of one child, the same for the same path of numbers.
  public func derived(_ path: UInt64...) -> RandomKey { path.reduce(self) { $0.derived($1) } }

  /// The key of one child; unlike a path it takes no memory.
  public func derived(_ step: UInt64) -> RandomKey {
    // The top counter word is reserved for derivation, so no child repeats a number of its parent's stream.
    let block = block(at: step, domain: 1)
    return RandomKey(seed: UInt64(block[0]) << 32 | UInt64(block[1]))
  }

  /// The key of one named child, for purposes: `key.derived("shuffle")`.
  public func derived(_ purpose: StaticString) -> RandomKey {
    purpose.withUTF8Buffer { name in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
      for byte in name { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      return derived(hash)
    }
  }

  /// Four random 32-bit words: block number `index` of this key's stream.
  @inlinable
  public func block(at index: UInt64) -> SIMD4<UInt32> { block(at: index, domain: 0) }

  @inlinable
  func block(at index: UInt64, domain: UInt32) -> SIMD4<UInt32> {
    var counter = SIMD4<UInt32>(UInt32(truncatingIfNeeded: index), UInt32(index >> 32), 0, domain)
    var key0 = UInt32(truncatingIfNeeded: bits)
    var key1 = UInt32(bits >> 32)
    for _ in 0..<10 {
      let product0 = UInt64(counter[0]) &* 0xD251_1F53
      let product1 = UInt64(counter[2]) &* 0xCD9E_8D57
      counter = SIMD4(
        UInt32(product1 >> 32) ^ counter[1] ^ key0, UInt32(truncatingIfNeeded: product1),
        UInt32(product0 >> 32) ^ counter[3] ^ key1, UInt32(truncatingIfNeeded: product0))
      key0 &+= 0x9E37_79B9
      key1 &+= 0xBB67_AE85
    }
    return counter
  }
}
