import WhiskerSystem

/// A few operations out of fourteen on each photo, all of one strength (Cubuk and others, "RandAugment", 2019).
public struct RandAugment: Hashable, Sendable {
  /// Operations on each photo, 1 to 14.
  public var number: Int
  /// Their strength, 0 (nothing) to 30.
  public var magnitude: Int

  /// The given number of operations of a strength.
  public init(number: Int = 2, magnitude: Int = 9) {
    self.number = number
    self.magnitude = magnitude
  }

  func check(_ name: String) throws(WhiskerError) {
    try requireSetting((1...14).contains(number), "\(name).number", expected: "1 to 14", got: "\(number)")
    let magnitudes = 0...PolicyOperation.largestMagnitude
    try requireSetting(
      magnitudes.contains(magnitude), "\(name).magnitude",
      expected: "0 to \(PolicyOperation.largestMagnitude)", got: "\(magnitude)")
  }
}

extension RandAugment: Codable {
  private static var fields: [SettingField<Self>] {
    [.init("number", \.number), .init("magnitude", \.magnitude)]
  }

  /// Reads `{number: 2, magnitude: 9}`.
  public init(from decoder: any Decoder) throws {
    self = try SettingField.decode(Self.fields, Self(), from: decoder)
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    try SettingField.encode(Self.fields, self, Self(), to: encoder)
  }
}
