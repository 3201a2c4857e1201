import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// A layer with an input that it takes, and the expected result.
struct LayerCase: Sendable, CustomTestStringConvertible {
  let layer: any Layer
  let input: Shape
  let output: Shape
  let parameters: Int
  /// How many times the layer gets the input, each time after a different rescaling if more than once.
  let times: Int
  /// Whether training leaves its weights as they are.
  let isFixed: Bool

  init(
    _ layer: any Layer, _ input: Shape, gives output: Shape, parameters: Int = 0, times: Int = 1,
    isFixed: Bool = false
  ) {
    self.layer = layer
    self.times = times
    self.isFixed = isFixed
    self.input = input
    self.output = output
    self.parameters = parameters
  }

  var testDescription: String { "\(layer) on \(input)" }

  /// The layer with its input, and a head after it on request.
  func network(head: [any Layer] = []) throws(WhiskerError) -> Network {
    var connections: [Network.Connection] = []
    if times > 1 {
      for time in 1...times { connections.append(.init(Rescaling(Float(time)), reads: [.input])) }
    }
    connections.append(.init(layer, reads: times == 1 ? [.input] : (0..<times).map { .layer($0) }))
    for layer in head { connections.append(.init(layer, reads: [.layer(connections.count - 1)])) }
    return try Network(input: input, connections: connections, output: .layer(connections.count - 1))
  }

  /// Examples of every class, among them each setting at another value than its default.
  static let all: [LayerCase] =
    [
      LayerCase(Conv2D(4, kernel: 3), [7, 6, 2], gives: [5, 4, 4], parameters: 76),
      LayerCase(
        Conv2D(
          3, kernel: [1, 3], strides: [2, 1], padding: .same, activation: .tanh, usesBias: false,
          kernelInitializer: .heNormal, kernelRegularizer: .l2(0.01), name: "first"),
        [5, 6, 2], gives: [3, 6, 3], parameters: 18),
      LayerCase(MaxPooling2D(), [7, 6, 2], gives: [3, 3, 2]),
      LayerCase(MaxPooling2D([3, 2], strides: [2, 1], padding: .same), [7, 6, 2], gives: [4, 6, 2]),
      LayerCase(AveragePooling2D(), [7, 6, 2], gives: [3, 3, 2]),
      LayerCase(
        AveragePooling2D(3, strides: 1, padding: .same, name: "smooth"), [4, 5, 1], gives: [4, 5, 1]),
      LayerCase(GlobalAveragePooling2D(), [4, 5, 3], gives: [3]),
      LayerCase(GlobalAveragePooling2D(keepsAxes: true), [4, 5, 3], gives: [1, 1, 3]),
      LayerCase(GlobalMaxPooling2D(), [4, 5, 3], gives: [3]),
      LayerCase(GlobalMaxPooling2D(keepsAxes: true, name: "largest"), [4, 5, 3], gives: [1, 1, 3]),
      LayerCase(Conv2D(6, kernel: 3, groups: 2), [7, 6, 4], gives: [5, 4, 6], parameters: 114),
      LayerCase(DepthwiseConv2D(kernel: 3), [7, 6, 2], gives: [5, 4, 2], parameters: 20),
      LayerCase(
        DepthwiseConv2D(
          kernel: [1, 3], strides: 2, padding: .same, multiplier: 3, activation: .relu6, usesBias: false,
          kernelInitializer: .heNormal, kernelRegularizer: .l2(0.01), name: "depthwise"),
        [5, 6, 2], gives: [3, 3, 6], parameters: 18),
      LayerCase(SeparableConv2D(4, kernel: 3), [7, 6, 2], gives: [5, 4, 4], parameters: 30),
      LayerCase(
        SeparableConv2D(
          3, kernel: [1, 3], strides: 2, padding: .same, multiplier: 2, activation: .silu, usesBias: false,
          depthwiseInitializer: .heNormal, pointwiseInitializer: .heUniform, depthwiseRegularizer: .l2(0.01),
          pointwiseRegularizer: .l2(0.02), name: "separable"),
        [5, 6, 2], gives: [3, 3, 3], parameters: 24),
      LayerCase(BatchNormalization(), [4, 5, 3], gives: [4, 5, 3], parameters: 12),
      LayerCase(
        BatchNormalization(momentum: 0.5, epsilon: 0.1, isCentered: false, name: "norm"), [5], gives: [5],
        parameters: 15),
      LayerCase(BatchNormalization(isScaled: false), [2, 2, 3], gives: [2, 2, 3], parameters: 9),
      LayerCase(ZeroPadding2D(), [4, 5, 3], gives: [6, 7, 3]),
      LayerCase(ZeroPadding2D([1, 0]), [4, 5, 3], gives: [6, 5, 3]),
      LayerCase(
        ZeroPadding2D(EdgePadding(top: 0, left: 2, bottom: 1, right: 3), name: "pad"), [4, 5, 3],
        gives: [5, 10, 3]),
      LayerCase(Reshape([5, -1]), [4, 5, 3], gives: [5, 12]),
      LayerCase(Reshape([2, 2, 3], name: "picture"), [12], gives: [2, 2, 3]),
      LayerCase(ReLU(), [4, 5, 3], gives: [4, 5, 3]),
      LayerCase(ReLU(maximum: 6), [5], gives: [5]),
      LayerCase(ReLU(maximum: 2, negativeSlope: 0.1, threshold: 0.5, name: "bent"), [5], gives: [5]),
      LayerCase(Multiply(), [4, 5, 3], gives: [4, 5, 3], times: 3),
      LayerCase(Concatenate(), [4, 5, 3], gives: [4, 5, 6], times: 2),
      LayerCase(Concatenate(axis: 1, name: "rows"), [4, 5, 3], gives: [12, 5, 3], times: 3),
      LayerCase(Concatenate(axis: -2), [4, 5, 3], gives: [4, 10, 3], times: 2),
      LayerCase(Flatten(), [4, 5, 3], gives: [60]),
      LayerCase(Dense(4), [5], gives: [4], parameters: 24),
      LayerCase(
        Dense(
          3, activation: .sigmoid, usesBias: false, kernelInitializer: .heUniform,
          kernelRegularizer: .l2(0.1), name: "last"),
        [5], gives: [3], parameters: 15),
      LayerCase(Dropout(0.5), [4, 5, 3], gives: [4, 5, 3]),
      LayerCase(Dropout(0), [6], gives: [6]),
      LayerCase(Activation(.relu), [4, 5, 3], gives: [4, 5, 3]),
      LayerCase(Activation(.softmax), [5], gives: [5]),
      LayerCase(Add(), [4, 5, 3], gives: [4, 5, 3], times: 2),
      LayerCase(Add(name: "sum"), [5], gives: [5], times: 3),
      LayerCase(Rescaling(2, offset: -1), [4, 5, 3], gives: [4, 5, 3]),
      LayerCase(Rescaling(1 / 255), [5], gives: [5]),
      LayerCase(
        Rescaling(channels: [0.5, 2, 1], offsets: [-1, 0, 3], name: "each"), [4, 5, 3], gives: [4, 5, 3]),
    ] + newer + inert

