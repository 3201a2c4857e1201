public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A picture with each row and column so many times.
///
/// Input `[H, W, C]`, output `[H · rows, W · columns, C]`.
public struct UpSampling2D: Layer {
  public static let className = "UpSampling2D"
  public static let defaultName = "up_sampling2d"
  public static var standard: UpSampling2D { UpSampling2D() }
  public static var settings: [LayerSetting<UpSampling2D>] {
    [
      LayerSetting("size", size: \.size),
      LayerSetting("interpolation", \.interpolation),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// How many rows and columns become of one.
  public var size: Size2D
  /// How the new pixels follow from the old ones.
  public var interpolation: Resampling.Interpolation

  /// Repeats each pixel twice in both directions unless said otherwise.
  public init(
    _ size: Size2D = 2, interpolation: Resampling.Interpolation = .nearest, name: String? = nil
  ) {
    self.name = name
    self.size = size
    self.interpolation = interpolation
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3, input.count > 0 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    return [try product(input[0], size.height), try product(input[1], size.width), input[2]]
  }

  private func product(_ side: Int, _ factor: Int) throws(WhiskerError) -> Int {
    let (product, overflows) = side.multipliedReportingOverflow(by: factor)
    guard !overflows else {
      throw error(.invalidSetting, expected: "a size that \(side) can be multiplied by", got: "\(factor)")
    }
    return product
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let resampling = Resampling(
      height: shape[1] * size.height, width: shape[2] * size.width, interpolation: interpolation)
    return try context.graph.append(.resample(resampling), input)
  }
}

extension Resampling.Interpolation: Codable {
  /// Reads Keras's name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}
