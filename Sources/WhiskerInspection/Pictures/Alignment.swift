/// How a picture is moved and stretched to lie upon another of the same size, each axis by itself.
///
///     x′ = x + shift + stretch · (x − middle)
struct Alignment {
  /// The largest shift, in pixels of a thumbnail: a crop of 5 % moves the opposite edge by 1.6.
  static let largestShift: Float = 2.5
  /// The largest stretch: a crop that leaves seven eighths of a side.
  static let largestStretch: Float = 0.14

  var rows = Axis()
  var columns = Axis()

  /// The part of an alignment along one axis.
  struct Axis {
    /// Pixels.
    var shift: Float = 0
    /// A share of the distance from the middle.
    var stretch: Float = 0

    /// Undoes a change of the picture that the other one lies upon.
    ///
    /// - Returns: How far the farthest pixel moves.
    mutating func undo(_ change: Axis) -> Float {
      let scale = (1 + stretch) / max(0.5, 1 + change.stretch)
      let old = self
      shift = max(-Alignment.largestShift, min(Alignment.largestShift, shift - scale * change.shift))
      stretch = max(-Alignment.largestStretch, min(Alignment.largestStretch, scale - 1))
      return abs(shift - old.shift) + abs(stretch - old.stretch) * Float(Thumbnail.side) / 2
    }

    /// For each pixel along the axis: the pixel before the place that it shows, and how far that is to the next.
    ///
    /// Nothing is shown beyond the ends.
    fileprivate func places() -> (first: [Int], part: [Float], inside: Range<Int>) {
      let side = Thumbnail.side
      let middle = Float(side - 1) / 2
      var (first, part, inside) = (
        [Int](repeating: 0, count: side), [Float](repeating: 0, count: side), 0..<0
      )
      for number in 0..<side {
        let place = Float(number) + shift + stretch * (Float(number) - middle)
        let held = max(0, min(Float(side - 1), place))
        first[number] = min(Int(held), side - 2)
        part[number] = held - Float(first[number])
        // Places only grow, so that those inside are neighbours.
        if place >= -0.5 && place <= Float(side) - 0.5 {
          inside = (inside.isEmpty ? number : inside.lowerBound)..<number + 1
        }
      }
      return (first, part, inside)
    }
  }

  /// Moves and stretches a plane of a thumbnail, row after row; what comes from outside of it takes the values of another plane.
  func moved(_ plane: [Float], else filling: [Float]) -> [Float] {
    let side = Thumbnail.side
    let (down, across) = (rows.places(), columns.places())
    var moved = filling
    var mixed = [Float](repeating: 0, count: side)
    plane.withUnsafeBufferPointer { plane in
      moved.withUnsafeMutableBufferPointer { moved in
        mixed.withUnsafeMutableBufferPointer { mixed in
          across.first.withUnsafeBufferPointer { first in
            across.part.withUnsafeBufferPointer { part in
              for row in down.inside {
                let above = down.first[row] * side
                let share = down.part[row]
                for column in 0..<side {
                  let value = plane[above + column]
                  mixed[column] = value + (plane[above + side + column] - value) * share
                }
                for column in across.inside {
                  let value = mixed[first[column]]
                  moved[row * side + column] = value + (mixed[first[column] + 1] - value) * part[column]
                }
              }
            }
          }
        }
      }
    }
    return moved
  }
}

/// Finds how other pictures lie upon one: the inverse compositional method of Baker and Matthews ("Lucas-Kanade 20 Years
/// On", 2004) with a shift and a stretch for each axis.
struct Aligner {
  private static let steps = 6
  /// What no further step is worth, in pixels.
  private static let enough: Float = 0.02
  private static let count = Thumbnail.side * Thumbnail.side

  /// The luma that others are laid upon.
  let luma: [Float]
  /// How the luma changes with each of the four numbers of an alignment: shift and stretch of the columns, then of the rows.
  private let slopes: [[Float]]
  /// The inverse of the slopes' products.
  private let inverse: [[Float]]

  init(luma: [Float]) {
    self.luma = luma
    let side = Thumbnail.side
    let middle = Float(side - 1) / 2
    let gradient = Self.gradient(of: luma)
    var slopes = [gradient.across, gradient.across, gradient.down, gradient.down]
    for place in 0..<Self.count {
      slopes[1][place] *= Float(place % side) - middle
      slopes[3][place] *= Float(place / side) - middle
    }
    var products = (0..<4).map { first in (0..<4).map { Self.product(slopes[first], slopes[$0]) } }
    // What no slope says stays as it is.
    let trace = (0..<4).reduce(Float(0)) { $0 + products[$1][$1] }
    for number in 0..<4 { products[number][number] += 1e-4 * trace + 1e-3 }
    self.slopes = slopes
    inverse = Self.inverse(of: products)
  }

