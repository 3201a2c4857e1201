public import WhiskerGraph
public import WhiskerTensors

/// A convolution of each channel by itself: `y = activation(x ∗ kernel + bias)`.
///
/// Input `[H, W, C]`; kernel `[kh, kw, C, multiplier]`, bias `[C · multiplier]`; output `[H′, W′, C · multiplier]` with
/// `H′` and `W′` by the rule of ``Padding``.
public struct DepthwiseConv2D: Layer {
  public static let className = "DepthwiseConv2D"
  public static let defaultName = "depthwise_conv2d"

  /// The layer's own name.
  public var name: String?
  /// Whether training changes the layer's weights.
  public var isTrainable = true
  /// The kernel's rows and columns.
  public var kernel: Size2D
  /// Rows and columns from one window to the next.
  public var strides: Size2D
  /// What happens at the edges.
  public var padding: Padding
  /// Output channels for each input channel, at least 1.
  public var multiplier: Int
  /// Applied to the result; nil for none.
  public var activation: ActivationFunction?
  /// Whether a bias is added.
  public var usesBias: Bool
  /// How the kernel's first values are drawn.
  public var kernelInitializer: Initializer
  /// A penalty on the kernel.
  public var kernelRegularizer: Regularizer?

  /// A convolution with `multiplier` kernels for each channel.
  public init(
    kernel: Size2D, strides: Size2D = 1, padding: Padding = .valid, multiplier: Int = 1,
    activation: ActivationFunction? = nil, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, kernelRegularizer: Regularizer? = nil,
    name: String? = nil
  ) {
    self.name = name
    self.kernel = kernel
    self.strides = strides
    self.padding = padding
    self.multiplier = multiplier
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.kernelRegularizer = kernelRegularizer
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case isTrainable = "trainable"
    case name, strides, padding, activation
    case kernel = "kernel_size"
    case multiplier = "depth_multiplier"
    case usesBias = "use_bias"
    case kernelInitializer = "depthwise_initializer"
    case kernelRegularizer = "depthwise_regularizer"
  }

  /// Reads Keras's keys; only `kernel_size` must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    self.init(
      kernel: try settings.required(.kernel), strides: try settings.optional(.strides) ?? 1,
      padding: try settings.optional(.padding) ?? .valid,
      multiplier: try settings.optional(.multiplier) ?? 1, activation: try settings.activation(.activation),
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
    try settings.write(kernel, .kernel)
    try settings.write(strides, .strides, default: 1)
    try settings.write(padding, .padding, default: .valid)
    try settings.write(multiplier, .multiplier, default: 1)
    try settings.writeIfPresent(activation, .activation)
    try settings.write(usesBias, .usesBias, default: true)
    try settings.write(kernelInitializer, .kernelInitializer, default: .glorotUniform)
    try settings.writeIfPresent(kernelRegularizer, .kernelRegularizer)
  }

  public func outputShape(for input: Shape) throws(ModelError) -> Shape {
    try check(kernelRegularizer)
    let size = try slidingShape(for: input, size: kernel, strides: strides, padding: padding, what: "kernel")
    return [size.height, size.width, try multipliedChannels(of: input, by: multiplier)]
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let kernel = WeightSpecification(
      "kernel", [kernel.height, kernel.width, input[2], multiplier], kernelInitializer,
      regularizer: kernelRegularizer)
    return [kernel] + (usesBias ? [WeightSpecification("bias", [input[2] * multiplier], .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(GraphError) -> Value {
    let shape = context.graph.shape(of: input)
    let window = Window(size: kernel, strides: strides, padding: padding, height: shape[1], width: shape[2])
    let result = try context.appendDepthwise(
      input, kernel: context.weight("kernel"), bias: usesBias ? context.weight("bias") : nil, window)
    return try context.apply(activation, to: result)
  }
}

extension Layer {
  /// The channels of a depthwise convolution's result.
  func multipliedChannels(of input: Shape, by multiplier: Int) throws(ModelError) -> Int {
    let (channels, overflows) = input[2].multipliedReportingOverflow(by: multiplier)
    guard multiplier >= 1, !overflows else {
      throw error(.invalidSetting, "expected a depth multiplier of at least 1, got \(multiplier)")
    }
    return channels
  }
}

extension LayerContext {
  /// Appends a convolution of each channel by itself, with a kernel `[kh, kw, C, multiplier]`.
  ///
  /// It is one with as many groups as channels, whose kernel `[kh, kw, 1, C · multiplier]` has the same elements in
  /// the same order.
  mutating func appendDepthwise(
    _ input: Value, kernel: Value, bias: Value?, _ window: Window
  ) throws(GraphError) -> Value {
    let shape = graph.shape(of: kernel)
    let grouped = try graph.append(.reshape([shape[0], shape[1], 1, shape[2] * shape[3]]), kernel)
    let convolution = Convolution(window: window, groups: shape[2])
    return try graph.append(.convolution(convolution), [input, grouped] + (bias.map { [$0] } ?? []))
  }
}
