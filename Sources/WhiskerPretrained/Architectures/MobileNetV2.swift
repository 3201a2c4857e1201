import WhiskerGraph
import WhiskerLayers

/// MobileNetV2 as `keras.applications` has it: inverted bottlenecks, padded by hand where they stride.
struct MobileNetV2 {
  /// Keras's α.
  let width: Double

  private static let epsilon: Float = 1e-3
  private static let momentum: Float = 0.999

  func layers(_ input: Input, _ top: PretrainedNetwork.Top) -> LayerOutput {
    var channels = EfficientNetLite.rounded(32 * width)
    var x = Conv2D(channels, kernel: 3, strides: 2, padding: .same, usesBias: false, name: "Conv1")(input)
    x = normalized(x, "bn_Conv1")
    x = ReLU(maximum: 6, name: "Conv1_relu")(x)
    // Repeats, stride, expansion, channels.
    let stages = [
      (1, 1, 1, 16), (2, 2, 6, 24), (3, 2, 6, 32), (4, 2, 6, 64), (3, 1, 6, 96), (3, 2, 6, 160),
      (1, 1, 6, 320),
    ]
    var number = 0
    var size = (height: (input.shape[0] + 1) / 2, width: (input.shape[1] + 1) / 2)
    for (repeats, stride, expansion, filters) in stages {
      let outputs = EfficientNetLite.rounded((Double(filters) * width).rounded(.down))
      for index in 0..<repeats {
        let stride = index == 0 ? stride : 1
        // Keras pads an even number of rows below only, an odd one on both sides.
        let padding = EdgePadding(top: size.height % 2, left: size.width % 2, bottom: 1, right: 1)
        x = block(
          number, x, inputs: channels, outputs: outputs, stride: stride, padding: padding,
          expansion: expansion)
        if stride == 2 { size = ((size.height + 1) / 2, (size.width + 1) / 2) }
        channels = outputs
        number += 1
      }
    }
    let last = width > 1 ? EfficientNetLite.rounded(1280 * width) : 1280
    x = Conv2D(last, kernel: 1, usesBias: false, name: "Conv_1")(x)
    x = ReLU(maximum: 6, name: "out_relu")(normalized(x, "Conv_1_bn"))
    switch top {
    case .featureMap: return x
    case .features: return GlobalAveragePooling2D(name: "global_average_pooling2d")(x)
    case .classes(let count, let activation):
      x = GlobalAveragePooling2D(name: "global_average_pooling2d")(x)
      return Dense(count, activation: activation, name: "predictions")(x)
    }
  }

  private func block(
    _ number: Int, _ input: LayerOutput, inputs: Int, outputs: Int, stride: Int, padding: EdgePadding,
    expansion: Int
  ) -> LayerOutput {
    let prefix = number == 0 ? "expanded_conv" : "block_\(number)"
    var x = input
    if expansion > 1 {
      x = Conv2D(
        inputs * expansion, kernel: 1, padding: .same, usesBias: false, name: "\(prefix)_expand")(x)
      x = ReLU(maximum: 6, name: "\(prefix)_expand_relu")(normalized(x, "\(prefix)_expand_BN"))
    }
    if stride == 2 { x = ZeroPadding2D(padding, name: "\(prefix)_pad")(x) }
    x = DepthwiseConv2D(
      kernel: 3, strides: Size2D(stride), padding: stride == 1 ? .same : .valid, usesBias: false,
      name: "\(prefix)_depthwise")(x)
    x = ReLU(maximum: 6, name: "\(prefix)_depthwise_relu")(normalized(x, "\(prefix)_depthwise_BN"))
    x = Conv2D(outputs, kernel: 1, padding: .same, usesBias: false, name: "\(prefix)_project")(x)
    x = normalized(x, "\(prefix)_project_BN")
    return stride == 1 && inputs == outputs ? Add(name: "\(prefix)_add")(input, x) : x
  }

  private func normalized(_ x: LayerOutput, _ name: String) -> LayerOutput {
    BatchNormalization(momentum: Self.momentum, epsilon: Self.epsilon, name: name)(x)
  }
}
