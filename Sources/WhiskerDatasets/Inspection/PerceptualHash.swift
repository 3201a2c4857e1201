import Foundation

/// What pictures that look alike have nearly in common: the 8 × 8 lowest coefficients of a thumbnail's cosine transform.
///
///     H(u, v) = Σ l(y, x) · c(u, y) · c(v, x),  c(u, y) = √(2/16) · cos((2y + 1) u π / 32), and √(1/16) for u = 0
///
/// The transform is orthonormal (a DCT-II), so the distance of two hashes is at most that of the thumbnails: hashes
/// of near duplicates are never further apart than 16 times ``Thumbnail/largestDifference``, and a search within
/// that radius misses none. A hash of bits, which are cut off at some threshold, couldn't promise that.
package struct PerceptualHash {
  /// The distance of near duplicates, at most.
  package static let radius = Float(Thumbnail.side) * Thumbnail.largestDifference
  /// The number of coefficients.
  static let count = order * order
  private static let order = 8

  /// The coefficients in the order of ``frequencies``.
  let values: SIMD64<Float>

  /// The hash of 16 × 16 luma values, row after row.
  package init(luma: [Float]) {
    let side = Thumbnail.side
    precondition(luma.count == side * side, "a hash is of \(side * side) values, not \(luma.count)")
    // Each row's coefficients first, then those of the columns that they make.
    let rows = (0..<side * Self.order).map { place in
      let (row, frequency) = (place / Self.order, place % Self.order)
      return (0..<side).reduce(Float(0)) {
        $0 + luma[row * side + $1] * Self.cosines[frequency * side + $1]
      }
    }
    var values = SIMD64<Float>(repeating: 0)
    for (place, frequency) in Self.frequencies.enumerated() {
      values[place] = (0..<side).reduce(Float(0)) {
        $0 + rows[$1 * Self.order + frequency.across] * Self.cosines[frequency.down * side + $1]
      }
    }
    self.values = values
  }

  private init(values: SIMD64<Float>) { self.values = values }

  /// The hash of the flipped picture: what is odd along a flipped axis changes its sign.
  package func flipped(_ flip: Flip) -> PerceptualHash {
    PerceptualHash(values: values * Self.signs[flip.rawValue])
  }

  /// The square of the distance to another hash; where it is above a limit, perhaps only a part of it that is, too.
  package func squaredDistance(to other: PerceptualHash, limit: Float = .infinity) -> Float {
    // The coarsest sixteen tell most pictures apart.
    let coarse = values.lowHalf.lowHalf - other.values.lowHalf.lowHalf
    let first = (coarse * coarse).sum()
    if first > limit { return first }
    let difference: SIMD64<Float> = values - other.values
    let squares = difference * difference
    let folded = squares.lowHalf + squares.highHalf
    return (folded.lowHalf + folded.highHalf).sum()
  }

  /// How often each coefficient's waves go down and across; the coarser ones first, so that any first n² of them are
  /// the n × n lowest.
  private static let frequencies: [(down: Int, across: Int)] = (0..<order).flatMap { shell in
    (0...shell).map { (shell, $0) } + (0..<shell).map { ($0, shell) }
  }

  /// What each flip multiplies the coefficients with, by its raw value.
  private static let signs: [SIMD64<Float>] = Flip.allCases.map { flip in
    var signs = SIMD64<Float>(repeating: 1)
    for (place, frequency) in frequencies.enumerated() {
      if flip.mirrorsColumns && !frequency.across.isMultiple(of: 2) { signs[place] *= -1 }
      if flip.mirrorsRows && !frequency.down.isMultiple(of: 2) { signs[place] *= -1 }
    }
    return signs
  }

  /// `c(u, y)` at `16 u + y`.
  private static let cosines: [Float] = (0..<order).flatMap { frequency in
    (0..<Thumbnail.side).map { place in
      let scale = (Double(frequency == 0 ? 1 : 2) / Double(Thumbnail.side)).squareRoot()
      return Float(scale * cos(Double(2 * place + 1) * Double(frequency) * .pi / Double(2 * Thumbnail.side)))
    }
  }
}

/// How a copy may lie beside its original.
package enum Flip: Int, CaseIterable, Sendable {
  /// As it is.
  case none
  /// Left and right exchanged.
  case horizontal
  /// Top and bottom exchanged.
  case vertical
  /// Both: half a turn.
  case both

  /// Whether left and right are exchanged.
  var mirrorsColumns: Bool { self == .horizontal || self == .both }
  /// Whether top and bottom are exchanged.
  var mirrorsRows: Bool { self == .vertical || self == .both }
}
