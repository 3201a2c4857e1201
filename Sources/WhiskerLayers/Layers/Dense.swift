public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A fully connected layer: `y = activation(x · kernel + bias)`.
///
/// Input `[…, inputs]`; kernel `[inputs, units]`, bias `[units]`; output `[…, units]`: each row of the last axis by itself.
public struct Dense: Layer {
  public static let className = "Dense"
  public static let defaultName = "dense"
  public static var standard: Dense { Dense(1) }
  public static var settings: [LayerSetting<Dense>] {
    [
      .trainable,
      LayerSetting("units", \.units, isRequired: true, .atLeast(1)),
      LayerSetting("activation", function: \.activation),
      LayerSetting("use_bias", \.usesBias),
      LayerSetting("kernel_initializer", \.kernelInitializer),
      LayerSetting("kernel_regularizer", penalty: \.kernelRegularizer),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Whether training changes the layer's weights.
  public var isTrainable = true
  /// Outputs, at least 1.
  public var units: Int
  /// Applied to the result; nil for none.
  public var activation: ActivationFunction?
  /// Whether a bias is added.
  public var usesBias: Bool
  /// How the kernel's first values are drawn.
  public var kernelInitializer: Initializer
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

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank >= 1 else {
      throw error(.shapeMismatch, expected: "an input (…, inputs)", got: "\(input)")
    }
    return Shape(input.sizes.dropLast() + [units])
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let kernel = WeightSpecification(
      "kernel", [input[input.rank - 1], units], kernelInitializer, regularizer: kernelRegularizer)
    return [kernel] + (usesBias ? [WeightSpecification("bias", [units], .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let inputs = shape[shape.rank - 1]
    let rows =
      shape.rank == 2 ? input : try context.graph.append(.reshape([shape.count / inputs, inputs]), input)
    let operands = [rows, try context.weight("kernel")] + (usesBias ? [try context.weight("bias")] : [])
    let product = try context.graph.append(.matrixProduct(MatrixProduct()), operands)
    let result = try context.apply(activation, to: product)
    if shape.rank == 2 { return result }
    return try context.graph.append(.reshape(Shape(shape.sizes.dropLast() + [units])), result)
  }
}
