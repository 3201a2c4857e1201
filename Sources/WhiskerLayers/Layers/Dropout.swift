public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// In training, sets each element to 0 with probability `rate` and multiplies the rest by `1 / (1 − rate)`; in
/// inference it does nothing.
///
/// Any input shape; the output has the same. Srivastava et al., "Dropout: a simple way to prevent neural networks
/// from overfitting", 2014 (the inverted form, as in Keras).
public struct Dropout: Layer {
  public static let className = "Dropout"
  public static let defaultName = "dropout"
  public static var standard: Dropout { Dropout(0) }
  public static var settings: [LayerSetting<Dropout>] {
    [
      LayerSetting("rate", \.rate, isRequired: true, .from(0..<1))
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// The probability that an element is dropped, in `0 ..< 1`.
  public var rate: Float

  /// Drops each element with probability `rate`.
  public init(_ rate: Float, name: String? = nil) {
    self.name = name
    self.rate = rate
  }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    guard case .training(let seed) = context.phase, rate > 0 else { return input }
    return try context.graph.append(.dropout(rate: rate, salt: context.salt), input, seed)
  }
}
