import WhiskerSystem

/// The factors that a photo's rows and columns are stretched with: above 1 the picture gets smaller, as in Keras.
///
/// The literal `0.2` means 0.8 to 1.2.
public struct ZoomRange: Hashable, Sendable, ExpressibleByFloatLiteral {
  /// The smallest factor.
  public var lower: Float
  /// The largest factor.
  public var upper: Float

  /// No zoom.
  public static let none = ZoomRange(1, 1)

  /// Factors from `lower` to `upper`.
  public init(_ lower: Float, _ upper: Float) { (self.lower, self.upper) = (lower, upper) }

  /// Factors from `1 − value` to `1 + value`.
  public init(_ value: Float) { self.init(1 - value, 1 + value) }

  /// Factors from `1 − value` to `1 + value`.
  public init(floatLiteral value: Float) { self.init(value) }

  /// Checks the numbers of the setting of a name.
  func check(_ name: String) throws(WhiskerError) {
    try requireSetting(
      lower > 0 && lower <= upper && upper <= 1000, name, expected: "factors above 0, the smaller first",
      got: "\(lower) to \(upper)")
  }
}

extension ZoomRange: Codable {
  /// Reads `0.2` or `[0.8, 1.2]`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Float.self) {
      self.init(value)
      return
    }
    guard let pair = try? container.decode([Float].self), pair.count == 2 else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "expected a number or a pair such as [0.8, 1.2], got something else")
    }
    self.init(pair[0], pair[1])
  }

  /// Writes the number that gives the factors if there is one, else the pair.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    let value = upper - 1
    if let short = Float("\((value * 1e6).rounded() / 1e6)"), ZoomRange(short) == self {
      try container.encode(short)
    } else {
      try container.encode([lower, upper])
    }
  }
}
