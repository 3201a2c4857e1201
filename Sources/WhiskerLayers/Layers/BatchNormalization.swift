public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Moves and scales each channel to a mean β and a deviation γ: `y = γ · (x − mean) / √(variance + ε) + β`.
///
/// Input `[…, C]`, output the same; γ, β and the moving statistics `[C]`. In training mean and variance (`Σ(x − mean)² /
/// n`) are those of the batch, and the moving ones follow: `moving ← momentum · moving + (1 − momentum) ·
/// batch`. In inference the moving ones are used. Ioffe and Szegedy, "Batch normalization", 2015, as in Keras.
public struct BatchNormalization: Layer {
  public static let className = "BatchNormalization"
  public static let defaultName = "batch_normalization"
  public static var standard: BatchNormalization { BatchNormalization() }
  public static var settings: [LayerSetting<BatchNormalization>] {
    [
      .trainable,
      LayerSetting("momentum", \.momentum, .from(0...1)),
      LayerSetting("epsilon", \.epsilon, .above(0)),
      LayerSetting("center", \.isCentered),
      LayerSetting("scale", \.isScaled),
      LayerSetting("gamma_initializer", \.gammaInitializer),
    ]
  }

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
  /// How the first γ is drawn: zeros in the last normalisation of a residual block let it begin as the identity (Goyal et
  /// al., "Accurate, large minibatch SGD", 2017).
  public var gammaInitializer: Initializer

  /// Normalisation of the last axis, with Keras's defaults.
  public init(
    momentum: Float = 0.99, epsilon: Float = 1e-3, isCentered: Bool = true, isScaled: Bool = true,
    gammaInitializer: Initializer = .ones, name: String? = nil
  ) {
    self.name = name
    self.momentum = momentum
    self.epsilon = epsilon
    self.isCentered = isCentered
    self.isScaled = isScaled
    self.gammaInitializer = gammaInitializer
  }

  public func outputShape(for input: Shape) -> Shape { input }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let channels: Shape = [input[input.rank - 1]]
    return (isScaled ? [WeightSpecification("gamma", channels, gammaInitializer)] : [])
      + (isCentered ? [WeightSpecification("beta", channels, .zeros)] : []) + [
        WeightSpecification("moving_mean", channels, .zeros, isTrainable: false),
        WeightSpecification("moving_variance", channels, .ones, isTrainable: false),
      ]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
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
