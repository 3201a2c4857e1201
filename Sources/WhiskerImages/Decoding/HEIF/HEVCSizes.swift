/// The sizes of pictures that the sequence parameter sets of HEVC announce.
///
/// A decoder allocates by these, not by what the boxes of the file say, and libheif 1.15 doesn't compare the two.
/// Source: ITU-T H.265, 7.3.1 and 7.3.2.2; ISO/IEC 14496-15 for the box `hvcC`.
enum HEVCSizes {
  /// The sizes in the settings of a decoder (the contents of a box `hvcC`).
  static func sizes(inSettings bytes: UnsafeRawBufferPointer, at range: Range<Int>) -> [(
    width: Int, height: Int
  )] {
    var sizes: [(width: Int, height: Int)] = []
    guard let arrays = bytes.byte(at: range.lowerBound + 22) else { return [] }
    var position = range.lowerBound + 23
    for _ in 0..<arrays {
      guard let count = bytes.bigEndian16(at: position + 1), position + 3 <= range.upperBound else { break }
      position += 3
      for _ in 0..<count {
        guard let length = bytes.bigEndian16(at: position),
          position + 2 + length <= min(bytes.count, range.upperBound)
        else { return sizes }
        if let size = size(inUnit: bytes[position + 2..<position + 2 + length]) { sizes.append(size) }
        position += 2 + length
      }
    }
    return sizes
  }

  /// The sizes in coded data: units, each after its length in four bytes.
  static func sizes(inData bytes: UnsafeRawBufferPointer) -> [(width: Int, height: Int)] {
    var sizes: [(width: Int, height: Int)] = []
    var position = 0
    while let length = bytes.bigEndian32(at: position), length > 0, position + 4 + length <= bytes.count {
      if let size = size(inUnit: bytes[position + 4..<position + 4 + length]) { sizes.append(size) }
      position += 4 + length
    }
    return sizes
  }

  /// The size in a unit, if it is a sequence parameter set.
  private static func size(inUnit unit: Slice<UnsafeRawBufferPointer>) -> (width: Int, height: Int)? {
    guard unit.count > 2, unit[unit.startIndex] >> 1 & 63 == 33 else { return nil }
    var bits = Bits(unit.dropFirst(2).prefix(512))
    guard bits.number(4) != nil, let layers = bits.number(3), bits.number(1) != nil else { return nil }
    // The profile and level: 96 bits, then of each lower layer what two flags say.
    for _ in 0..<4 { if bits.number(24) == nil { return nil } }
    var lower: [(profile: Int, level: Int)] = []
    if layers > 0 {
      for _ in 0..<8 {
        guard let profile = bits.number(1), let level = bits.number(1) else { return nil }
        lower.append((profile, level))
      }
      for layer in lower.prefix(layers) {
        for _ in 0..<(layer.profile == 1 ? 11 : 0) + (layer.level == 1 ? 1 : 0) where bits.number(8) == nil {
          return nil
        }
      }
    }
    guard bits.golomb() != nil, let chroma = bits.golomb() else { return nil }
    if chroma == 3 && bits.number(1) == nil { return nil }
    guard let width = bits.golomb(), let height = bits.golomb() else { return nil }
    return (width, height)
  }

  /// Bits of a unit, without the bytes of 3 that keep its marks unique.
  private struct Bits {
    private var bytes: [UInt8] = []
    private var position = 0

    init(_ unit: Slice<UnsafeRawBufferPointer>.SubSequence) {
      var zeros = 0
      for byte in unit {
        if zeros >= 2 && byte == 3 {
          zeros = 0
          continue
        }
        bytes.append(byte)
        zeros = byte == 0 ? zeros + 1 : 0
      }
    }

    mutating func number(_ count: Int) -> Int? {
      guard position + count <= 8 * bytes.count else { return nil }
      var value = 0
      for _ in 0..<count {
        value = value << 1 | Int(bytes[position >> 3] >> UInt8(7 - position & 7) & 1)
        position += 1
      }
      return value
    }

    /// A number in Exp-Golomb's code.
    mutating func golomb() -> Int? {
      var zeros = 0
      while let bit = number(1) {
        if bit == 1 { return number(zeros).map { 1 << zeros - 1 + $0 } }
        zeros += 1
        if zeros > 32 { return nil }
      }
      return nil
    }
  }
}
