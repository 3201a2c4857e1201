public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The parametric rectified linear unit: `x` above 0, else `α · x` with learned slopes α.
///
/// Any input shape; the output has the same. There is a slope for each element of a sample, or along shared axes one for
/// all places: `[1, 1, C]` for `sharedAxes: [1, 2]`. He et al., 2015, <https://arxiv.org/abs/1502.01852>.
public struct PReLU: Layer {
  public static let className = "PReLU"
  public static let defaultName = "p_re_lu"
  public static var standard: PReLU { PReLU() }
  public static var settings: [LayerSetting<PReLU>] {
    [
      .trainable,
      LayerSetting("shared_axes", \.sharedAxes),
      LayerSetting("alpha_initializer", \.slopeInitializer),
      LayerSetting("alpha_regularizer", penalty: \.slopeRegularizer),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Whether training changes the slopes.
  public var isTrainable = true
  /// The axes along which one slope serves; nil for none.
  ///
  /// They are counted as Keras does: the batch is axis 0.
  public var sharedAxes: [Int]?
  /// How the first slopes are drawn.
  public var slopeInitializer: Initializer
  /// A penalty on the slopes.
  public var slopeRegularizer: Regularizer?

  /// A slope for each element, at first 0, unless said otherwise.
  public init(
    sharedAxes: [Int]? = nil, slopeInitializer: Initializer = .zeros, slopeRegularizer: Regularizer? = nil,
    name: String? = nil
  ) {
    self.name = name
    self.sharedAxes = sharedAxes
    self.slopeInitializer = slopeInitializer
    self.slopeRegularizer = slopeRegularizer
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard (sharedAxes ?? []).allSatisfy({ 1...max(input.rank, 1) ~= $0 }), input.rank > 0 else {
      throw error(
        .invalidSetting, expected: "shared axes from 1 to \(input.rank)", got: "\(sharedAxes ?? [])")
    }
    return input
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let sizes = input.sizes.enumerated().map { axis, size in sharedAxes?.contains(axis + 1) == true ? 1 : size
    }
    return [WeightSpecification("alpha", Shape(sizes), slopeInitializer, regularizer: slopeRegularizer)]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let above = try context.apply(.relu, to: input)
    let below = try context.graph.append(.add, input, context.graph.append(.scale(-1), above))
    return try context.graph.append(
      .add, above, context.graph.append(.multiply, below, context.weight("alpha")))
  }
}
