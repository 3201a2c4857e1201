public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// In training, multiplies each element by a normal number with mean 1 and the variance `rate / (1 − rate)`; in inference
/// it does nothing.
///
/// Any input shape; the output has the same. Srivastava et al., 2014, as in Keras.
public struct GaussianDropout: Layer {
  public static let className = "GaussianDropout"
  public static let defaultName = "gaussian_dropout"
  public static var standard: GaussianDropout { GaussianDropout(0) }
  public static var settings: [LayerSetting<GaussianDropout>] {
    [
      LayerSetting("rate", \.rate, isRequired: true, .from(0..<1))
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// What decides the variance, in `0 ..< 1`: that of dropping with this probability.
  public var rate: Float

  /// Multiplies by noise with the variance of this rate of dropout.
  public init(_ rate: Float, name: String? = nil) {
    self.name = name
    self.rate = rate
  }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    guard case .training(let seed) = context.phase, rate > 0 else { return input }
    let noise = try context.appendNoise(like: input, seed: seed)
    let factors = try context.graph.append(
      .rescale(factor: (rate / (1 - rate)).squareRoot(), offset: 1), noise)
    return try context.graph.append(.multiply, input, factors)
  }
}
