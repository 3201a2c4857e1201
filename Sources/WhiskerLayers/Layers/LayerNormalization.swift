public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Moves and scales each row of the last axis to a mean of 0 and a deviation of 1, then by β and γ:
/// `y = γ · (x − mean) / √(variance + ε) + β`.
///
/// Input `[…, C]`, output the same; γ and β `[C]`. The variance is `Σ(x − mean)² / C`. Ba, Kiros and Hinton, "Layer
/// normalization", 2016, <https://arxiv.org/abs/1607.06450>, as in Keras.
public struct LayerNormalization: Layer {
  public static let className = "LayerNormalization"
  public static let defaultName = "layer_normalization"
  public static var standard: LayerNormalization { LayerNormalization() }
  public static var settings: [LayerSetting<LayerNormalization>] {
    [
      .trainable,
      LayerSetting("epsilon", \.epsilon, .above(0)),
      LayerSetting("center", \.isCentered),
      LayerSetting("scale", \.isScaled),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Whether training changes γ and β.
  public var isTrainable = true
  /// What is added to the variance, above 0.
  public var epsilon: Float
  /// Whether β is learned; else it is 0.
  public var isCentered: Bool
  /// Whether γ is learned; else it is 1.
  public var isScaled: Bool

  /// Normalisation of the last axis, with Keras's defaults.
  public init(epsilon: Float = 1e-3, isCentered: Bool = true, isScaled: Bool = true, name: String? = nil) {
    self.name = name
    self.epsilon = epsilon
    self.isCentered = isCentered
    self.isScaled = isScaled
  }

  public func outputShape(for input: Shape) -> Shape { input }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let channels: Shape = [input[input.rank - 1]]
    return (isScaled ? [WeightSpecification("gamma", channels, .ones)] : [])
      + (isCentered ? [WeightSpecification("beta", channels, .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let channels: Shape = [shape[shape.rank - 1]]
    let gamma = isScaled ? try context.weight("gamma") : context.graph.constant(1, channels)
    let beta = isCentered ? try context.weight("beta") : context.graph.constant(0, channels)
    return try context.graph.append(.layerNormalization(epsilon: epsilon), input, gamma, beta)
  }
}
