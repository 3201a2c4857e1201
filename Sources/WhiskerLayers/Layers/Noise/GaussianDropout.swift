public import WhiskerGraph
public import WhiskerSystem
import WhiskerTensors

/// In training, multiplies each element by a normal number with mean 1 and the variance `rate / (1 − rate)`; in inference
/// it does nothing.
///
/// Any input shape; the output has the same. Srivastava et al., 2014, as in Keras.
public struct GaussianDropout: DropoutLayer {
  public static let className = "GaussianDropout"
  public static let defaultName = "gaussian_dropout"

  /// The layer's own name.
  public var name: String?
  /// What decides the variance, in `0 ..< 1`: that of dropping with this probability.
  public var rate: Float

  /// Multiplies by noise with the variance of this rate of dropout.
  public init(_ rate: Float, name: String? = nil) {
    self.name = name
    self.rate = rate
  }

  public func dropped(
    _ input: Value, seed: Value, in context: inout LayerContext
  ) throws(WhiskerError) -> Value {
    let noise = try context.appendNoise(like: input, seed: seed)
    let factors = try context.graph.append(
      .rescale(factor: (rate / (1 - rate)).squareRoot(), offset: 1), noise)
    return try context.graph.append(.multiply, input, factors)
  }
}