  /// How another picture's luma lies upon this one.
  ///
  /// - Parameter limits: What the root mean square difference of a copy has come down to, at most, after a number of steps; nil if it
  ///   won't.
  func alignment(with other: [Float], limits: [Int: Float] = [:]) -> Alignment? {
    var alignment = Alignment()
    for step in 0..<Self.steps {
      var difference = alignment.moved(other, else: luma)
      Self.subtract(luma, from: &difference)
      if let limit = limits[step], Self.product(difference, difference) > limit * limit * Float(Self.count) {
        return nil
      }
      let pulls = (
        Self.product(slopes[0], difference), Self.product(slopes[1], difference),
        Self.product(slopes[2], difference), Self.product(slopes[3], difference)
      )
      func change(_ number: Int) -> Float {
        let row = inverse[number]
        return row[0] * pulls.0 + row[1] * pulls.1 + row[2] * pulls.2 + row[3] * pulls.3
      }
      let across = alignment.columns.undo(Alignment.Axis(shift: change(0), stretch: change(1)))
      let down = alignment.rows.undo(Alignment.Axis(shift: change(2), stretch: change(3)))
      if max(across, down) < Self.enough { break }
    }
    return alignment
  }

  /// The root mean square of differences.
  static func rootMeanSquare(_ values: [Float]) -> Float {
    (product(values, values) / Float(count)).squareRoot()
  }

  /// Takes one plane from another.
  static func subtract(_ plane: [Float], from other: inout [Float]) {
    plane.withUnsafeBufferPointer { plane in
      other.withUnsafeMutableBufferPointer { other in
        for place in 0..<count { other[place] -= plane[place] }
      }
    }
  }

  /// By how much the luma changes from pixel to pixel.
  static func gradient(of luma: [Float]) -> (across: [Float], down: [Float]) {
    let side = Thumbnail.side
    var (across, down) = (luma, luma)
    luma.withUnsafeBufferPointer { luma in
      across.withUnsafeMutableBufferPointer { across in
        down.withUnsafeMutableBufferPointer { down in
          for row in 0..<side {
            let (above, below) = (max(0, row - 1) * side, min(side - 1, row + 1) * side)
            let share: Float = below - above == side ? 1 : 0.5
            let start = row * side
            for column in 0..<side {
              down[start + column] = (luma[below + column] - luma[above + column]) * share
            }
            for column in 1..<side - 1 {
              across[start + column] = (luma[start + column + 1] - luma[start + column - 1]) * 0.5
            }
            across[start] = luma[start + 1] - luma[start]
            across[start + side - 1] = luma[start + side - 1] - luma[start + side - 2]
          }
        }
      }
    }
    return (across, down)
  }

  /// The sum of products, in an order that doesn't depend on the machine.
  private static func product(_ first: [Float], _ second: [Float]) -> Float {
    first.withUnsafeBytes { first in
      second.withUnsafeBytes { second in
        var sums = SIMD16<Float>.zero
        let size = MemoryLayout<SIMD16<Float>>.size
        for place in stride(from: 0, to: count * MemoryLayout<Float>.size, by: size) {
          let left = first.loadUnaligned(fromByteOffset: place, as: SIMD16<Float>.self)
          let right = second.loadUnaligned(fromByteOffset: place, as: SIMD16<Float>.self)
          sums += left * right
        }
        return sums.sum()
      }
    }
  }

  /// The inverse of a positive definite matrix of 4 × 4, by Gauss and Jordan.
  private static func inverse(of matrix: [[Float]]) -> [[Float]] {
    let size = matrix.count
    var rows = matrix.enumerated().map { number, row in row + (0..<size).map { $0 == number ? Float(1) : 0 } }
    for pivot in 0..<size {
      let scale = 1 / rows[pivot][pivot]
      rows[pivot] = rows[pivot].map { $0 * scale }
      for other in 0..<size where other != pivot {
        let factor = rows[other][pivot]
        rows[other] = zip(rows[other], rows[pivot]).map { $0 - factor * $1 }
      }
    }
    return rows.map { Array($0[size...]) }
  }
}
