/// One axis of the photo that a warp reads: brings coordinates into the photo, as the fill mode says, and splits
/// them into a whole pixel and a fraction.
///
/// The loops take a stretch of coordinates at a time and hold nothing but arithmetic and selection, so that the
/// compiler vectorises them. They work in Float: within a photo of 256 pixels a coordinate is good to 2⁻¹⁶.
struct SourceAxis {
  /// Pixels along the axis.
  let count: Int
  /// What lies beyond.
  let fill: FillMode

  /// How far beyond the last centre a coordinate may lie and still count as on it: what rounding may have done.
  static let tolerance = 0x1p-12

  /// Added to a number of at most 2²², it rounds it to a whole number, which then stands in the low bits.
  private static let rounder: Float = 0x1.8p23

  init(count: Int, fill: FillMode) {
    precondition(count > 0 && count < 1 << 22, "an axis of \(count) pixels can't be read")
    self.count = count
    self.fill = fill
  }

  /// Writes `start`, `start + step`, … as coordinates within `0 ... count − 1`.
  func place(from start: Float, step: Float, into run: AxisRun, length: Int) {
    let last = Float(count - 1)
    let places = run.fractions
    switch fill {
    case .nearest, .constant:
      for index in 0..<length {
        places[index] = clamp(start + Float(Int32(truncatingIfNeeded: index)) * step, last)
      }
    case .reflect:
      let period = Float(2 * count)
      let inverse = 1 / period
      for index in 0..<length {
        // Mirrored at −½, the edge; then folded into one period, which is mirrored at its middle.
        let distance = abs(start + Float(Int32(truncatingIfNeeded: index)) * step + 0.5)
        let rest = distance - floor(distance * inverse) * period
        places[index] = clamp(min(rest, period - rest) - 0.5, last)
      }
    case .wrap:
      let period = max(last, 1)
      let inverse = 1 / period
      let tolerance = Float(Self.tolerance)
      for index in 0..<length {
        let place = start + Float(Int32(truncatingIfNeeded: index)) * step
        let distance = abs(place)
        // The quotient is rounded: where it should be whole, its floor may be one too small.
        let remainder = distance - floor(distance * inverse) * period
        let rest = remainder >= period ? remainder - period : remainder
        let wrapped = place < 0 ? period - rest : rest
        let isInside = place >= -tolerance && place <= last + tolerance
        places[index] = clamp(isInside ? place : wrapped, last)
      }
    }
  }

  /// Splits placed coordinates into the pixel before each, which has a next one if there are two pixels at all,
  /// and the way from there, `0 ... 1`.
  func split(_ run: AxisRun, length: Int) {
    let lastCell = Float(max(count - 2, 0))
    for index in 0..<length {
      let place = run.fractions[index]
      let cell = min(floor(place), lastCell)
      run.cells[index] = integer(cell)
      run.fractions[index] = place - cell
    }
  }

  /// Rounds placed coordinates to whole pixels, halves upwards.
  func round(_ run: AxisRun, length: Int) {
    for index in 0..<length {
      let place = run.fractions[index]
      let even = (place + Self.rounder) - Self.rounder
      run.cells[index] = integer(place - even >= 0.5 ? even + 1 : even)
    }
  }

  /// The pixel that a whole number stands for.
  func pixel(_ index: Int) -> Int {
    if index >= 0 && index < count { return index }
    switch fill {
    case .nearest, .constant: return max(0, min(index, count - 1))
    case .reflect:
      let rest = (index % (2 * count) + 2 * count) % (2 * count)
      return min(rest, 2 * count - 1 - rest)
    case .wrap:
      let period = max(count - 1, 1)
      return (index % period + period) % period
    }
  }

  @inline(__always)
  private func clamp(_ place: Float, _ last: Float) -> Float { min(max(place, 0), last) }

  /// The largest whole number up to `place`, or for a whole one perhaps the one before: callers can handle a
  /// fraction of 1 as well as one of 0.
  @inline(__always)
  private func floor(_ place: Float) -> Float { (place - 0.5 + Self.rounder) - Self.rounder }

  @inline(__always)
  private func integer(_ whole: Float) -> Int32 {
    Int32(bitPattern: (whole + Self.rounder).bitPattern &- Self.rounder.bitPattern)
  }
}

/// Where a stretch of a result's row is read along one axis of the source.
struct AxisRun {
  /// The whole pixels.
  let cells: UnsafeMutablePointer<Int32>
  /// The way from each to the next.
  let fractions: UnsafeMutablePointer<Float>
}
