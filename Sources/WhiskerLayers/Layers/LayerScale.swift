public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Multiplies each channel by a learned factor, which begins near 0: ConvNeXt's way into its blocks.
///
/// Input `[…, C]`, output the same; γ `[C]`. Touvron et al., 2021, <https://arxiv.org/abs/2103.17239>, as in
/// `keras.applications.convnext`.
public struct LayerScale: Layer {
  public static let className = "LayerScale"
  public static let defaultName = "layer_scale"
  public static var standard: LayerScale { LayerScale(channels: 1) }
  public static var settings: [LayerSetting<LayerScale>] {
    [
      .trainable,
      LayerSetting("projection_dim", \.channels, isRequired: true, .atLeast(1)),
      LayerSetting("init_values", \.initialValue, isRequired: true, .finite),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Whether training changes γ.
  public var isTrainable = true
  /// How many channels the input has, at least 1.
  public var channels: Int
  /// Each factor before training.
  public var initialValue: Float

  /// Factors for so many channels, at first 10⁻⁶.
  public init(channels: Int, initialValue: Float = 1e-6, name: String? = nil) {
    self.name = name
    self.channels = channels
    self.initialValue = initialValue
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.sizes.last == channels else {
      throw error(.shapeMismatch, expected: "an input of \(channels) channels", got: "\(input)")
    }
    return input
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    [WeightSpecification("gamma", [channels], .ones, factor: initialValue)]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    try context.graph.append(.multiply, input, context.weight("gamma"))
  }
}
