import WhiskerSystem

/// How far a photo may be shifted along one axis; the cases are those of Keras's `width_shift_range`.
///
/// Literals mean what they mean in Keras: `0.2` is a fraction, `5` whole pixels, `[1, 4]` a list.
public enum ShiftRange: Hashable, Sendable {
  /// Uniform in ± this share of the photo's side, from 0 to below 1.
  case fraction(Float)
  /// Uniform in ± this many pixels, 1 to 1,000,000.
  case uniformPixels(Float)
  /// A whole number of pixels from 0 to one less than this, to either side.
  case pixels(Int)
  /// One of these numbers, to either side: pixels up to 1,000,000, or, if all are below 1, shares of the photo's side.
  case choices([Float])

  /// No shift.
  public static let none = ShiftRange.fraction(0)

  /// The most pixels; more couldn't be distinguished from an empty picture.
  private static let largestPixels = 1_000_000

  /// A list to choose from; since the side is drawn anyway, `[-200, 200]` is `[200, 200]`.
  private init(signed choices: [Float]) { self = .choices(choices.map(abs)) }

  /// Checks the numbers of the setting of a name.
  func check(_ name: String) throws(WhiskerError) {
    let largest = Self.largestPixels
    switch self {
    case .fraction(let share):
      try requireSetting(
        (0..<1).contains(share), name, expected: "a fraction from 0 to below 1", got: share)
    case .uniformPixels(let pixels):
      try requireSetting(
        pixels >= 1 && pixels <= Float(largest), name, expected: "1 to \(largest) pixels", got: pixels)
    case .pixels(let count):
      try requireSetting((0...largest).contains(count), name, expected: "0 to \(largest) pixels", got: count)
    case .choices(let choices):
      try requireSetting(
        choices.allSatisfy { $0 >= 0 && $0 <= Float(largest) } && !choices.isEmpty, name,
        expected: "a list of numbers from 0 to \(largest)", got: choices)
    }
  }
}

extension ShiftRange: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral {
  /// A number with a point: a fraction below 1, pixels from 1 on.
  public init(_ value: Float) { self = value < 1 ? .fraction(value) : .uniformPixels(value) }

  /// A number with a point: a fraction below 1, pixels from 1 on.
  public init(floatLiteral value: Float) { self.init(value) }

  /// A whole number of pixels.
  public init(integerLiteral value: Int) { self = value == 0 ? .none : .pixels(value) }

  /// A list to choose from.
  public init(arrayLiteral elements: Float...) { self.init(signed: elements) }
}

extension ShiftRange: Codable {
  private enum Key: String, CodingKey { case uniformPixels = "uniform_pixels" }

  /// Reads `0.2`, `5`, `[1, 4]`, or `{uniform_pixels: 4}`, which would otherwise look like whole pixels.
  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self), container.contains(.uniformPixels) {
      self = .uniformPixels(try container.decode(Float.self, forKey: .uniformPixels))
      return
    }
    let container = try decoder.singleValueContainer()
    if let whole = try? container.decode(Int.self) {
      self.init(integerLiteral: whole)
    } else if let number = try? container.decode(Float.self) {
      self.init(number)
    } else if let choices = try? container.decode([Float].self) {
      self.init(signed: choices)
    } else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a fraction, whole pixels or a list, got something else")
    }
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    if case .uniformPixels(let pixels) = self {
      var container = encoder.container(keyedBy: Key.self)
      return try container.encode(pixels, forKey: .uniformPixels)
    }
    var container = encoder.singleValueContainer()
    switch self {
    case .fraction(let value), .uniformPixels(let value): try container.encode(value)
    case .pixels(let count): try container.encode(count)
    case .choices(let choices): try container.encode(choices)
    }
  }
}
