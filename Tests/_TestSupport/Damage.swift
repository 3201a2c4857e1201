public import WhiskerTensors

/// The ways to damage the bytes of a file.
public enum Damage: CaseIterable, Sendable {
  /// One to eight bits turned over.
  case flip
  /// One byte replaced.
  case overwrite
  /// The end cut off.
  case truncate
  /// A range taken out.
  case remove
  /// A range repeated after itself.
  case duplicate
  /// A range of another file, or of another place, put in or written over.
  case splice
  /// A range of zeros.
  case zero
  /// An extreme number in a field of 1, 2, 4 or 8 bytes, little- or big-endian.
  case extreme
  /// A field of 1, 2, 4 or 8 bytes that is off by one or by one bit.
  case nearby
  /// A decimal digit replaced by another, for formats with text in them.
  case digit

  /// Damages bytes once in any of the ways.
  ///
  /// - Parameter donors: the files that spliced ranges come from; the bytes themselves if there are none.
  public static func strike(
    _ bytes: inout [UInt8], donors: [[UInt8]] = [], using random: inout RandomStream
  ) {
    guard !bytes.isEmpty else {
      bytes.append(UInt8(truncatingIfNeeded: random.nextWord()))
      return
    }
    let kind = allCases[random.integer(below: allCases.count)]
    let range = range(in: bytes, &random)
    switch kind {
    case .flip:
      for _ in 0...random.integer(below: 8) {
        bytes[place(in: bytes, &random)] ^= 1 << UInt8(random.integer(below: 8))
      }
    case .overwrite: bytes[range.lowerBound] = UInt8(truncatingIfNeeded: random.nextWord())
    case .truncate: bytes.removeLast(bytes.count - range.lowerBound)
    case .remove: bytes.removeSubrange(range)
    case .duplicate: bytes.insert(contentsOf: bytes[range], at: range.upperBound)
    case .splice:
      let donor = donors.isEmpty ? bytes : donors[random.integer(below: donors.count)]
      guard !donor.isEmpty else { return }
      let source = self.range(in: donor, &random)
      let overwrites = random.chance(0.5)
      let end = overwrites ? min(bytes.count, range.lowerBound + source.count) : range.lowerBound
      bytes.replaceSubrange(range.lowerBound..<end, with: donor[source])
    case .zero: for index in range { bytes[index] = 0 }
    case .extreme, .nearby: changeField(of: &bytes, toExtreme: kind == .extreme, &random)
    case .digit:
      let zero = UInt8(ascii: "0")
      let start = place(in: bytes, &random)
      guard let index = bytes[start...].firstIndex(where: { (zero...zero + 9).contains($0) }) else { return }
      bytes[index] = zero + UInt8(random.integer(below: 10))
    }
  }

  /// A place anywhere, or as likely near the beginning or the end, where formats keep their directories.
  private static func place(in bytes: [UInt8], _ random: inout RandomStream) -> Int {
    let near = random.integer(below: min(bytes.count, 512))
    return switch random.integer(below: 3) {
    case 0: near
    case 1: bytes.count - 1 - near
    default: random.integer(below: bytes.count)
    }
  }

  /// A range of at least one byte, mostly short.
  private static func range(in bytes: [UInt8], _ random: inout RandomStream) -> Range<Int> {
    let start = place(in: bytes, &random)
    let longest = min(bytes.count - start, random.chance(0.7) ? 32 : 4096)
    return start..<start + 1 + random.integer(below: longest)
  }

  private static func changeField(
    of bytes: inout [UInt8], toExtreme isExtreme: Bool, _ random: inout RandomStream
  ) {
    let width = [1, 2, 4, 8].filter { $0 <= bytes.count }.randomElement(using: &random) ?? 1
    let start = min(place(in: bytes, &random), bytes.count - width)
    let isLittleEndian = random.chance(0.5)
    let places = (0..<width).map { isLittleEndian ? start + $0 : start + width - 1 - $0 }
    let old = places.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64(bytes[$1]) }
    let bits = UInt64(width * 8)
    let highest: UInt64 = 1 << (bits - 1)
    let number: UInt64 =
      if isExtreme {
        switch random.integer(below: 8) {
        case 0: 0
        case 1: .max
        case 2: .max - 1
        case 3: highest
        case 4: highest - 1
        case 5: UInt64(bytes.count)
        case 6: UInt64(bytes.count) &- UInt64(start)
        default: 1 << UInt64(random.integer(below: Int(bits)))
        }
      } else {
        switch random.integer(below: 3) {
        case 0: old &+ 1
        case 1: old &- 1
        default: old ^ (1 << UInt64(random.integer(below: Int(bits))))
        }
      }
    for (index, place) in places.enumerated() {
      bytes[place] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
    }
  }
}
