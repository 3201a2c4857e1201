/// Where each pixel of a result is read in its source: a linear map of (row, column) and an offset.
///
///     source row    = rowFromRow · row    + rowFromColumn · column    + rowOffset
///     source column = columnFromRow · row + columnFromColumn · column + columnOffset
///
/// The unit is the pixel; centres of pixels lie at whole numbers, the first one's at (0, 0). Because a map leads
/// from the result back to the source, one that *enlarges* a picture has factors *below* 1.
public struct AffineMap: Hashable, Sendable {
  /// Source rows per row of the result.
  public var rowFromRow: Double
  /// Source rows per column of the result.
  public var rowFromColumn: Double
  /// The source row of the result's first pixel.
  public var rowOffset: Double
  /// Source columns per row of the result.
  public var columnFromRow: Double
  /// Source columns per column of the result.
  public var columnFromColumn: Double
  /// The source column of the result's first pixel.
  public var columnOffset: Double

  /// A map of the given coefficients; those left out are the identity's.
  public init(
    rowFromRow: Double = 1, rowFromColumn: Double = 0, rowOffset: Double = 0,
    columnFromRow: Double = 0, columnFromColumn: Double = 1, columnOffset: Double = 0
  ) {
    self.rowFromRow = rowFromRow
    self.rowFromColumn = rowFromColumn
    self.rowOffset = rowOffset
    self.columnFromRow = columnFromRow
    self.columnFromColumn = columnFromColumn
    self.columnOffset = columnOffset
  }

  /// Every pixel is read where it is.
  public static let identity = AffineMap()

  /// The point of the source that a point of the result is read at.
  public func callAsFunction(row: Double, column: Double) -> (row: Double, column: Double) {
    (
      rowFromRow * row + rowFromColumn * column + rowOffset,
      columnFromRow * row + columnFromColumn * column + columnOffset
    )
  }

  /// The map `p ↦ self(inner(p))`.
  ///
  /// The picture that it makes is the one that `self` makes, changed by `inner`: what happens to a picture
  /// first stands outermost.
  public func composed(with inner: AffineMap) -> AffineMap {
    let offset = self(row: inner.rowOffset, column: inner.columnOffset)
    return AffineMap(
      rowFromRow: rowFromRow * inner.rowFromRow + rowFromColumn * inner.columnFromRow,
      rowFromColumn: rowFromRow * inner.rowFromColumn + rowFromColumn * inner.columnFromColumn,
      rowOffset: offset.row,
      columnFromRow: columnFromRow * inner.rowFromRow + columnFromColumn * inner.columnFromRow,
      columnFromColumn: columnFromRow * inner.rowFromColumn + columnFromColumn * inner.columnFromColumn,
      columnOffset: offset.column)
  }

  /// The same change about the middle of a picture instead of its first pixel: `p ↦ self(p − m) + m`, with `m` =
  /// ((height − 1) / 2, (width − 1) / 2).
  public func centred(onHeight height: Int, width: Int) -> AffineMap {
    let (row, column) = (Double(height - 1) / 2, Double(width - 1) / 2)
    let moved = self(row: -row, column: -column)
    var map = self
    map.rowOffset = moved.row + row
    map.columnOffset = moved.column + column
    return map
  }

  /// The largest absolute value of a coefficient that a photo can be warped with, in pixels.
  public static let largestCoefficient = 1e9

  /// Whether every coefficient is a number of at most ``largestCoefficient``.
  public var isUsable: Bool {
    [rowFromRow, rowFromColumn, rowOffset, columnFromRow, columnFromColumn, columnOffset]
      .allSatisfy { abs($0) <= Self.largestCoefficient }
  }
}
