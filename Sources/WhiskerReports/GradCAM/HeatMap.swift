public import WhiskerSystem

/// Where on a picture something is, from 0 to 1: rows from the top.
public struct HeatMap: Hashable, Sendable {
  /// Rows.
  public let height: Int
  /// Columns.
  public let width: Int
  /// The values, row after row.
  public let values: [Float]

  /// A map of the given values, of which there must be `height × width`.
  public init(height: Int, width: Int, values: [Float]) {
    precondition(
      height > 0 && width > 0 && values.count == height * width,
      "expected \(height * width) values for \(height) × \(width), got \(values.count)")
    self.height = height
    self.width = width
    self.values = values
  }

  /// Whether nothing stands out: everything is 0.
  public var isEmpty: Bool { values.allSatisfy { $0 == 0 } }

  /// The map at another size, bilinearly.
  ///
  /// Pixels are areas whose values lie in their middles: place `i` of `n` lies at `(i + ½) · m/n − ½` of `m`,
  /// and beyond the outermost middles their values continue.
  public func resized(height: Int, width: Int) -> HeatMap {
    let rows = Self.places(height, of: self.height)
    let columns = Self.places(width, of: self.width)
    var result: [Float] = []
    result.reserveCapacity(height * width)
    for row in rows {
      let (upper, lower) = (row.first * self.width, row.second * self.width)
      for column in columns {
        let above =
          values[upper + column.first] * (1 - column.share) + values[upper + column.second] * column.share
        let below =
          values[lower + column.first] * (1 - column.share) + values[lower + column.second] * column.share
        result.append(above * (1 - row.share) + below * row.share)
      }
    }
    return HeatMap(height: height, width: width, values: result)
  }

  /// For each of `count` places the two of `size` that it lies between, and how near it is to the second.
  private static func places(_ count: Int, of size: Int) -> [(first: Int, second: Int, share: Float)] {
    (0..<count).map { index in
      let place = (Double(index) + 0.5) * Double(size) / Double(count) - 0.5
      let inside = min(max(place, 0), Double(size - 1))
      let first = Int(inside)
      return (first, min(first + 1, size - 1), Float(inside - Double(first)))
    }
  }
}

extension HeatMap: ShortDescription {
  /// The size and the values, of many the first and last three.
  public var description: String { "HeatMap(height: \(height), width: \(width), values: \(values.excerpt))" }
}
