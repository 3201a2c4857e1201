public import WhiskerGraph
public import WhiskerTensors

/// The rectified linear unit: `negativeSlope · (x − threshold)` up to the threshold, `x` above it, and never more than
/// the maximum.
///
/// Any input shape; the output has the same.
public struct ReLU: Layer {
  public static let className = "ReLU"
  public static let defaultName = "re_lu"

  /// The layer's own name.
  public var name: String?
  /// The largest result, at least 0; nil for no bound.
  public var maximum: Float?
  /// How much of what lies below the threshold is kept, at least 0.
  public var negativeSlope: Float
  /// Where rectifying begins, at least 0.
  public var threshold: Float

  /// `max(x, 0)` unless said otherwise.
  public init(
    maximum: Float? = nil, negativeSlope: Float = 0, threshold: Float = 0, name: String? = nil
  ) {
    self.name = name
    self.maximum = maximum
    self.negativeSlope = negativeSlope
    self.threshold = threshold
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case name, threshold
    case maximum = "max_value"
    case negativeSlope = "negative_slope"
  }

  /// Reads Keras's keys, none of which must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    self.init(
      maximum: try settings.optional(.maximum), negativeSlope: try settings.optional(.negativeSlope) ?? 0,
      threshold: try settings.optional(.threshold) ?? 0, name: try settings.optional(.name))
  }

  /// Writes Keras's keys, without those that have their default values.
  public func encode(to encoder: any Encoder) throws {
    var settings = LayerEncoder(encoder, keyedBy: CodingKeys.self)
    try settings.writeIfPresent(name, .name)
    try settings.writeIfPresent(maximum, .maximum)
    try settings.write(negativeSlope, .negativeSlope, default: 0)
    try settings.write(threshold, .threshold, default: 0)
  }

  public func outputShape(for input: Shape) throws(ModelError) -> Shape {
    for (value, what) in [
      (maximum ?? 0, "maximum"), (negativeSlope, "negative slope"), (threshold, "threshold"),
    ] {
      guard value >= 0, value.isFinite else {
        throw error(.invalidSetting, "expected a \(what) of at least 0, got \(value)")
      }
    }
    return input
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(GraphError) -> Value {
    switch (maximum, negativeSlope, threshold) {
    case (nil, 0, 0): return try context.apply(.relu, to: input)
    case (6, 0, 0): return try context.apply(.relu6, to: input)
    default:
      let rectifier = Rectifier(maximum: maximum, slope: negativeSlope, threshold: threshold)
      return try context.graph.append(.rectifier(rectifier), input)
    }
  }
}
