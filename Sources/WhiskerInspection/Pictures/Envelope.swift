/// Between what values each pixel of a copy of a thumbnail lies: those around its place, two pixels to each side, and a little more.
///
/// Photos that look alike without being the same (one face after another, things before one wall) must all be compared with each
/// other: whatever they are sorted by is alike too. So the first comparison is made cheap: it ends with the first row that
/// shows a pixel outside. ``largestExcess`` levels and half of the luma's range there are allowed; copies of
/// 200 photos, cropped ones included, stayed within 12 and half of the range, and within 23 at 64 × 64 pixels. What lies within two pixels
/// of the edge isn't looked at, since it may be cropped.
struct Envelope {
  private static let side = Thumbnail.side
  private static let largestExcess = 24
  private static let margin = 2
  /// The rows in the order in which they are compared: those of the middle first, where the things are.
  static let rowOrder = (margin..<side - margin).sorted {
    (abs($0 % 4 - 2), abs($0 - side / 2)) < (abs($1 % 4 - 2), abs($1 - side / 2))
  }

  /// The least values of red, green and blue, row after row.
  private let low: [UInt8]
  private let high: [UInt8]
  /// The same of the luma.
  private let lumaLow: [UInt8]
  private let lumaHigh: [UInt8]

  /// The envelope of a thumbnail's pixels, three bytes each, and their luma.
  init(of pixels: [UInt8], luma: [UInt8]) {
    let side = Self.side
    let lumaRange = Self.range(of: luma, channels: 1)
    let range = Self.range(of: pixels, channels: 3)
    var (low, high, lumaLow, lumaHigh) = (range.low, range.high, lumaRange.low, lumaRange.high)
    for place in 0..<side * side {
      let (row, column) = (place / side, place % side)
      let isEdge =
        min(row, column) < Self.margin || max(row, column) >= side - Self.margin
      let tolerance =
        isEdge ? 255 : Self.largestExcess + Int(lumaRange.high[place] - lumaRange.low[place]) / 2
      lumaLow[place] = UInt8(max(0, Int(lumaLow[place]) - tolerance))
      lumaHigh[place] = UInt8(min(255, Int(lumaHigh[place]) + tolerance))
      for channel in 3 * place..<3 * place + 3 {
        low[channel] = UInt8(max(0, Int(low[channel]) - tolerance))
        high[channel] = UInt8(min(255, Int(high[channel]) + tolerance))
      }
    }
    (self.low, self.high, self.lumaLow, self.lumaHigh) = (low, high, lumaLow, lumaHigh)
  }

  /// The least and the most of the values around each, along the rows first and then along the columns.
  private static func range(of values: [UInt8], channels: Int) -> (low: [UInt8], high: [UInt8]) {
    let length = side * channels
    func ends(_ place: Int) -> ClosedRange<Int> { max(0, place - margin)...min(side - 1, place + margin) }
    var (low, high) = (values, values)
    for place in values.indices {
      let (row, column, channel) = (place / length, place % length / channels, place % channels)
      for other in ends(column) {
        let value = values[row * length + other * channels + channel]
        low[place] = min(low[place], value)
        high[place] = max(high[place], value)
      }
    }
    let (rowLow, rowHigh) = (low, high)
    for place in values.indices {
      for other in ends(place / length) {
        low[place] = min(low[place], rowLow[other * length + place % length])
        high[place] = max(high[place], rowHigh[other * length + place % length])
      }
    }
    return (low, high)
  }

  /// Whether a row of another thumbnail's red, green and blue lies within.
  @inline(__always)
  func holds(colors row: UnsafeRawPointer, row number: Int) -> Bool {
    Self.holds(row, low, high, from: number * Self.side * 3, count: Self.side * 3)
  }

  /// Whether a row of another thumbnail's luma lies within.
  func holds(luma row: UnsafeRawPointer, row number: Int) -> Bool {
    Self.holds(row, lumaLow, lumaHigh, from: number * Self.side, count: Self.side)
  }

  @inline(__always)
  private static func holds(
    _ row: UnsafeRawPointer, _ low: [UInt8], _ high: [UInt8], from start: Int, count: Int
  ) -> Bool {
    low.withUnsafeBytes { low in
      high.withUnsafeBytes { high in
        var isOutside = SIMDMask<SIMD16<Int8>>(repeating: false)
        for place in stride(from: 0, to: count, by: 16) {
          let value = row.loadUnaligned(fromByteOffset: place, as: SIMD16<UInt8>.self)
          let least = low.loadUnaligned(fromByteOffset: start + place, as: SIMD16<UInt8>.self)
          let most = high.loadUnaligned(fromByteOffset: start + place, as: SIMD16<UInt8>.self)
          isOutside .|= (value .> most) .| (value .< least)
        }
        return !any(isOutside)
      }
    }
  }
}
