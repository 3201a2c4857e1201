public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The rectified linear unit: `negativeSlope · (x − threshold)` up to the threshold, `x` above it, and never more than
/// the maximum.
///
/// Any input shape; the output has the same.
public struct ReLU: Layer {
  public static let className = "ReLU"
  public static let defaultName = "re_lu"
  public static var standard: ReLU { ReLU() }
  public static var settings: [LayerSetting<ReLU>] {
    [
      LayerSetting("max_value", \.maximum, .atLeast(0)),
      LayerSetting("negative_slope", \.negativeSlope, .atLeast(0)),
      LayerSetting("threshold", \.threshold, .atLeast(0)),
    ]
  }

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

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    switch (maximum, negativeSlope, threshold) {
    case (nil, 0, 0): return try context.apply(.relu, to: input)
    case (6, 0, 0): return try context.apply(.relu6, to: input)
    default:
      let rectifier = Rectifier(maximum: maximum, slope: negativeSlope, threshold: threshold)
      return try context.graph.append(.rectifier(rectifier), input)
    }
  }
}
