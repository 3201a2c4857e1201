public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Moves and scales each group of a sample's channels to a mean of 0 and a deviation of 1, then each channel by β and γ:
/// `y = γ · (x − mean) / √(variance + ε) + β`.
///
/// Input `[…, C]`, output the same; γ and β `[C]`. Mean and variance (`Σ(x − mean)² / n`) are those of a sample's numbers of
/// `C / groups` neighbouring channels. Wu and He, "Group normalization", 2018, <https://arxiv.org/abs/1803.08494>, as in
/// Keras.
public struct GroupNormalization: Layer {
  public static let className = "GroupNormalization"
  public static let defaultName = "group_normalization"
  public static var standard: GroupNormalization { GroupNormalization() }
  public static var settings: [LayerSetting<GroupNormalization>] {
    [
      .trainable,
      LayerSetting("groups", \.groups, .atLeast(-1)),
      LayerSetting("epsilon", \.epsilon, .above(0)),
      LayerSetting("center", \.isCentered),
      LayerSetting("scale", \.isScaled),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Whether training changes γ and β.
  public var isTrainable = true
  /// How many groups the channels are in, which divides them; −1 for one for each channel.
  public var groups: Int
  /// What is added to the variance, above 0.
  public var epsilon: Float
  /// Whether β is learned; else it is 0.
  public var isCentered: Bool
  /// Whether γ is learned; else it is 1.
  public var isScaled: Bool

  /// Normalisation of groups of the last axis, with Keras's defaults.
  public init(
    groups: Int = 32, epsilon: Float = 1e-3, isCentered: Bool = true, isScaled: Bool = true,
    name: String? = nil
  ) {
    self.name = name
    self.groups = groups
    self.epsilon = epsilon
    self.isCentered = isCentered
    self.isScaled = isScaled
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard let channels = input.sizes.last, groups == -1 || groups > 0 && channels % groups == 0 else {
      throw error(
        .invalidSetting, expected: "groups that divide the channels of \(input), or -1", got: "\(groups)")
    }
    return input
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let channels: Shape = [input[input.rank - 1]]
    return (isScaled ? [WeightSpecification("gamma", channels, .ones)] : [])
      + (isCentered ? [WeightSpecification("beta", channels, .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let (batch, channels) = (shape[0], shape[shape.rank - 1])
    let count = groups == -1 ? channels : groups
    let width = channels / count
    let places = shape.withoutBatch.count / channels
    // Each group's numbers in a row, and back.
    var x = try context.graph.append(.reshape([batch, places, count, width]), input)
    x = try context.graph.append(.transpose([0, 2, 1, 3]), x)
    x = try context.graph.append(.reshape([batch, count, places * width]), x)
    x = try context.graph.append(
      .layerNormalization(epsilon: epsilon), x, context.graph.constant(1, [places * width]),
      context.graph.constant(0, [places * width]))
    x = try context.graph.append(.reshape([batch, count, places, width]), x)
    x = try context.graph.append(.transpose([0, 2, 1, 3]), x)
    x = try context.graph.append(.reshape(shape), x)
    if isScaled { x = try context.graph.append(.multiply, x, context.weight("gamma")) }
    return isCentered ? try context.graph.append(.add, x, context.weight("beta")) : x
  }
}
