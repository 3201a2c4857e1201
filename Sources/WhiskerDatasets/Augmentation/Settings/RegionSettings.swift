import WhiskerSystem

/// A random window of the photo, enlarged to the whole.
///
/// As torchvision's `RandomResizedCrop`. The window is cut from the photo at the network's size, before all other
/// geometry and in the same resampling.
public struct RandomResizedCrop: Hashable, Sendable {
  /// The window's share of the photo's area, above 0 and up to 1.
  public var scale: ClosedRange<Float>
  /// The window's width divided by its height, above 0; drawn uniformly in its logarithm.
  public var ratio: ClosedRange<Float>

  /// A crop of the given ranges.
  public init(scale: ClosedRange<Float> = 0.08...1, ratio: ClosedRange<Float> = 0.75...4 / 3) {
    self.scale = scale
    self.ratio = ratio
  }

  func check(_ name: String) throws(WhiskerError) {
    try requireShare(scale, "\(name).scale")
    try requireRatio(ratio, "\(name).ratio")
  }
}

extension RandomResizedCrop: Codable {
  private static var fields: [SettingField<Self>] { [.init("scale", \.scale), .init("ratio", \.ratio)] }

  /// Reads `{scale: [0.08, 1], ratio: [0.75, 1.333]}`.
  public init(from decoder: any Decoder) throws {
    self = try SettingField.decode(Self.fields, Self(), from: decoder)
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    try SettingField.encode(Self.fields, self, Self(), to: encoder)
  }
}

/// A random rectangle painted over (Zhong and others, "Random Erasing Data Augmentation", 2017).
public struct RandomErasing: Hashable, Sendable {
  /// What the rectangle is painted with.
  public enum Value: Hashable, Sendable {
    /// One brightness, 0 to 255, before `rescale`.
    case constant(Float)
    /// Noise: every number uniform in 0 to 255, before `rescale`.
    case random
  }

  /// How often a rectangle is painted, 0 to 1.
  public var probability: Float
  /// The rectangle's share of the photo's area, above 0 and up to 1.
  public var scale: ClosedRange<Float>
  /// The rectangle's width divided by its height, above 0; drawn uniformly in its logarithm.
  public var ratio: ClosedRange<Float>
  /// What the rectangle is painted with.
  public var value: Value

  /// Erasing of the given ranges.
  public init(
    probability: Float = 0.5, scale: ClosedRange<Float> = 0.02...0.33, ratio: ClosedRange<Float> = 0.3...3.3,
    value: Value = .constant(0)
  ) {
    self.probability = probability
    self.scale = scale
    self.ratio = ratio
    self.value = value
  }

  func check(_ name: String) throws(WhiskerError) {
    try requireProbability(probability, "\(name).probability")
    try requireShare(scale, "\(name).scale")
    try requireRatio(ratio, "\(name).ratio")
    if case .constant(let value) = value {
      try requireSetting((0...255).contains(value), "\(name).value", expected: "0 to 255", got: "\(value)")
    }
  }
}

extension RandomErasing: Codable {
  private static var fields: [SettingField<Self>] {
    [
      .init("probability", \.probability), .init("scale", \.scale), .init("ratio", \.ratio),
      .init("value", \.value),
    ]
  }

  /// Reads `{probability: 0.5, scale: [0.02, 0.33], ratio: [0.3, 3.3], value: random}`.
  public init(from decoder: any Decoder) throws {
    self = try SettingField.decode(Self.fields, Self(), from: decoder)
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    try SettingField.encode(Self.fields, self, Self(), to: encoder)
  }
}

extension RandomErasing.Value: Codable {
  private static let randomName = "random"

  /// Reads a number or `random`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Float.self) {
      self = .constant(value)
    } else if try container.decode(String.self) == Self.randomName {
      self = .random
    } else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a number or \(Self.randomName), got something else")
    }
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .constant(let value): try container.encode(value)
    case .random: try container.encode(Self.randomName)
    }
  }
}
