/// Many thumbnails in one piece of memory, compared in whole numbers.
///
/// Photos that look alike without being the same (one scene in other colours, one face after another) must all
/// be compared with each other: whatever they are sorted by is alike too. So a comparison is made cheap: it
/// ends with the first quarter that shows the difference, and only where whole numbers come too near to a limit
/// does ``Thumbnail/isNearDuplicate(of:flipped:)`` decide, so that the answer is always its own.
final class ThumbnailTable {
  private static let pixelCount = Thumbnail.side * Thumbnail.side
  private static let quarters = 4
  private static let length = pixelCount / quarters
  /// Levels of luma are counted in sixteenths, so that the squares of a quarter fit 32 bits.
  private static let scale: Float = 16
  /// By how much rounding to sixteenths, and that of sums, can change a difference, in sixteenths.
  private static let uncertainty: Float = 1.01

  private let thumbnails: [Thumbnail]
  /// Where in the memory each lies.
  private var slots: [Int]
  private let lumaLimits: [Float]
  private let areGray: [Bool]
  private let lumas: UnsafeMutablePointer<Int16>
  private let colors: UnsafeMutablePointer<Int16>
  /// How often whole numbers weren't enough.
  private(set) var exactComparisonCount = 0

  /// A table of thumbnails.
  ///
  /// - Parameter order: Their places in the order in which they are asked for: what is used together is stored
  ///   together.
  init(_ thumbnails: [Thumbnail], order: [Int]) {
    self.thumbnails = thumbnails
    slots = thumbnails.map { _ in 0 }
    for (slot, place) in order.enumerated() { slots[place] = slot }
    lumaLimits = thumbnails.map(\.lumaLimit)
    areGray = thumbnails.map(\.isGray)
    lumas = .allocate(capacity: max(1, thumbnails.count) * Self.pixelCount)
    colors = .allocate(capacity: max(1, thumbnails.count) * Self.pixelCount * 3)
    for (slot, place) in order.enumerated() {
      let query = Query(thumbnails[place], at: place, flipped: .none)
      for quarter in 0..<Self.quarters {
        luma(of: slot, quarter).update(from: query.luma + quarter * Self.length, count: Self.length)
        color(of: slot, quarter).update(from: query.color + 3 * quarter * Self.length, count: 3 * Self.length)
      }
    }
  }

  /// A quarter's luma; the same quarters of all photos lie together, since most comparisons end with the first.
  private func luma(of slot: Int, _ quarter: Int) -> UnsafeMutablePointer<Int16> {
    lumas + (quarter * thumbnails.count + slot) * Self.length
  }

  private func color(of slot: Int, _ quarter: Int) -> UnsafeMutablePointer<Int16> {
    colors + (quarter * thumbnails.count + slot) * 3 * Self.length
  }

  deinit {
    lumas.deallocate()
    colors.deallocate()
  }

  /// One photo's thumbnail flipped, to be compared with many.
  final class Query {
    fileprivate let place: Int
    fileprivate let flip: Flip
    fileprivate let luma: UnsafeMutablePointer<Int16>
    fileprivate let color: UnsafeMutablePointer<Int16>

    fileprivate init(_ thumbnail: Thumbnail, at place: Int, flipped flip: Flip) {
      self.place = place
      self.flip = flip
      luma = .allocate(capacity: ThumbnailTable.pixelCount)
      color = .allocate(capacity: ThumbnailTable.pixelCount * 3)
      // Flipping twice changes nothing: the mirrored query lies as the others do.
      ThumbnailTable.write(thumbnail, flipped: flip, luma, color)
    }

    deinit {
      luma.deallocate()
      color.deallocate()
    }
  }

  /// A photo to compare others with.
  func query(_ place: Int, flipped flip: Flip) -> Query {
    Query(thumbnails[place], at: place, flipped: flip)
  }

  /// Whether a photo is the same picture as that of the query.
  func isNearDuplicate(_ query: Query, of place: Int) -> Bool {
    let limit = Self.scale * min(lumaLimits[query.place], lumaLimits[place])
    func sum(_ difference: Float) -> Int64 { Int64(difference * difference * Float(Self.pixelCount)) }
    let (least, most) = (sum(max(0, limit - Self.uncertainty)), sum(limit + Self.uncertainty))
    let comparesColors = !(areGray[query.place] || areGray[place])
    let colorLimit =
      Int32(Thumbnail.largestColorDifference * Thumbnail.largestColorDifference) * Int32(3 * Self.pixelCount)

    let slot = slots[place]
    var (lumaSum, colorSum) = (Int64(0), Int32(0))
    for quarter in 0..<Self.quarters {
      let start = quarter * Self.length
      lumaSum += Int64(Self.squares(query.luma + start, luma(of: slot, quarter), Self.length))
      if lumaSum > most { return false }
      guard comparesColors else { continue }
      colorSum += Self.squares(query.color + 3 * start, color(of: slot, quarter), 3 * Self.length)
      if colorSum > colorLimit { return false }
    }
    if lumaSum < least { return true }
    exactComparisonCount += 1
    return thumbnails[query.place].isNearDuplicate(of: thumbnails[place], flipped: query.flip)
  }

  private static func squares(_ first: UnsafePointer<Int16>, _ second: UnsafePointer<Int16>, _ count: Int)
    -> Int32
  {
    var sum: Int32 = 0
    for place in 0..<count {
      let difference = first[place] &- second[place]
      sum &+= Int32(difference) &* Int32(difference)
    }
    return sum
  }

  private static func write(
    _ thumbnail: Thumbnail, flipped flip: Flip, _ luma: UnsafeMutablePointer<Int16>,
    _ color: UnsafeMutablePointer<Int16>
  ) {
    let side = Thumbnail.side
    for row in 0..<side {
      let theirRow = flip.mirrorsRows ? side - 1 - row : row
      for column in 0..<side {
        let source = (theirRow * side + (flip.mirrorsColumns ? side - 1 - column : column)) * 3
        let target = row * side + column
        for channel in 0..<3 { color[3 * target + channel] = Int16(thumbnail.pixels[source + channel]) }
        luma[target] = Int16((scale * thumbnail.luma(at: source)).rounded())
      }
    }
  }
}
