public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// In training, sets whole channels of a picture to 0 with probability `rate` and multiplies the rest by
/// `1 / (1 − rate)`; in inference it does nothing.
///
/// Input `[H, W, C]`, output the same. Tompson et al., 2015, <https://arxiv.org/abs/1411.4280>.
public struct SpatialDropout2D: DropoutLayer {
  public static let className = "SpatialDropout2D"
  public static let defaultName = "spatial_dropout2d"

  /// The layer's own name.
  public var name: String?
  /// The probability that a channel is dropped, in `0 ..< 1`.
  public var rate: Float

  /// Drops each channel with probability `rate`.
  public init(_ rate: Float, name: String? = nil) {
    self.name = name
    self.rate = rate
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    return input
  }

  public func dropped(
    _ input: Value, seed: Value, in context: inout LayerContext
  ) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    return try context.appendDropout(of: [shape[0], 1, 1, shape[3]], rate: rate, from: input, seed: seed)
  }
}
