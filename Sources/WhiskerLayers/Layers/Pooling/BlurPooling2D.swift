import WhiskerSystem

/// Pooling by a blurred mean, which changes little when the picture moves by a pixel (Zhang, "Making convolutional networks
/// shift-invariant again", 2019): what takes the place of strides.
///
/// Input `[H, W, C]`, output `[⌊(H + 2p − k) / s⌋ + 1, …, C]` with `p = ⌊(k + s − 2) / 2⌋` zeros at each edge: each channel is
/// convolved with the binomial coefficients of k, `[1, 2, 1] / 4` for 3, along rows and columns, as timm's `BlurPool2d` with
/// zeros at the edges does. A mean of two neighbours after another is just that, so it consists of Keras's own layers:
/// `ZeroPadding2D` and k − 1 times `AveragePooling2D`.
public struct BlurPooling2D: Hashable, Sendable {
  /// Its name in recipes.
  public static let className = "BlurPooling2D"

  /// Rows and columns of the window: 3, 5 or 7.
  public var poolSize: Int
  /// Rows and columns from one window to the next, at least 1.
  public var strides: Int

  /// A window of 3 × 3 at every second pixel unless said otherwise.
  public init(_ poolSize: Int = 3, strides: Int = 2) {
    self.poolSize = poolSize
    self.strides = strides
  }

  /// The layers that it consists of.
  public var layers: [any Layer] {
    let padding = (poolSize + strides - 2) / 2
    let means = (2..<poolSize).map { _ in AveragePooling2D(2, strides: 1) }
    return [ZeroPadding2D(Size2D(padding))] + means + [AveragePooling2D(2, strides: Size2D(strides))]
  }
}

extension BlurPooling2D: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case poolSize = "pool_size"
    case strides
  }

  /// Reads the settings.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decodeIfPresent(Int.self, forKey: .poolSize) ?? 3,
      strides: try container.decodeIfPresent(Int.self, forKey: .strides) ?? 2)
    guard [3, 5, 7].contains(poolSize) else {
      throw DecodingError.dataCorruptedError(
        forKey: .poolSize, in: container, debugDescription: "expected 3, 5 or 7, got \(poolSize)")
    }
    guard 1...1000 ~= strides else {
      throw DecodingError.dataCorruptedError(
        forKey: .strides, in: container, debugDescription: "expected 1 to 1000, got \(strides)")
    }
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(poolSize, forKey: .poolSize)
    if strides != 2 { try container.encode(strides, forKey: .strides) }
  }
}
