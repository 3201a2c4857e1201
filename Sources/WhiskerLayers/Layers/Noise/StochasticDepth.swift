public import WhiskerGraph
public import WhiskerSystem
import WhiskerTensors

/// In training, sets whole samples to 0 with probability `rate` and multiplies the rest by `1 / (1 − rate)`, so that a
/// block's shortcut alone is left; in inference it does nothing.
///
/// Any input shape; the output has the same. Huang et al., 2016, <https://arxiv.org/abs/1603.09382>, as in
/// `keras.applications.convnext`.
public struct StochasticDepth: DropoutLayer {
  public static let className = "StochasticDepth"
  public static let defaultName = "stochastic_depth"
  public static let rateKey = "drop_path_rate"

  /// The layer's own name.
  public var name: String?
  /// The probability that a sample is dropped, in `0 ..< 1`.
  public var rate: Float

  /// Drops each sample with probability `rate`.
  public init(_ rate: Float, name: String? = nil) {
    self.name = name
    self.rate = rate
  }

  public func dropped(
    _ input: Value, seed: Value, in context: inout LayerContext
  ) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let samples = Shape([shape[0]] + Array(repeating: 1, count: shape.rank - 1))
    return try context.appendDropout(of: samples, rate: rate, from: input, seed: seed)
  }
}
