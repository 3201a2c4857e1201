public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A two-dimensional convolution: `y = activation(x ∗ kernel + bias)`.
///
/// Input `[H, W, I]`; kernel `[kh, kw, I / groups, filters]`, bias `[filters]`; output `[H′, W′, filters]` with `H′`
/// and `W′` by the rule of ``Padding``.
public struct Conv2D: Layer {
  public static let className = "Conv2D"
  public static let defaultName = "conv2d"
  public static var standard: Conv2D { Conv2D(1, kernel: 1) }
  public static var settings: [LayerSetting<Conv2D>] {
    [
      .trainable,
      LayerSetting("filters", \.filters, isRequired: true, .atLeast(1)),
      LayerSetting("kernel_size", size: \.kernel, isRequired: true),
      LayerSetting("strides", size: \.strides),
      LayerSetting("padding", \.padding),
      LayerSetting("dilation_rate", size: \.dilation),
      LayerSetting("groups", \.groups, .atLeast(1)),
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
  /// Output channels, at least 1.
  public var filters: Int
  /// The kernel's rows and columns.
  public var kernel: Size2D
  /// Rows and columns from one window to the next.
  public var strides: Size2D
  /// What happens at the edges.
  public var padding: Padding
  /// Rows and columns from one pixel of a window to the next; with strides of 1 only.
  public var dilation: Size2D
  /// Input channels and filters are split into this many groups, each convolved by itself; divides both.
  public var groups: Int
  /// Applied to the result; nil for none.
  public var activation: ActivationFunction?
  /// Whether a bias is added.
  public var usesBias: Bool
  /// How the kernel's first values are drawn.
  public var kernelInitializer: Initializer
  /// A penalty on the kernel.
  public var kernelRegularizer: Regularizer?

  /// A convolution with `filters` kernels.
  public init(
    _ filters: Int, kernel: Size2D, strides: Size2D = 1, padding: Padding = .valid, dilation: Size2D = 1,
    groups: Int = 1,
    activation: ActivationFunction? = nil, usesBias: Bool = true,
    kernelInitializer: Initializer = .glorotUniform, kernelRegularizer: Regularizer? = nil,
    name: String? = nil
  ) {
    self.name = name
    self.filters = filters
    self.kernel = kernel
    self.strides = strides
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.kernelRegularizer = kernelRegularizer
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    let size = try slidingShape(
      for: input, size: kernel, strides: strides, dilation: dilation, padding: padding)
    guard input[2] % groups == 0, filters % groups == 0 else {
      throw error(
        .invalidSetting,
        expected: "groups that divide \(input[2]) channels and \(filters) filters", got: "\(groups)")
    }
    return [size.height, size.width, filters]
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let kernel = WeightSpecification(
      "kernel", [kernel.height, kernel.width, input[2] / groups, filters], kernelInitializer,
      regularizer: kernelRegularizer)
    return [kernel] + (usesBias ? [WeightSpecification("bias", [filters], .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let window = Window(
      size: kernel, strides: strides, dilation: dilation, padding: padding, height: shape[1], width: shape[2])
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
  mutating func apply(_ activation: ActivationFunction?, to value: Value) throws(WhiskerError) -> Value {
    guard let activation else { return value }
    return try graph.append(.activation(activation), value)
  }
}
