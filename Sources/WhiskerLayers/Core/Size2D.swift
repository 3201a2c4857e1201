/// Rows and columns of a window or a stride: `3` for 3 × 3, `[3, 5]` for 3 rows by 5 columns.
public struct Size2D: Hashable, Sendable {
  /// Rows.
  public var height: Int
  /// Columns.
  public var width: Int

  /// Rows and columns.
  public init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  /// As many rows as columns.
  public init(_ side: Int) { self.init(height: side, width: side) }
}

extension Size2D: ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// As many rows as columns.
  public init(integerLiteral side: Int) { self.init(side) }

  /// Rows and columns: two numbers.
  public init(arrayLiteral sizes: Int...) {
    precondition(sizes.count == 2, "expected rows and columns, got \(sizes)")
    self.init(height: sizes[0], width: sizes[1])
  }
}

extension Size2D: Codable, CustomStringConvertible {
  /// Reads `3` or `[3, 5]`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let side = try? container.decode(Int.self) {
      self.init(side)
    } else {
      let sizes = try container.decode([Int].self)
      guard sizes.count == 2 else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "expected a number or two (rows, columns), got \(sizes)")
      }
      self.init(height: sizes[0], width: sizes[1])
    }
  }

  /// Writes `3` for a square, else `[3, 5]`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if height == width { try container.encode(height) } else { try container.encode([height, width]) }
  }

  /// `3 × 5`.
  public var description: String { "\(height) × \(width)" }
}
