import Testing
import WhiskerImages

@Suite struct AffineMapTests {
  private func isClose(_ a: (row: Double, column: Double), _ b: (row: Double, column: Double)) -> Bool {
    abs(a.row - b.row) < 1e-9 && abs(a.column - b.column) < 1e-9
  }

  @Test func composingIsApplyingOneAfterTheOther() {
    let first = AffineMap.rotation(degrees: 23).composed(with: .zoom(rows: 0.7, columns: 1.4))
    let second = AffineMap.shear(degrees: 11).composed(with: .shift(rows: 3, columns: -8))
    for (row, column) in [(0.0, 0.0), (3.5, -2), (100, 41)] {
      let inner = second(row: row, column: column)
      #expect(
        isClose(
          first.composed(with: second)(row: row, column: column), first(row: inner.row, column: inner.column))
      )
    }
    #expect(AffineMap.identity.composed(with: first) == first)
    #expect(first.composed(with: .identity) == first)
  }

  @Test func aCentredMapLeavesTheMiddleWhereItIs() {
    let map = AffineMap.rotation(degrees: 31).composed(with: .zoom(rows: 2, columns: 0.3))
    let centred = map.centred(onHeight: 40, width: 61)
    #expect(isClose(centred(row: 19.5, column: 30), (19.5, 30)))
    let (moved, plain) = (centred(row: 21.5, column: 27), map(row: 2, column: -3))
    #expect(isClose(moved, (plain.row + 19.5, plain.column + 30)))
  }

  /// Where the pixel at row 0, column 10 of a result comes from says which way the picture went.
  @Test func everyConstructorGoesTheWayItSays() {
    #expect(isClose(AffineMap.rotation(degrees: 90)(row: 0, column: 10), (10, 0)))
    #expect(isClose(AffineMap.rotation(degrees: -450)(row: 0, column: 10), (-10, 0)))
    #expect(isClose(AffineMap.rotation(degrees: 30)(row: 0, column: 10), (5, 75.0.squareRoot())))
    #expect(AffineMap.rotation(degrees: 180).rowFromColumn == 0)
    #expect(isClose(AffineMap.shift(rows: 3, columns: 4)(row: 0, column: 10), (-3, 6)))
    #expect(isClose(AffineMap.shear(degrees: 30)(row: 10, column: 10), (75.0.squareRoot(), 5)))
    #expect(isClose(AffineMap.shear(rows: 0.5, columns: 0.2)(row: 5, column: 10), (10, 11)))
    #expect(isClose(AffineMap.zoom(rows: 3, columns: 0.5)(row: 2, column: 10), (6, 5)))
  }

  @Test func aCropReachesFromEdgeToEdge() {
    let map = AffineMap.crop(top: 10, left: 20, height: 30, width: 40, toHeight: 60, width: 10)
    // Edges of pixels lie half a pixel before their centres.
    #expect(isClose(map(row: -0.5, column: -0.5), (9.5, 19.5)))
    #expect(isClose(map(row: 59.5, column: 9.5), (39.5, 59.5)))
    #expect(
      AffineMap.crop(top: 0, left: 0, height: 7, width: 9, toHeight: 7, width: 9) == .identity)
  }
}
