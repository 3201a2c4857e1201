public import WhiskerGraph
public import WhiskerTensors

/// A two-dimensional convolution: `y = activation(x ∗ kernel + bias)`.
///
/// Input `[H, W, I]`; kernel `[kh, kw, I / groups, filters]`, bias `[filters]`; output `[H′, W′, filters]` with `H′`
/// and `W′` by the rule of ``Padding``.
public struct Conv2D: Layer {
  public static let className = "Conv2D"
  public static let defaultName = "conv2d"

  /// The layer's own name.
  public var name: String?
  /// Whether training changes the layer's weights.
  public var isTrainable = true
  /// Output channels, at least 1.
  public var filters: Int
  /// The kernel's rows and columns.
  public var kernel: Size2D
  /// Rows and columns from one window to the next.
  public var strides: Size2D = 1
  /// What happens at the edges.
  public var padding: Padding = .valid
  /// Input channels and filters are split into this many groups, each convolved by itself; divides both.
  public var groups = 1
  /// Applied to the result; nil for none.
  public var activation: ActivationFunction?
  /// Whether a bias is added.
  public var usesBias = true
  /// How the kernel's first values are drawn.
  public var kernelInitializer: Initializer = .glorotUniform
  /// A penalty on the kernel.
  public var kernelRegularizer: Regularizer?

  /// A convolution with `filters` kernels.
  public init(
    _ filters: Int, kernel: Size2D, strides: Size2D = 1, padding: Padding = .valid, groups: Int = 1,
    activation: ActivationFunction? = nil, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, kernelRegularizer: Regularizer? = nil,
    name: String? = nil
  ) {
    self.name = name
    self.filters = filters
    self.kernel = kernel
    self.strides = strides
    self.padding = padding
    self.groups = groups
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.kernelRegularizer = kernelRegularizer
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case isTrainable = "trainable"
    case name, filters, strides, padding, groups, activation
    case kernel = "kernel_size"
    case usesBias = "use_bias"
    case kernelInitializer = "kernel_initializer"
    case kernelRegularizer = "kernel_regularizer"
  }

  /// Reads Keras's keys; only `filters` and `kernel_size` must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    self.init(
      try settings.required(.filters), kernel: try settings.required(.kernel),
      strides: try settings.optional(.strides) ?? 1, padding: try settings.optional(.padding) ?? .valid,
      groups: try settings.optional(.groups) ?? 1, activation: try settings.activation(.activation),
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
    try settings.write(filters, .filters)
    try settings.write(kernel, .kernel)
    try settings.write(strides, .strides, default: 1)
    try settings.write(padding, .padding, default: .valid)
    try settings.write(groups, .groups, default: 1)
    try settings.writeIfPresent(activation, .activation)
    try settings.write(usesBias, .usesBias, default: true)
    try settings.write(kernelInitializer, .kernelInitializer, default: .glorotUniform)
    try settings.writeIfPresent(kernelRegularizer, .kernelRegularizer)
  }

  public func outputShape(for input: Shape) throws(ModelError) -> Shape {
    guard filters >= 1 else { throw error(.invalidSetting, "expected at least 1 filter, got \(filters)") }
    try check(kernelRegularizer)
    let size = try slidingShape(for: input, size: kernel, strides: strides, padding: padding, what: "kernel")
    guard groups >= 1, input[2] % groups == 0, filters % groups == 0 else {
      throw error(
        .invalidSetting,
        "expected groups that divide \(input[2]) channels and \(filters) filters, got \(groups)")
    }
    return [size.height, size.width, filters]
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let kernel = WeightSpecification(
      "kernel", [kernel.height, kernel.width, input[2] / groups, filters], kernelInitializer,
      regularizer: kernelRegularizer)
    return [kernel] + (usesBias ? [WeightSpecification("bias", [filters], .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(GraphError) -> Value {
    let shape = context.graph.shape(of: input)
    let window = Window(size: kernel, strides: strides, padding: padding, height: shape[1], width: shape[2])
    let operands =
      usesBias
      ? [input, try context.weight("kernel"), try context.weight("bias")]
      : [input, try context.weight("kernel")]
    let result = try context.graph.append(.convolution(Convolution(window: window, groups: groups)), operands)
    return try context.apply(activation, to: result)
  }
}

extension LayerContext {
  /// Appends an activation, if there is one.
  mutating func apply(_ activation: ActivationFunction?, to value: Value) throws(GraphError) -> Value {
    guard let activation else { return value }
    return try graph.append(.activation(activation), value)
  }
}
