public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A convolution of each channel by itself, then one of 1 × 1 over all channels:
/// `y = activation((x ∗ depthwise) ∗ pointwise + bias)`.
///
/// Input `[H, W, C]`; depthwise kernel `[kh, kw, C, multiplier]`, pointwise kernel `[1, 1, C · multiplier, filters]`, bias
/// `[filters]`; output `[H′, W′, filters]` with `H′` and `W′` by the rule of ``Padding``.
public struct SeparableConv2D: Layer {
  public static let className = "SeparableConv2D"
  public static let defaultName = "separable_conv2d"
  public static var standard: SeparableConv2D { SeparableConv2D(1, kernel: 1) }
  public static var settings: [LayerSetting<SeparableConv2D>] {
    [
      .trainable,
      LayerSetting("filters", \.filters, isRequired: true, .atLeast(1)),
      LayerSetting("kernel_size", size: \.kernel, isRequired: true),
      LayerSetting("strides", size: \.strides),
      LayerSetting("padding", \.padding),
      LayerSetting("dilation_rate", size: \.dilation),
      LayerSetting("depth_multiplier", \.multiplier, .atLeast(1)),
      LayerSetting("activation", function: \.activation),
      LayerSetting("use_bias", \.usesBias),
      LayerSetting("depthwise_initializer", \.depthwiseInitializer),
      LayerSetting("pointwise_initializer", \.pointwiseInitializer),
      LayerSetting("depthwise_regularizer", penalty: \.depthwiseRegularizer),
      LayerSetting("pointwise_regularizer", penalty: \.pointwiseRegularizer),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Whether training changes the layer's weights.
  public var isTrainable = true
  /// Output channels, at least 1.
  public var filters: Int
  /// The depthwise kernel's rows and columns.
  public var kernel: Size2D
  /// Rows and columns from one window to the next.
  public var strides: Size2D
  /// What happens at the edges.
  public var padding: Padding
  /// Rows and columns from one pixel of a window to the next; with strides of 1 only.
  public var dilation: Size2D
  /// Channels between the two convolutions for each input channel, at least 1.
  public var multiplier: Int
  /// Applied to the result; nil for none.
  public var activation: ActivationFunction?
  /// Whether a bias is added.
  public var usesBias: Bool
  /// How the depthwise kernel's first values are drawn.
  public var depthwiseInitializer: Initializer
  /// How the pointwise kernel's first values are drawn.
  public var pointwiseInitializer: Initializer
  /// A penalty on the depthwise kernel.
  public var depthwiseRegularizer: Regularizer?
  /// A penalty on the pointwise kernel.
  public var pointwiseRegularizer: Regularizer?

  /// A separable convolution with `filters` outputs.
  public init(
    _ filters: Int, kernel: Size2D, strides: Size2D = 1, padding: Padding = .valid, dilation: Size2D = 1,
    multiplier: Int = 1,
    activation: ActivationFunction? = nil, usesBias: Bool = true,
    depthwiseInitializer: Initializer = .glorotUniform, pointwiseInitializer: Initializer = .glorotUniform,
    depthwiseRegularizer: Regularizer? = nil, pointwiseRegularizer: Regularizer? = nil, name: String? = nil
  ) {
    self.name = name
    self.filters = filters
    self.kernel = kernel
    self.strides = strides
    self.padding = padding
    self.dilation = dilation
    self.multiplier = multiplier
    self.activation = activation
    self.usesBias = usesBias
    self.depthwiseInitializer = depthwiseInitializer
    self.pointwiseInitializer = pointwiseInitializer
    self.depthwiseRegularizer = depthwiseRegularizer
    self.pointwiseRegularizer = pointwiseRegularizer
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    let size = try slidingShape(
      for: input, size: kernel, strides: strides, dilation: dilation, padding: padding)
    _ = try multipliedChannels(of: input, by: multiplier)
    return [size.height, size.width, filters]
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    [
      WeightSpecification(
        "depthwise_kernel", [kernel.height, kernel.width, input[2], multiplier], depthwiseInitializer,
        regularizer: depthwiseRegularizer),
      WeightSpecification(
        "pointwise_kernel", [1, 1, input[2] * multiplier, filters], pointwiseInitializer,
        regularizer: pointwiseRegularizer),
    ] + (usesBias ? [WeightSpecification("bias", [filters], .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let window = Window(
      size: kernel, strides: strides, dilation: dilation, padding: padding, height: shape[1], width: shape[2])
    let channels = try context.appendDepthwise(
      input, kernel: context.weight("depthwise_kernel"), bias: nil, window)
    let point = Window(height: 1, width: 1, rowStride: 1, columnStride: 1)
    let operands =
      [channels, try context.weight("pointwise_kernel")] + (usesBias ? [try context.weight("bias")] : [])
    let result = try context.graph.append(.convolution(Convolution(window: point)), operands)
    return try context.apply(activation, to: result)
  }
}
