import COneDNN
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// A convolution's sizes as oneDNN wants them, and the choice of its algorithm.
struct ConvolutionProblem {
  let groups: Int
  private let window: Window
  private let input: [Int]
  private let kernel: Shape
  private let output: [Int]

  /// - Parameters: shapes in the graph's order, `[N, H, W, C]` and `[H, W, I, O]`.
  init(_ convolution: Convolution, input: Shape, kernel: Shape, output: Shape) {
    groups = convolution.groups
    window = convolution.window
    self.kernel = kernel
    self.input = [input[0], input[3], input[1], input[2]]
    self.output = [output[0], output[3], output[1], output[2]]
  }

  /// Whether Winograd's F(4×4, 3×3) is asked for: 3 × 3 kernels at stride 1 with whole blocks of 16 channels.
  ///
  /// The rule looks only at the convolution, never at the batch size or at a clock, so that runs repeat and a
  /// partial batch is computed like a full one.
  private var suitsWinograd: Bool {
    window.height == 3 && window.width == 3 && window.rowStride == 1 && window.columnStride == 1
      && !window.isDilated && groups == 1 && input[1] % 16 == 0 && output[1] % 16 == 0
  }

  private func algorithms(_ settings: OneDNNEngine.Settings) -> [dnnl_alg_kind_t] {
    settings.usesWinograd && suitsWinograd
      ? [dnnl_convolution_winograd, dnnl_convolution_direct] : [dnnl_convolution_direct]
  }

  private var inputLayout: Layout { Layout(any: input) }
  private var outputLayout: Layout { Layout(any: output) }
  private var biasLayout: Layout { Layout(rowMajor: [kernel[3]]) }

  /// `[O, I, H, W]` in any layout; with groups `[G, O / G, I, H, W]`.
  private var kernelLayout: Layout {
    let (height, width, inputs, outputs) = (kernel[0], kernel[1], kernel[2], kernel[3])
    return Layout(
      any: groups == 1
        ? [outputs, inputs, height, width] : [groups, outputs / groups, inputs, height, width])
  }

  /// The graph's row-major bytes of a kernel with groups, seen as `[G, O / G, I, H, W]`.
  var groupedKernelView: Layout {
    let (height, width, inputs, outputs) = (kernel[0], kernel[1], kernel[2], kernel[3])
    let perGroup = outputs / groups
    return Layout(
      sizes: [groups, perGroup, inputs, height, width].map { dnnl_dim_t($0) },
      strides: [perGroup, 1, outputs, width * inputs * outputs, inputs * outputs].map { dnnl_dim_t($0) })
  }

  /// The forward pass, always prepared as in training: prediction then uses the very same arithmetic.
  func forward(
    on device: Device, settings: OneDNNEngine.Settings, hasBias: Bool, activation: Eltwise?
  ) throws(WhiskerError) -> PrimitiveDescriptor {
    try firstSupported(settings, "convolution") { algorithm throws(WhiskerError) in
      try forward(on: device, algorithm, hasBias: hasBias, activation: activation)
    }
  }

  private func forward(
    on device: Device, _ algorithm: dnnl_alg_kind_t, hasBias: Bool, activation: Eltwise?
  ) throws(WhiskerError) -> PrimitiveDescriptor {
    var operation = dnnl_convolution_desc_t()
    var (source, weights, bias, result) = (
      inputLayout.descriptor, kernelLayout.descriptor, biasLayout.descriptor, outputLayout.descriptor
    )
    let status = withUnsafePointer(to: &bias) { bias in
      dnnl_dilated_convolution_forward_desc_init(
        &operation, dnnl_forward_training, algorithm, &source, &weights, hasBias ? bias : nil, &result,
        window.strides, window.dilations, window.paddingBefore, window.paddingAfter)
    }
    try check(status, "convolution")
    return try PrimitiveDescriptor(&operation, on: device, activation: activation, place: "convolution")
  }

  /// The gradient for the input.
  func inputGradient(
    on device: Device, settings: OneDNNEngine.Settings
  ) throws(WhiskerError) -> PrimitiveDescriptor {
    try firstSupported(settings, "convolutionInputGradient") { algorithm throws(WhiskerError) in
      let hint = try forward(on: device, algorithm, hasBias: false, activation: nil)
      var operation = dnnl_convolution_desc_t()
      var (source, weights, result) = (
        inputLayout.descriptor, kernelLayout.descriptor, outputLayout.descriptor
      )
      try check(
        dnnl_dilated_convolution_backward_data_desc_init(
          &operation, algorithm, &source, &weights, &result, window.strides, window.dilations,
          window.paddingBefore, window.paddingAfter),
        "convolutionInputGradient")
      return try PrimitiveDescriptor(&operation, on: device, hint: hint, place: "convolutionInputGradient")
    }
  }

  /// The gradients for the kernel and, on request, the bias.
  func kernelGradient(
    on device: Device, settings: OneDNNEngine.Settings, hasBias: Bool
  ) throws(WhiskerError) -> PrimitiveDescriptor {
    try firstSupported(settings, "convolutionKernelGradient") { algorithm throws(WhiskerError) in
      let hint = try forward(on: device, algorithm, hasBias: hasBias, activation: nil)
      var operation = dnnl_convolution_desc_t()
      var (source, weights, bias, result) = (
        inputLayout.descriptor, kernelLayout.descriptor, biasLayout.descriptor, outputLayout.descriptor
      )
      let status = withUnsafePointer(to: &bias) { bias in
        dnnl_dilated_convolution_backward_weights_desc_init(
          &operation, algorithm, &source, &weights, hasBias ? bias : nil, &result, window.strides,
          window.dilations, window.paddingBefore, window.paddingAfter)
      }
      try check(status, "convolutionKernelGradient")
      return try PrimitiveDescriptor(&operation, on: device, hint: hint, place: "convolutionKernelGradient")
    }
  }

  /// The first algorithm of the rule that oneDNN offers on this processor.
  private func firstSupported(
    _ settings: OneDNNEngine.Settings, _ place: String,
    _ make: (dnnl_alg_kind_t) throws(WhiskerError) -> PrimitiveDescriptor
  ) throws(WhiskerError) -> PrimitiveDescriptor {
    var last = WhiskerError(.unsupportedOp, place, expected: "an algorithm", got: "none")
    for algorithm in algorithms(settings) {
      do { return try make(algorithm) } catch { last = error }
      guard last.code == .unsupportedOp else { break }
    }
    throw last
  }
}
