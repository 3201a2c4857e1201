public import WhiskerGraph
public import WhiskerSystem
import WhiskerTensors

/// In training, sets each element to SELU's lower bound with probability `rate`, and moves and scales everything so that
/// mean and variance stay; in inference it does nothing.
///
/// Any input shape; the output has the same. Klambauer et al., 2017, <https://arxiv.org/abs/1706.02515>.
public struct AlphaDropout: DropoutLayer {
  public static let className = "AlphaDropout"
  public static let defaultName = "alpha_dropout"

  /// The layer's own name.
  public var name: String?
  /// The probability that an element is dropped, in `0 ..< 1`.
  public var rate: Float

  /// Drops each element with probability `rate`.
  public init(_ rate: Float, name: String? = nil) {
    self.name = name
    self.rate = rate
  }

  /// With `m` 1 for what stays: `a · (x · m + α′ · (1 − m)) + b` with `α′ = −λα`, `a = 1 / √((1 − rate)(1 + rate · α′²))`
  /// and `b = −a · α′ · rate`.
  public func dropped(
    _ input: Value, seed: Value, in context: inout LayerContext
  ) throws(WhiskerError) -> Value {
    let bound = -Float(ActivationFunction.seluScale * ActivationFunction.seluSlope)
    let factor = 1 / ((1 - rate) * (1 + rate * bound * bound)).squareRoot()
    let ones = context.graph.constant(1, context.graph.shape(of: input))
    let kept = try context.graph.append(.dropout(rate: rate, salt: context.salt), ones, seed)
    let mask = try context.graph.append(.scale(1 - rate), kept)
    let rest = try context.graph.append(.rescale(factor: -bound, offset: bound), mask)
    let sum = try context.graph.append(.add, context.graph.append(.multiply, input, mask), rest)
    return try context.graph.append(.rescale(factor: factor, offset: -factor * bound * rate), sum)
  }
}
