import Foundation

/// What pictures that look alike have nearly in common: the 4 × 4 lowest coefficients of a thumbnail's cosine transform.
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
  private static let order = 4

  /// The coefficients, row after row.
  let values: SIMD16<Float>

  /// The hash of 16 × 16 luma values, row after row.
  package init(luma: [Float]) {
    let side = Thumbnail.side
    precondition(luma.count == side * side, "a hash is of \(side * side) values, not \(luma.count)")
    var values = SIMD16<Float>(repeating: 0)
    for column in 0..<Self.order {
      // Each row's coefficient, and then that of the column they make.
      let rows = (0..<side).map { row in
        (0..<side).reduce(Float(0)) { $0 + luma[row * side + $1] * Self.cosines[column * side + $1] }
      }
      for row in 0..<Self.order {
        values[row * Self.order + column] = (0..<side).reduce(Float(0)) {
          $0 + rows[$1] * Self.cosines[row * side + $1]
        }
      }
    }
    self.values = values
  }

  private init(values: SIMD16<Float>) { self.values = values }

  /// The hash of the mirror image: what is odd from left to right changes its sign.
  package var mirrored: PerceptualHash { PerceptualHash(values: values * Self.mirrorSigns) }

  /// The square of the distance to another hash.
  package func squaredDistance(to other: PerceptualHash) -> Float {
    let difference: SIMD16<Float> = values - other.values
    return (difference * difference).sum()
  }

  private static let mirrorSigns = SIMD16<Float>(1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1)

  /// `c(u, y)` at `16 u + y`.
  private static let cosines: [Float] = (0..<order).flatMap { frequency in
    (0..<Thumbnail.side).map { place in
      let scale = (Double(frequency == 0 ? 1 : 2) / Double(Thumbnail.side)).squareRoot()
      return Float(scale * cos(Double(2 * place + 1) * Double(frequency) * .pi / Double(2 * Thumbnail.side)))
    }
  }
}