  private static let newer: [LayerCase] = [
    LayerCase(
      Conv2D(4, kernel: [3, 2], padding: .same, dilation: [2, 3]), [7, 6, 2], gives: [7, 6, 4], parameters: 52
    ),
    LayerCase(Conv2D(4, kernel: [1, 7], padding: .same), [5, 9, 2], gives: [5, 9, 4], parameters: 60),
    LayerCase(DepthwiseConv2D(kernel: 3, dilation: 2), [7, 6, 2], gives: [3, 2, 2], parameters: 20),
    LayerCase(
      SeparableConv2D(4, kernel: 3, padding: .same, dilation: [1, 2]), [7, 6, 2], gives: [7, 6, 4],
      parameters: 30),
    LayerCase(Dense(4, activation: .gelu), [3, 2, 5], gives: [3, 2, 4], parameters: 24),
    LayerCase(Dense(4, usesBias: false), [3, 5], gives: [3, 4], parameters: 20),
    LayerCase(Activation(nil), [5], gives: [5]),
    LayerCase(LeakyReLU(), [4, 5, 3], gives: [4, 5, 3]),
    LayerCase(LeakyReLU(negativeSlope: 0.2, name: "leaky"), [5], gives: [5]),
    LayerCase(PReLU(slopeInitializer: .glorotUniform), [4, 5, 3], gives: [4, 5, 3], parameters: 60),
    LayerCase(
      PReLU(sharedAxes: [1, 2], slopeRegularizer: .l2(0.1), name: "bent"), [4, 5, 3], gives: [4, 5, 3],
      parameters: 3),
    LayerCase(ELU(), [5], gives: [5]),
    LayerCase(ELU(alpha: 0.5, name: "soft"), [4, 5, 3], gives: [4, 5, 3]),
    LayerCase(Softmax(), [4, 5, 3], gives: [4, 5, 3]),
    LayerCase(LayerNormalization(), [4, 5, 3], gives: [4, 5, 3], parameters: 6),
    LayerCase(
      LayerNormalization(epsilon: 0.1, isCentered: false, name: "norm"), [5], gives: [5], parameters: 5),
    LayerCase(LayerNormalization(isScaled: false), [2, 3], gives: [2, 3], parameters: 3),
    LayerCase(
      LayerScale(channels: 3, initialValue: 0.5, name: "scale"), [4, 5, 3], gives: [4, 5, 3], parameters: 3),
    LayerCase(Permute([2, 3, 1]), [4, 5, 3], gives: [5, 3, 4]),
    LayerCase(Permute([2, 1], name: "swap"), [4, 5], gives: [5, 4]),
    LayerCase(GroupNormalization(groups: 2), [4, 5, 6], gives: [4, 5, 6], parameters: 12),
    LayerCase(GroupNormalization(groups: -1, isScaled: false), [4, 5, 3], gives: [4, 5, 3], parameters: 3),
    LayerCase(
      GroupNormalization(groups: 1, epsilon: 0.1, isCentered: false, name: "norm"), [6], gives: [6],
      parameters: 6),
    LayerCase(UnitNormalization(), [4, 5, 3], gives: [4, 5, 3]),
    LayerCase(UnitNormalization(axes: [1, 2, 3], name: "unit"), [4, 5, 3], gives: [4, 5, 3]),
    LayerCase(UnitNormalization(axes: [1, -1]), [4, 5, 3], gives: [4, 5, 3]),
    LayerCase(Conv2DTranspose(4, kernel: 3), [5, 6, 2], gives: [7, 8, 4], parameters: 76),
    LayerCase(
      Conv2DTranspose(
        3, kernel: [1, 4], strides: [3, 2], padding: .same, activation: .tanh, usesBias: false,
        kernelInitializer: .heNormal, kernelRegularizer: .l2(0.01), name: "up"),
      [5, 6, 2], gives: [15, 12, 3], parameters: 24),
    LayerCase(
      Conv2DTranspose(3, kernel: 3, strides: 2, outputPadding: Size2D(height: 1, width: 0)), [4, 5, 2],
      gives: [10, 11, 3], parameters: 57),
    LayerCase(
      Conv2DTranspose(3, kernel: 3, dilation: [2, 1]), [4, 5, 2], gives: [8, 7, 3], parameters: 57),
    LayerCase(StochasticDepth(0.2), [4, 5, 3], gives: [4, 5, 3]),
    LayerCase(Dropout(0.3, noiseShape: [nil, 1, 1, nil], name: "channels"), [4, 5, 3], gives: [4, 5, 3]),
    LayerCase(SpatialDropout2D(0.3), [4, 5, 3], gives: [4, 5, 3]),
    LayerCase(AlphaDropout(0.3), [5], gives: [5]),
    LayerCase(GaussianDropout(0.3), [5], gives: [5]),
    LayerCase(GaussianNoise(0.1), [5], gives: [5]),
    LayerCase(Identity(), [5], gives: [5]),
    LayerCase(Cropping2D(EdgePadding(top: 1, left: 0, bottom: 2, right: 1)), [5, 4, 2], gives: [2, 3, 2]),
    LayerCase(Cropping2D([1, 0], name: "crop"), [5, 4, 2], gives: [3, 4, 2]),
    LayerCase(UpSampling2D(), [2, 3, 2], gives: [4, 6, 2]),
    LayerCase(UpSampling2D([1, 3], interpolation: .bilinear, name: "up"), [2, 3, 2], gives: [2, 9, 2]),
    LayerCase(Resizing(height: 3, width: 4), [5, 6, 2], gives: [3, 4, 2]),
    LayerCase(
      Resizing(
        height: 7, width: 4, interpolation: .bicubic, padsToAspectRatio: true, fillValue: 0.5,
        isAntialiased: true, name: "resize"), [5, 6, 2], gives: [7, 4, 2]),
    LayerCase(Resizing(height: 3, width: 5, cropsToAspectRatio: true), [5, 6, 2], gives: [3, 5, 2]),
    LayerCase(CenterCrop(height: 3, width: 2), [6, 5, 2], gives: [3, 2, 2]),
    LayerCase(CenterCrop(height: 7, width: 3), [5, 6, 2], gives: [7, 3, 2]),
    LayerCase(RandomCrop(height: 3, width: 2), [5, 6, 2], gives: [3, 2, 2]),
    LayerCase(RandomCrop(height: 5, width: 6, name: "same"), [5, 6, 2], gives: [5, 6, 2]),
    LayerCase(Normalization(), [4, 5, 3], gives: [4, 5, 3], parameters: 7, isFixed: true),
    LayerCase(Normalization(axes: [1, 2, 3]), [2, 2, 3], gives: [2, 2, 3], parameters: 25, isFixed: true),
    LayerCase(Normalization(axes: []), [5], gives: [5], parameters: 3, isFixed: true),
    LayerCase(
      Normalization(mean: [1, 2, 3], variance: [4, 1, 0.5], isInverted: true, name: "known"), [4, 5, 3],
      gives: [4, 5, 3]),
    LayerCase(Subtract(), [4, 5, 3], gives: [4, 5, 3], times: 2),
    LayerCase(Average(), [4, 5, 3], gives: [4, 5, 3], times: 3),
    LayerCase(Maximum(), [4, 5, 3], gives: [4, 5, 3], times: 3),
    LayerCase(Minimum(), [4, 5, 3], gives: [4, 5, 3], times: 2),
    LayerCase(CustomScaleLayer(scale: 0.1, name: "mixed"), [4, 5, 3], gives: [4, 5, 3], times: 2),
  ]

  /// Those that files may have and recipes may not.
  private static let inert: [LayerCase] = AnyLayer.inertClasses.map {
    LayerCase($0.standard, [4, 5, 3], gives: [4, 5, 3])
  }
}
