/// One photo's thumbnail flipped, to be compared with many.
final class ThumbnailQuery {
  private static let side = Thumbnail.side
  /// The root mean square difference in luma up to which two pictures lie upon each other as they are, in levels.
  private static let settledLuma: Float = 3
  /// Over red, green and blue, what copies that lie upon each other differ by at most.
  private static let largestColorDifference: Float = 12

  private let thumbnail: Thumbnail
  private let flip: Flip
  private let pixels: [UInt8]
  private let luma: [UInt8]
  private let envelope: Envelope
  private var comparison: PictureComparison?

  init(_ thumbnail: Thumbnail, flipped flip: Flip) {
    (self.thumbnail, self.flip) = (thumbnail, flip)
    let sources = Thumbnail.sources[flip.rawValue]
    pixels = sources.flatMap { thumbnail.pixels[3 * $0..<3 * $0 + 3] }
    let luma = thumbnail.luma
    self.luma = sources.map { luma[$0] }
    envelope = Envelope(of: pixels, luma: self.luma)
  }

  /// Whether another photo may be the same picture, at a glance.
  ///
  /// - Parameters:
  ///   - other: Its thumbnail.
  ///   - row: Where a row of its pixels lies.
  @inline(__always)
  func mayMatch(_ other: Thumbnail, row: (Int) -> UnsafeRawPointer?) -> Bool {
    guard !thumbnail.isGray && !other.isGray else {
      return other.luma.withUnsafeBytes { luma in
        Envelope.rowOrder.allSatisfy { number in
          luma.baseAddress.map { envelope.holds(luma: $0 + number * Self.side, row: number) } ?? false
        }
      }
    }
    for number in Envelope.rowOrder {
      guard let colors = row(number), envelope.holds(colors: colors, row: number) else { return false }
    }
    return !differsInColorOnly(from: other)
  }

  /// Whether two pictures lie upon each other by their luma, and have other colours.
  private func differsInColorOnly(from other: Thumbnail) -> Bool {
    let count = Float(Self.side * Self.side)
    let color = Self.squares(pixels, other.pixels)
    let limit = Self.largestColorDifference * Self.largestColorDifference * 3 * count
    guard Float(color) > limit else { return false }
    return Float(Self.squares(luma, other.luma)) <= Self.settledLuma * Self.settledLuma * count
  }

  private static func squares(_ first: [UInt8], _ second: [UInt8]) -> Int32 {
    first.withUnsafeBufferPointer { first in
      second.withUnsafeBufferPointer { second in
        var sum: Int32 = 0
        for place in 0..<min(first.count, second.count) {
          let difference = Int16(first[place]) &- Int16(second[place])
          sum &+= Int32(difference) &* Int32(difference)
        }
        return sum
      }
    }
  }

  /// Whether another thumbnail is of the same picture, looked at closely.
  func matches(_ other: Thumbnail) -> Bool {
    // Few get so far.
    let comparison = comparison ?? PictureComparison(thumbnail, flipped: flip)
    self.comparison = comparison
    return comparison.matches(other)
  }
}

/// Many thumbnails in one piece of memory: the same row of all together, since most comparisons end with the first.
final class ThumbnailTable {
  private static let rowSize = Thumbnail.side * 3

  private let thumbnails: [Thumbnail]
  /// Where in the memory each lies.
  private var slots: [Int]
  private let memory: UnsafeMutableRawPointer
  /// How often two pictures were looked at closely.
  private(set) var closeComparisonCount = 0

  /// A table of thumbnails.
  ///
  /// - Parameter order: Their places in the order in which they are asked for: what is used together is stored
  ///   together.
  init(_ thumbnails: [Thumbnail], order: [Int]) {
    self.thumbnails = thumbnails
    slots = thumbnails.map { _ in 0 }
    for (slot, place) in order.enumerated() { slots[place] = slot }
    let count = thumbnails.count
    memory = .allocate(byteCount: max(1, count * Thumbnail.side * Self.rowSize), alignment: 64)
    for (slot, place) in order.enumerated() {
      thumbnails[place].pixels.withUnsafeBytes { pixels in
        guard let start = pixels.baseAddress else { return }
        for row in 0..<Thumbnail.side {
          (memory + (row * count + slot) * Self.rowSize).copyMemory(
            from: start + row * Self.rowSize, byteCount: Self.rowSize)
        }
      }
    }
  }

  deinit { memory.deallocate() }

  /// A photo to compare others with.
  func query(_ place: Int, flipped flip: Flip) -> ThumbnailQuery {
    ThumbnailQuery(thumbnails[place], flipped: flip)
  }

  /// Whether a photo, whose hash is near enough, is the same picture as that of the query.
  func isNearDuplicate(_ query: ThumbnailQuery, of place: Int) -> Bool {
    let (memory, slot, count) = (memory, slots[place], thumbnails.count)
    let mayMatch = query.mayMatch(thumbnails[place]) { row in
      UnsafeRawPointer(memory + (row * count + slot) * Self.rowSize)
    }
    guard mayMatch else { return false }
    closeComparisonCount += 1
    return query.matches(thumbnails[place])
  }
}
