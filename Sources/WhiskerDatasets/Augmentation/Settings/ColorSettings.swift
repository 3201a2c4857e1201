import WhiskerSystem

/// Random changes of brightness, contrast, saturation and hue, in a random order.
///
/// As torchvision's `ColorJitter`: the first three are factors drawn from `max(0, 1 − v) … 1 + v`, the hue turns by up
/// to ± `hue` of a full turn.
public struct ColorJitter: Hashable, Sendable {
  /// At least 0; 0 leaves the brightness.
  public var brightness: Float
  /// At least 0; 0 leaves the contrast.
  public var contrast: Float
  /// At least 0; 0 leaves the saturation.
  public var saturation: Float
  /// 0 to 0.5, in turns of the colour circle; 0 leaves the hue.
  public var hue: Float

  /// A jitter of the given strengths.
  public init(brightness: Float = 0, contrast: Float = 0, saturation: Float = 0, hue: Float = 0) {
    self.brightness = brightness
    self.contrast = contrast
    self.saturation = saturation
    self.hue = hue
  }

  func check(_ name: String) throws(WhiskerError) {
    for (key, value) in [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)] {
      try requireSetting((0...100).contains(value), "\(name).\(key)", expected: "0 to 100", got: "\(value)")
    }
    try requireSetting((0...0.5).contains(hue), "\(name).hue", expected: "0 to 0.5 turns", got: "\(hue)")
  }
}

extension ColorJitter: Codable {
  private static var fields: [SettingField<Self>] {
    [
      .init("brightness", \.brightness), .init("contrast", \.contrast), .init("saturation", \.saturation),
      .init("hue", \.hue),
    ]
  }

  /// Reads `{brightness: 0.4, hue: 0.1}`.
  public init(from decoder: any Decoder) throws {
    self = try SettingField.decode(Self.fields, Self(), from: decoder)
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    try SettingField.encode(Self.fields, self, Self(), to: encoder)
  }
}

/// A Gaussian blur of random width.
public struct GaussianBlur: Hashable, Sendable {
  /// The standard deviation of the bell, in pixels, above 0 and up to 20.
  public var sigma: ClosedRange<Float>
  /// How often a photo is blurred, 0 to 1.
  public var probability: Float

  /// A blur of the given range.
  public init(sigma: ClosedRange<Float> = 0.1...2, probability: Float = 0.5) {
    self.sigma = sigma
    self.probability = probability
  }

  func check(_ name: String) throws(WhiskerError) {
    try requireSetting(
      sigma.lowerBound > 0 && sigma.upperBound <= 20, "\(name).sigma",
      expected: "pixels above 0 and up to 20", got: "\(sigma.lowerBound) to \(sigma.upperBound)")
    try requireProbability(probability, "\(name).probability")
  }
}

extension GaussianBlur: Codable {
  private static var fields: [SettingField<Self>] {
    [.init("sigma", \.sigma), .init("probability", \.probability)]
  }

  /// Reads `{sigma: [0.1, 2], probability: 0.5}`.
  public init(from decoder: any Decoder) throws {
    self = try SettingField.decode(Self.fields, Self(), from: decoder)
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    try SettingField.encode(Self.fields, self, Self(), to: encoder)
  }
}
