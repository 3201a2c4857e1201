import Foundation

/// What pictures that look alike nearly share: the 8 × 8 lowest coefficients of a thumbnail's cosine transform.
///
///     H(u, v) = Σ l(y, x) · c(u, y) · c(v, x),  c(u, y) = √(2/16) · cos((2y + 1) u π / 32), and √(1/16) for u = 0
///
/// The transform is orthonormal (a DCT-II), so the distance of two hashes is at most that of the thumbnails: hashes
/// of near duplicates are never further apart than 16 times ``Thumbnail/largestDifference``, and a search within
/// that radius misses none. A hash of bits, which are cut off at some threshold, couldn't guarantee that.
package struct PerceptualHash {
  /// The distance of near duplicates, at most.
  package static let radius = Float(Thumbnail.side) * Thumbnail.largestDifference
  /// The number of coefficients.
  static let count = order * order
  private static let order = 8

  /// The coefficients in the order of ``frequencies``: sixteen at a time, the longest vectors that compile to SIMD.
  private var first: SIMD16<Float> = .zero
  private var second: SIMD16<Float> = .zero
  private var third: SIMD16<Float> = .zero
  private var fourth: SIMD16<Float> = .zero

  /// The hash of 16 × 16 luma values, row after row.
  package init(luma: [Float]) {
    let side = Thumbnail.side
    precondition(luma.count == side * side, "a hash is of \(side * side) values, not \(luma.count)")
    let cosines = Self.cosines
    // Each row's coefficients first, then those of the columns that they make.
    var rows = [Float](repeating: 0, count: side * Self.order)
    for row in 0..<side {
      for frequency in 0..<Self.order {
        var sum: Float = 0
        for column in 0..<side { sum += luma[row * side + column] * cosines[frequency * side + column] }
        rows[row * Self.order + frequency] = sum
      }
    }
    for (place, frequency) in Self.frequencies.enumerated() {
      var sum: Float = 0
      for row in 0..<side {
        sum += rows[row * Self.order + frequency.across] * cosines[frequency.down * side + row]
      }
      self[place] = sum
    }
  }

  private init(repeating value: Float) {
    let values = SIMD16<Float>(repeating: value)
    (first, second, third, fourth) = (values, values, values, values)
  }

  /// One of the coefficients.
  private(set) subscript(place: Int) -> Float {
    get {
      switch place / 16 {
      case 0: first[place]
      case 1: second[place - 16]
      case 2: third[place - 32]
      default: fourth[place - 48]
      }
    }
    set {
      switch place / 16 {
      case 0: first[place] = newValue
      case 1: second[place - 16] = newValue
      case 2: third[place - 32] = newValue
      default: fourth[place - 48] = newValue
      }
    }
  }

  /// The hash of the flipped picture: what is odd along a flipped axis changes its sign.
  package func flipped(_ flip: Flip) -> PerceptualHash {
    let signs = Self.signs[flip.rawValue]
    var hash = self
    hash.first *= signs.first
    hash.second *= signs.second
    hash.third *= signs.third
    hash.fourth *= signs.fourth
    return hash
  }

  /// The square of the distance to another hash; where it is above a limit, perhaps only a part of it that is, too.
  @inline(__always)
  package func squaredDistance(to other: PerceptualHash, limit: Float = .infinity) -> Float {
    let coarse: SIMD16<Float> = first - other.first
    // The coarsest sixteen distinguish most pictures.
    let part = (coarse * coarse).sum()
    if part > limit { return part }
    let (a, b, c) = (second - other.second, third - other.third, fourth - other.fourth)
    let squares: SIMD16<Float> = a * a + b * b + c * c
    return part + squares.sum()
  }

  /// Makes each coefficient the lesser of two.
  mutating func lower(to other: PerceptualHash) {
    first = pointwiseMin(first, other.first)
    second = pointwiseMin(second, other.second)
    third = pointwiseMin(third, other.third)
    fourth = pointwiseMin(fourth, other.fourth)
  }

  /// Makes each coefficient the greater of two.
  mutating func raise(to other: PerceptualHash) {
    first = pointwiseMax(first, other.first)
    second = pointwiseMax(second, other.second)
    third = pointwiseMax(third, other.third)
    fourth = pointwiseMax(fourth, other.fourth)
  }

  /// How often each coefficient's waves go down and across; the coarser ones first, so that any first n² of them are
  /// the n × n lowest.
  private static let frequencies: [(down: Int, across: Int)] = (0..<order).flatMap { shell in
    (0...shell).map { (shell, $0) } + (0..<shell).map { ($0, shell) }
  }

  /// What each flip multiplies the coefficients by, by its raw value.
  private static let signs: [PerceptualHash] = Flip.allCases.map { flip in
    var signs = PerceptualHash(repeating: 1)
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

/// How a copy may be flipped against its original.
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
