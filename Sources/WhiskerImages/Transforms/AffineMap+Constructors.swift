#if canImport(Glibc)
  import Glibc
#else
  import Foundation
#endif

/// The maps that pictures are usually changed by. Turns, shears and zooms leave the first pixel where it is;
/// ``AffineMap/centred(onHeight:width:)`` makes that the middle of the picture.
extension AffineMap {
  /// A turn to the left by θ: `source = (cos θ · row + sin θ · column, −sin θ · row + cos θ · column)`.
  ///
  /// It turns as Keras, Pillow and `numpy.rot90` do. Multiples of 90° are exact.
  ///
  /// - Parameter degrees: The angle θ; a negative one turns to the right.
  public static func rotation(degrees: Double) -> AffineMap {
    let quarters = (degrees / 90).rounded()
    let rest = (degrees - quarters * 90) * .pi / 180
    var (cosine, sine) = (cos(rest), sin(rest))
    // Whole quarters by exchanging, so that they bring no rounding with them.
    for _ in 0..<((Int(quarters.remainder(dividingBy: 4)) + 4) % 4) { (cosine, sine) = (-sine, cosine) }
    return AffineMap(
      rowFromRow: cosine, rowFromColumn: sine, columnFromRow: -sine, columnFromColumn: cosine)
  }

  /// A move down and to the right: `source = (row − rows, column − columns)`, in pixels.
  public static func shift(rows: Double = 0, columns: Double = 0) -> AffineMap {
    AffineMap(rowOffset: -rows, columnOffset: -columns)
  }

  /// Keras's shear by the angle s: `source = (cos s · row, column − sin s · row)`.
  ///
  /// - Parameter degrees: The angle s.
  public static func shear(degrees: Double) -> AffineMap {
    let angle = degrees * .pi / 180
    return AffineMap(rowFromRow: cos(angle), columnFromRow: -sin(angle))
  }

  /// Pillow's and RandAugment's shear: `source = (row + rows · column, column + columns · row)`.
  ///
  /// - Parameters:
  ///   - rows: Source rows more for each column of the result (RandAugment's ShearY).
  ///   - columns: Source columns more for each row of the result (ShearX).
  public static func shear(rows: Double = 0, columns: Double = 0) -> AffineMap {
    AffineMap(rowFromColumn: rows, columnFromRow: columns)
  }

  /// Keras's zoom: `source = (rows · row, columns · column)`; factors above 1 make the picture smaller.
  ///
  /// - Parameters:
  ///   - rows: Source rows per row of the result.
  ///   - columns: Source columns per column of the result.
  public static func zoom(rows: Double, columns: Double) -> AffineMap {
    AffineMap(rowFromRow: rows, columnFromColumn: columns)
  }

  /// Left and right exchanged: `source = (row, width − 1 − column)`.
  public static func horizontalFlip(width: Int) -> AffineMap {
    AffineMap(columnFromColumn: -1, columnOffset: Double(width - 1))
  }

  /// Top and bottom exchanged: `source = (height − 1 − row, column)`.
  public static func verticalFlip(height: Int) -> AffineMap {
    AffineMap(rowFromRow: -1, rowOffset: Double(height - 1))
  }

  /// A part of the source, resized: `source = (position + ½) · size / new size − ½ + start` along each axis.
  ///
  /// Each pixel of the result is read at its own centre alone; where the part shrinks to less than half, fine
  /// patterns alias.
  ///
  /// - Parameters:
  ///   - top: The first source row, edge of the part; ½ lies in the middle of the first row of pixels.
  ///   - left: The first source column, likewise.
  ///   - height: Rows of the part.
  ///   - width: Columns of the part.
  ///   - newHeight: Rows of the result.
  ///   - newWidth: Columns of the result.
  public static func crop(
    top: Double, left: Double, height: Double, width: Double, toHeight newHeight: Int, width newWidth: Int
  ) -> AffineMap {
    let (rows, columns) = (height / Double(newHeight), width / Double(newWidth))
    return AffineMap(
      rowFromRow: rows, rowOffset: top + rows / 2 - 0.5,
      columnFromColumn: columns, columnOffset: left + columns / 2 - 0.5)
  }
}
