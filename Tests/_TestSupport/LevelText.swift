public import WhiskerTensors

/// All levels of a photo, as `Tools/reference/levels.py` writes them: two digits of base 64 for each, in sixteenths.
public struct LevelText: Decodable, Sendable {
  /// The levels, 0…255, in the order of the pixels.
  public let levels: [Float]

  /// How far a level may be from the one that was written down.
  public static let rounding: Float = 1 / 32

  /// Reads the text.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let digits = try container.decode(String.self).utf8.map(Self.value)
    guard digits.count % 2 == 0, !digits.contains(nil) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected pairs of digits of base 64")
    }
    let values = digits.compactMap(\.self)
    levels = stride(from: 0, to: values.count, by: 2).map { Float(64 * values[$0] + values[$0 + 1]) / 16 }
  }

  /// The largest difference from a photo's levels; infinite if there are fewer or more of them, or NaN among them.
  public func distance(to photo: Tensor) -> Float {
    guard photo.values.count == levels.count else { return .infinity }
    return zip(levels, photo.values).reduce(0) { largest, pair in
      let difference = abs(pair.0 - pair.1)
      return difference.isNaN ? .infinity : max(largest, difference)
    }
  }

  private static func value(of digit: UInt8) -> Int? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(digit - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(digit - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(digit - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
