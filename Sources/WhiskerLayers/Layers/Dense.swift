public import WhiskerGraph
public import WhiskerTensors

/// A fully connected layer: `y = activation(x · kernel + bias)`.
///
/// Input `[inputs]`; kernel `[inputs, units]`, bias `[units]`; output `[units]`.
public struct Dense: Layer {
  public static let className = "Dense"
  public static let defaultName = "dense"

  /// The layer's own name.
  public var name: String?
  /// Whether training changes the layer's weights.
  public var isTrainable = true
  /// Outputs, at least 1.
  public var units: Int
  /// Applied to the result; nil for none.
  public var activation: ActivationFunction?
  /// Whether a bias is added.
  public var usesBias = true
  /// How the kernel's first values are drawn.
  public var kernelInitializer: Initializer = .glorotUniform
  /// A penalty on the kernel.
  public var kernelRegularizer: Regularizer?

  /// A layer with `units` outputs.
  public init(
    _ units: Int, activation: ActivationFunction? = nil, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, kernelRegularizer: Regularizer? = nil,
    name: String? = nil
  ) {
    self.name = name
    self.units = units
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.kernelRegularizer = kernelRegularizer
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case isTrainable = "trainable"
    case name, units, activation
    case usesBias = "use_bias"
    case kernelInitializer = "kernel_initializer"
    case kernelRegularizer = "kernel_regularizer"
  }

  /// Reads Keras's keys; only `units` must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    self.init(
      try settings.required(.units), activation: try settings.activation(.activation),
      usesBias: try settings.optional(.usesBias) ?? true,
      kernelInitializer: try settings.optional(.kernelInitializer) ?? .glorotUniform,
      kernelRegularizer: try settings.optional(.kernelRegularizer), name: try settings.optional(.name))
    isTrainable = try settings.optional(.isTrainable) ?? true
  }

  /// Writes Keras's keys, without those that have their default values.
  public func encode(to encoder: any Encoder) throws {
    var settings = LayerEncoder(encoder, keyedBy: CodingKeys.self)
    try settings.writeIfPresent(name, .name)
    try settings.write(isTrainable, .isTrainable, default: true)
    try settings.write(units, .units)
    try settings.writeIfPresent(activation, .activation)
    try settings.write(usesBias, .usesBias, default: true)
    try settings.write(kernelInitializer, .kernelInitializer, default: .glorotUniform)
    try settings.writeIfPresent(kernelRegularizer, .kernelRegularizer)
  }

  public func outputShape(for input: Shape) throws(ModelError) -> Shape {
    guard units >= 1 else { throw error(.invalidSetting, "expected at least 1 unit, got \(units)") }
    try check(kernelRegularizer)
    guard input.rank == 1 else {
      throw error(.shapeMismatch, "expected an input (inputs), got \(input): put a Flatten before it")
    }
    return [units]
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let kernel = WeightSpecification(
      "kernel", [input[0], units], kernelInitializer, regularizer: kernelRegularizer)
    return [kernel] + (usesBias ? [WeightSpecification("bias", [units], .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(GraphError) -> Value {
    let operands =
      usesBias
      ? [input, try context.weight("kernel"), try context.weight("bias")]
      : [input, try context.weight("kernel")]
    let result = try context.graph.append(.matrixProduct(MatrixProduct()), operands)
    return try context.apply(activation, to: result)
  }
}
