public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// An activation function as a layer.
///
/// Any input shape; the output has the same.
public struct Activation: Layer {
  public static let className = "Activation"
  public static let defaultName = "activation"
  public static var standard: Activation { Activation(.relu) }
  public static var settings: [LayerSetting<Activation>] {
    [
      LayerSetting("activation", function: \.activation, isRequired: true)
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// The function; nil for none, which Keras calls linear.
  public var activation: ActivationFunction?

  /// Applies a function.
  public init(_ activation: ActivationFunction?, name: String? = nil) {
    self.name = name
    self.activation = activation
  }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    try context.apply(activation, to: input)
  }
}
