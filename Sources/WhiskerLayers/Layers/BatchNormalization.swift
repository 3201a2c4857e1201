public import WhiskerGraph
public import WhiskerTensors

/// Moves and scales each channel to a mean β and a deviation γ: `y = γ · (x − mean) / √(variance + ε) + β`.
///
/// Input `[…, C]`, output the same; γ, β and the moving statistics `[C]`. In training mean and variance (`Σ(x − mean)² /
/// n`) are those of the batch, and the moving ones follow: `moving ← momentum · moving + (1 − momentum) · batch`. In
/// use the moving ones serve. Ioffe and Szegedy, "Batch normalization", 2015, as in Keras.
public struct BatchNormalization: Layer {
  public static let className = "BatchNormalization"
  public static let defaultName = "batch_normalization"

  /// The layer's own name.
  public var name: String?
  /// Whether training changes γ, β and the moving statistics; while it doesn't, the layer normalises by the moving
  /// statistics in training too, as in Keras.
  public var isTrainable = true
  /// How much of the moving statistics stays in each step, from 0 to 1.
  public var momentum: Float
  /// What is added to the variance, above 0.
  public var epsilon: Float
  /// Whether β is learned; else it is 0.
  public var isCentered: Bool
  /// Whether γ is learned; else it is 1.
  public var isScaled: Bool

  /// Normalisation of the last axis, with Keras's defaults.
  public init(
    momentum: Float = 0.99, epsilon: Float = 1e-3, isCentered: Bool = true, isScaled: Bool = true,
    name: String? = nil
  ) {
    self.name = name
    self.momentum = momentum
    self.epsilon = epsilon
    self.isCentered = isCentered
    self.isScaled = isScaled
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case isTrainable = "trainable"
    case name, momentum, epsilon
    case isCentered = "center"
    case isScaled = "scale"
  }

  /// Reads Keras's keys, none of which must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    self.init(
      momentum: try settings.optional(.momentum) ?? 0.99, epsilon: try settings.optional(.epsilon) ?? 1e-3,
      isCentered: try settings.optional(.isCentered) ?? true,
      isScaled: try settings.optional(.isScaled) ?? true,
      name: try settings.optional(.name))
    isTrainable = try settings.optional(.isTrainable) ?? true
  }

  /// Writes Keras's keys, without those that have their default values.
  public func encode(to encoder: any Encoder) throws {
    var settings = LayerEncoder(encoder, keyedBy: CodingKeys.self)
    try settings.writeIfPresent(name, .name)
    try settings.write(isTrainable, .isTrainable, default: true)
    try settings.write(momentum, .momentum, default: 0.99)
    try settings.write(epsilon, .epsilon, default: 1e-3)
    try settings.write(isCentered, .isCentered, default: true)
    try settings.write(isScaled, .isScaled, default: true)
  }

  public func outputShape(for input: Shape) throws(ModelError) -> Shape {
    guard (0...1).contains(momentum) else {
      throw error(.invalidSetting, "expected a momentum from 0 to 1, got \(momentum)")
    }
    guard epsilon > 0, epsilon.isFinite else {
      throw error(.invalidSetting, "expected an epsilon above 0, got \(epsilon)")
    }
    return input
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let channels: Shape = [input[input.rank - 1]]
    return (isScaled ? [WeightSpecification("gamma", channels, .ones)] : [])
      + (isCentered ? [WeightSpecification("beta", channels, .zeros)] : []) + [
        WeightSpecification("moving_mean", channels, .zeros, isTrainable: false),
        WeightSpecification("moving_variance", channels, .ones, isTrainable: false),
      ]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(GraphError) -> Value {
    let shape = context.graph.shape(of: input)
    let channels: Shape = [shape[shape.rank - 1]]
    let gamma = isScaled ? try context.weight("gamma") : context.graph.constant(1, channels)
    let beta = isCentered ? try context.weight("beta") : context.graph.constant(0, channels)
    switch context.phase {
    case .training where !isTrainable, .inference:
      return try context.graph.append(
        .normalization(epsilon: epsilon), input, context.weight("moving_mean"),
        context.weight("moving_variance"), gamma, beta)
    case .training:
      let result = try context.graph.append(.batchNormalization(epsilon: epsilon), input, gamma, beta)
      for (op, name) in [(Op.channelMean, "moving_mean"), (.channelVariance, "moving_variance")] {
        let statistic = try context.graph.append(op, input)
        try context.graph.append(
          .movingAverage(momentum: momentum, state: context.stateName(of: name)), statistic)
      }
      return result
    }
  }
}
