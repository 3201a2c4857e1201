/// The checksum of HDF5's newer structures: Bob Jenkins's lookup3, `hashlittle` with a seed of 0
/// (https://burtleburtle.net/bob/c/lookup3.c).
package func hdf5Checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  var state = Lookup3(count: bytes.count)
  var rest = bytes
  while rest.count > 12 {
    state.add(rest.prefix(12))
    state.mix()
    rest = rest.dropFirst(12)
  }
  guard !rest.isEmpty else { return state.c }
  state.add(rest)
  state.finish()
  return state.c
}

private struct Lookup3 {
  var a: UInt32
  var b: UInt32
  var c: UInt32

  init(count: Int) {
    a = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: count)
    b = a
    c = a
  }

  /// Adds up to twelve bytes, as three little-endian words filled up with zeros.
  mutating func add(_ bytes: ArraySlice<UInt8>) {
    for (index, byte) in bytes.enumerated() {
      let word = UInt32(byte) << UInt32(8 * (index % 4))
      switch index / 4 {
      case 0: a &+= word
      case 1: b &+= word
      default: c &+= word
      }
    }
  }

  mutating func mix() {
    a = (a &- c) ^ rotated(c, 4)
    c = c &+ b
    b = (b &- a) ^ rotated(a, 6)
    a = a &+ c
    c = (c &- b) ^ rotated(b, 8)
    b = b &+ a
    a = (a &- c) ^ rotated(c, 16)
    c = c &+ b
    b = (b &- a) ^ rotated(a, 19)
    a = a &+ c
    c = (c &- b) ^ rotated(b, 4)
    b = b &+ a
  }

  mutating func finish() {
    c = (c ^ b) &- rotated(b, 14)
    a = (a ^ c) &- rotated(c, 11)
    b = (b ^ a) &- rotated(a, 25)
    c = (c ^ b) &- rotated(b, 16)
    a = (a ^ c) &- rotated(c, 4)
    b = (b ^ a) &- rotated(a, 14)
    c = (c ^ b) &- rotated(b, 24)
  }

  private func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
}
