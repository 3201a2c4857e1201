import Foundation

/// What pictures that look alike nearly share: the 8 × 8 lowest coefficients of the cosine transform of a thumbnail's 16 × 16
/// means, the finer ones with less weight.
///
///     H(u, v) = w(u, v) · Σ l(y, x) · c(u, y) · c(v, x),  w(u, v) = 1 / (1 + √(u² + v²) / 2),
///     c(u, y) = √(2/16) · cos((2y + 1) u π / 32), and √(1/16) for u = 0
///
/// The transform is orthonormal (a DCT-II) and no weight is above 1, so the distance of two hashes is at most that of the means:
/// what differs by less than ``Thumbnail/largestDifference`` in the root mean square is never further apart than ``radius``,
/// and a search within that radius misses none. A hash of bits, which are cut off at some threshold, couldn't
/// guarantee that. The weights are there for crops, which move what is fine by more than what is broad.
package struct PerceptualHash {
  /// The distance of near duplicates, at most.
  package static let radius = Float(side) * Thumbnail.largestDifference
  private static let side = Thumbnail.coarseSide
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
    let side = Self.side
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
      self[place] = sum * frequency.weight
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

  /// The hash of the flipped picture: waves down become waves across where the axes are exchanged, and what is odd along
  /// a flipped axis changes its sign.
  package func flipped(_ flip: Flip) -> PerceptualHash {
    let signs = Self.signs[flip.rawValue]
    var hash = flip.exchangesAxes ? transposed : self
    hash.first *= signs.first
    hash.second *= signs.second
    hash.third *= signs.third
    hash.fourth *= signs.fourth
    return hash
  }

  /// What all flips of a picture share: the sizes of the coefficients without their signs, of two that change places the
  /// lesser first.
  ///
  /// Two of these are never further apart than the hashes of any two flips of the pictures.
  package var invariant: PerceptualHash {
    var result = self
    for (place, other) in Self.transposedPlaces.enumerated() where place > 0 {
      let (own, exchanged) = (abs(self[place]), abs(self[other]))
      result[place] = place < other ? min(own, exchanged) : max(own, exchanged)
    }
    return result
  }

  /// How far the picture is from an even one of its mean.
  package var lengthWithoutMean: Float {
    var rest = self
    rest[0] = 0
    return rest.squaredDistance(to: PerceptualHash(repeating: 0)).squareRoot()
  }

  /// The hash of the picture with rows and columns exchanged.
  private var transposed: PerceptualHash {
    var result = self
    for (place, other) in Self.transposedPlaces.enumerated() { result[place] = self[other] }
    return result
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

  /// How often a coefficient's waves go down and across.
  private struct Frequency: Hashable {
    let down: Int
    let across: Int

    var weight: Float { 1 / (1 + Float(down * down + across * across).squareRoot() / 2) }
  }

  /// The coefficients' frequencies; the coarser ones first, so that any first n² of them are the n × n lowest.
  private static let frequencies: [Frequency] = (0..<order).flatMap { shell in
    (0...shell).map { Frequency(down: shell, across: $0) }
      + (0..<shell).map { Frequency(down: $0, across: shell) }
  }

  /// For each coefficient the place of the one whose waves go the other way.
  private static let transposedPlaces: [Int] = frequencies.indices.map { place in
    let wanted = Frequency(down: frequencies[place].across, across: frequencies[place].down)
    return frequencies.firstIndex(of: wanted) ?? place
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
    (0..<side).map { place in
      let scale = (Double(frequency == 0 ? 1 : 2) / Double(side)).squareRoot()
      return Float(scale * cos(Double(2 * place + 1) * Double(frequency) * .pi / Double(2 * side)))
    }
  }
}

/// How a copy may be flipped or turned against its original: the eight ways to lay a square upon itself.
///
/// Where the axes are exchanged, that is done first.
package enum Flip: Int, CaseIterable, Sendable {
  /// As it is.
  case none
  /// Left and right exchanged.
  case horizontal
  /// Top and bottom exchanged.
  case vertical
  /// Both: half a turn.
  case both
  /// Rows and columns exchanged.
  case transposed
  /// A quarter turn, clockwise.
  case right
  /// A quarter turn, anticlockwise.
  case left
  /// Rows and columns exchanged along the other diagonal.
  case crossed

  /// Whether left and right are exchanged.
  package var mirrorsColumns: Bool { rawValue & 1 != 0 }
  /// Whether top and bottom are exchanged.
  package var mirrorsRows: Bool { rawValue & 2 != 0 }
  /// Whether rows become columns.
  package var exchangesAxes: Bool { rawValue & 4 != 0 }

  /// Where in a square plane, row after row, each pixel of the flipped one comes from.
  func sources(side: Int) -> [Int] {
    (0..<side * side).map { place in
      let (row, column) = (place / side, place % side)
      let theirRow = mirrorsRows ? side - 1 - row : row
      let theirColumn = mirrorsColumns ? side - 1 - column : column
      return exchangesAxes ? theirColumn * side + theirRow : theirRow * side + theirColumn
    }
  }
}
