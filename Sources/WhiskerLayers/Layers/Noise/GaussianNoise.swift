public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// In training, adds normal numbers with mean 0; in inference it does nothing.
///
/// Any input shape; the output has the same.
public struct GaussianNoise: Layer {
  public static let className = "GaussianNoise"
  public static let defaultName = "gaussian_noise"
  public static var standard: GaussianNoise { GaussianNoise(0) }
  public static var settings: [LayerSetting<GaussianNoise>] {
    [
      LayerSetting("stddev", \.deviation, isRequired: true, .atLeast(0))
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// The standard deviation of what is added, at least 0.
  public var deviation: Float

  /// Adds noise of this standard deviation.
  public init(_ deviation: Float, name: String? = nil) {
    self.name = name
    self.deviation = deviation
  }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    guard case .training(let seed) = context.phase, deviation > 0 else { return input }
    let noise = try context.appendNoise(like: input, seed: seed)
    return try context.graph.append(.add, input, context.graph.append(.scale(deviation), noise))
  }
}

extension LayerContext {
  /// Normal numbers with mean 0 and deviation 1, of a value's shape.
  mutating func appendNoise(like input: Value, seed: Value) throws(WhiskerError) -> Value {
    try graph.append(.noise(graph.shape(of: input), salt: salt), seed)
  }
}
