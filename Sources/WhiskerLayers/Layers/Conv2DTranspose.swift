public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A transposed convolution, which enlarges a picture: `y = activation(∂(z ∗ kernel)ᵀ x + bias)`, the gradient of a
/// convolution for its input `z`, applied to `x`.
///
/// Input `[H, W, I]`; kernel `[kh, kw, filters, I]`, bias `[filters]`. Output `[H′, W′, filters]`, along each axis with
/// `n` places, a kernel of `k` (`(k − 1) · dilation + 1`) and a stride of `s`: `(n − 1) · s + max(k, s)` for `valid` and
/// `n · s` for `same`; with an output padding of `p`, `(n − 1) · s + k + p` and `(n − 1) · s + k mod 2 + p`. As in Keras.
public struct Conv2DTranspose: Layer {
  public static let className = "Conv2DTranspose"
  public static let defaultName = "conv2d_transpose"
  public static var standard: Conv2DTranspose { Conv2DTranspose(1, kernel: 1) }
  public static var settings: [LayerSetting<Conv2DTranspose>] {
    [
      .trainable,
      LayerSetting("filters", \.filters, isRequired: true, .atLeast(1)),
      LayerSetting("kernel_size", size: \.kernel, isRequired: true),
      LayerSetting("strides", size: \.strides),
      LayerSetting("padding", \.padding),
      LayerSetting("output_padding", \.outputPadding) { padding in
        padding.height >= 0 && padding.width >= 0 && max(padding.height, padding.width) < 65_536
          ? nil
          : WhiskerError(.invalidSetting, "", expected: "0 to 65535 a side", got: "\(padding)")
      },
      LayerSetting("dilation_rate", size: \.dilation),
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
  /// Rows and columns of the output from one pixel of the input to the next.
  public var strides: Size2D
  /// What is cut off at the edges.
  public var padding: Padding
  /// Rows and columns to add at the end; nil for as many as undo a convolution of the same settings.
  public var outputPadding: Size2D?
  /// Rows and columns from one pixel of a window to the next; with strides of 1 only.
  public var dilation: Size2D
  /// Applied to the result; nil for none.
  public var activation: ActivationFunction?
  /// Whether a bias is added.
  public var usesBias: Bool
  /// How the kernel's first values are drawn.
  public var kernelInitializer: Initializer
  /// A penalty on the kernel.
  public var kernelRegularizer: Regularizer?

  /// A transposed convolution with `filters` kernels.
  public init(
    _ filters: Int, kernel: Size2D, strides: Size2D = 1, padding: Padding = .valid,
    outputPadding: Size2D? = nil, dilation: Size2D = 1, activation: ActivationFunction? = nil,
    usesBias: Bool = true, kernelInitializer: Initializer = .glorotUniform,
    kernelRegularizer: Regularizer? = nil, name: String? = nil
  ) {
    self.name = name
    self.filters = filters
    self.kernel = kernel
    self.strides = strides
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilation = dilation
    self.activation = activation
    self.usesBias = usesBias
    self.kernelInitializer = kernelInitializer
    self.kernelRegularizer = kernelRegularizer
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3, input.count > 0 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    guard strides == 1 || dilation == 1 else {
      throw error(
        .invalidSetting, expected: "a dilation_rate of 1 with strides of \(strides)", got: "\(dilation)")
    }
    let size = resultSize(for: input)
    guard let back = window(for: size).outputSize(height: size.height, width: size.width),
      back == (input[0], input[1])
    else {
      throw error(
        .invalidSetting,
        expected: "an output_padding that a convolution of the result makes \(input[0]) × \(input[1]) of",
        got: outputPadding.map { "\($0)" } ?? "none")
    }
    return [size.height, size.width, filters]
  }

  private func resultSize(for input: Shape) -> Size2D {
    func length(_ size: Int, _ stride: Int, _ reach: Int, _ added: Int?) -> Int {
      switch (padding, added) {
      case (.valid, nil): (size - 1) * stride + max(reach, stride)
      case (.same, nil): size * stride
      case (.valid, let added?): (size - 1) * stride + reach + added
      case (.same, let added?): (size - 1) * stride + reach % 2 + added
      }
    }
    let rows = (kernel.height - 1) * dilation.height + 1
    let columns = (kernel.width - 1) * dilation.width + 1
    return Size2D(
      height: length(input[0], strides.height, rows, outputPadding?.height),
      width: length(input[1], strides.width, columns, outputPadding?.width))
  }

  /// The window of the convolution that this transposes, over the result.
  private func window(for size: Size2D) -> Window {
    Window(
      size: kernel, strides: strides, dilation: dilation, padding: padding, height: size.height,
      width: size.width)
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    let kernel = WeightSpecification(
      "kernel", [kernel.height, kernel.width, filters, input[2]], kernelInitializer,
      regularizer: kernelRegularizer)
    return [kernel] + (usesBias ? [WeightSpecification("bias", [filters], .zeros)] : [])
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let size = resultSize(for: shape.withoutBatch)
    let result = try context.graph.append(
      .convolutionInputGradient(
        Convolution(window: window(for: size)), [shape[0], size.height, size.width, filters]),
      context.weight("kernel"), input)
    let sum = usesBias ? try context.graph.append(.add, result, context.weight("bias")) : result
    return try context.apply(activation, to: sum)
  }
}
