public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A convolution of each channel by itself: `y = activation(x ∗ kernel + bias)`.
///
/// Input `[H, W, C]`; kernel `[kh, kw, C, multiplier]`, bias `[C · multiplier]`; output `[H′, W′, C · multiplier]` with
/// `H′` and `W′` by the rule of ``Padding``.
public struct DepthwiseConv2D: Layer {
  public static let className = "DepthwiseConv2D"
  public static let defaultName = "depthwise_conv2d"
  public static var standard: DepthwiseConv2D { DepthwiseConv2D(kernel: 1) }
  public static var settings: [LayerSetting<DepthwiseConv2D>] {
    [
      .trainable,
      LayerSetting("kernel_size", size: \.kernel, isRequired: true),
      LayerSetting("strides", size: \.strides),
      LayerSetting("padding", \.padding),
      LayerSetting("dilation_rate", size: \.dilation),
      LayerSetting("depth_multiplier", \.multiplier, .atLeast(1)),
      LayerSetting("activation", function: \.activation),
      LayerSetting("use_bias", \.usesBias),
      LayerSetting("depthwise_initializer", \.kernelInitializer),
      LayerSetting("depthwise_regularizer", penalty: \.kernelRegularizer),
    ]
  }

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
  /// Rows and columns from one pixel of a window to the next; with strides of 1 only.
  public var dilation: Size2D
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
    kernel: Size2D, strides: Size2D = 1, padding: Padding = .valid, dilation: Size2D = 1, multiplier: Int = 1,
    activation: ActivationFunction? = nil, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, kernelRegularizer: Regularizer? = nil,
    name: String? = nil
  ) {
    self.name = name
    self.kernel = kernel
    self.strides = strides
    self.padding = padding
    self.dilation = dilation
    self.multiplier = multiplier
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.kernelRegularizer = kernelRegularizer
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    let size = try slidingShape(
      for: input, size: kernel, strides: strides, dilation: dilation, padding: padding)
    return [size.height, size.width, try multipliedChannels(of: input, by: multiplier)]
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let kernel = WeightSpecification(
      "kernel", [kernel.height, kernel.width, input[2], multiplier], kernelInitializer,
      regularizer: kernelRegularizer)
    return [kernel] + (usesBias ? [WeightSpecification("bias", [input[2] * multiplier], .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let window = Window(
      size: kernel, strides: strides, dilation: dilation, padding: padding, height: shape[1], width: shape[2])
    let result = try context.appendDepthwise(
      input, kernel: context.weight("kernel"), bias: usesBias ? context.weight("bias") : nil, window)
    return try context.apply(activation, to: result)
  }
}

extension Layer {
  /// The channels of a depthwise convolution's result.
  func multipliedChannels(of input: Shape, by multiplier: Int) throws(WhiskerError) -> Int {
    let (channels, overflows) = input[2].multipliedReportingOverflow(by: multiplier)
    guard !overflows else {
      throw error(
        .invalidSetting,
        expected: "a depth multiplier that \(input[2]) channels can be multiplied by", got: "\(multiplier)")
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
  ) throws(WhiskerError) -> Value {
    let shape = graph.shape(of: kernel)
    let grouped = try graph.append(.reshape([shape[0], shape[1], 1, shape[2] * shape[3]]), kernel)
    let convolution = Convolution(window: window, groups: shape[2])
    return try graph.append(.convolution(convolution), [input, grouped] + (bias.map { [$0] } ?? []))
  }
}
