public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// `x` above 0, else `negativeSlope · x`.
///
/// Any input shape; the output has the same.
public struct LeakyReLU: Layer {
  public static let className = "LeakyReLU"
  public static let defaultName = "leaky_re_lu"
  public static var standard: LeakyReLU { LeakyReLU() }
  public static var settings: [LayerSetting<LeakyReLU>] {
    [
      LayerSetting("negative_slope", \.negativeSlope, .atLeast(0))
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// How much of what lies below 0 is kept, at least 0.
  public var negativeSlope: Float

  /// Keeps 0.3 of what lies below 0 unless said otherwise.
  public init(negativeSlope: Float = 0.3, name: String? = nil) {
    self.name = name
    self.negativeSlope = negativeSlope
  }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    if negativeSlope == ActivationFunction.leakySlope { return try context.apply(.leakyReLU, to: input) }
    return try context.graph.append(.rectifier(Rectifier(slope: negativeSlope)), input)
  }
}
