/// An angle with its unit: `.degrees(40)`, `.radians(0.2)`.
///
/// Keras's `shear_range` changed from radians to degrees in 2017, which quietly made the shear of many recipes 57 times
/// smaller. Here the unit is always written.
public enum Angle: Hashable, Sendable {
  /// 360 make a turn.
  case degrees(Float)
  /// 2π make a turn.
  case radians(Float)

  /// The number as it was given, in its own unit.
  public var value: Float {
    switch self {
    case .degrees(let value), .radians(let value): value
    }
  }

  /// The angle in degrees.
  public var inDegrees: Double {
    switch self {
    case .degrees(let value): Double(value)
    case .radians(let value): Double(value) * 180 / .pi
    }
  }
}

extension Angle: Codable {
  private enum Unit: String, CodingKey { case degrees, radians }

  /// Reads a number of degrees, `{degrees: 40}` or `{radians: 0.2}`.
  public init(from decoder: any Decoder) throws {
    if let value = try? decoder.singleValueContainer().decode(Float.self) {
      self = .degrees(value)
      return
    }
    guard let container = try? decoder.container(keyedBy: Unit.self), container.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "expected a number of degrees or {radians: number}, got something else"))
    }
    self =
      container.contains(.degrees)
      ? .degrees(try container.decode(Float.self, forKey: .degrees))
      : .radians(try container.decode(Float.self, forKey: .radians))
  }

  /// Writes a number of degrees or `{radians: …}`.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .degrees(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .radians(let value):
      var container = encoder.container(keyedBy: Unit.self)
      try container.encode(value, forKey: .radians)
    }
  }
}
