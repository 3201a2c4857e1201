import WhiskerLayers

/// ResNet50 as `keras.applications` has it: four stages of bottlenecks, each added to its input.
struct ResNet50 {
  /// Another number of channels, for tests.
  let width: Double

  private func channels(_ count: Int) -> Int { Int(Double(count) * width) }

  func layers(_ input: Input, _ top: PretrainedNetwork.Top) -> LayerOutput {
    var x = ZeroPadding2D(3, name: "conv1_pad")(input)
    x = Conv2D(channels(64), kernel: 7, strides: 2, name: "conv1_conv")(x)
    x = Activation(.relu, name: "conv1_relu")(normalized(x, "conv1_bn"))
    x = MaxPooling2D(3, strides: 2, name: "pool1_pool")(ZeroPadding2D(1, name: "pool1_pad")(x))
    for (stage, (repeats, filters)) in [(3, 64), (4, 128), (6, 256), (3, 512)].enumerated() {
      for number in 1...repeats {
        x = block(
          "conv\(stage + 2)_block\(number)", x, filters: filters, stride: stage > 0 && number == 1 ? 2 : 1,
          isFirst: number == 1)
      }
    }
    switch top {
    case .featureMap: return x
    case .features: return GlobalAveragePooling2D(name: "avg_pool")(x)
    case .classes(let count, let activation):
      return Dense(count, activation: activation, name: "predictions")(
        GlobalAveragePooling2D(name: "avg_pool")(x))
    }
  }

  private func block(
    _ name: String, _ input: LayerOutput, filters: Int, stride: Int, isFirst: Bool
  ) -> LayerOutput {
    var shortcut = input
    if isFirst {
      shortcut = Conv2D(
        channels(4 * filters), kernel: 1, strides: Size2D(stride), name: "\(name)_0_conv")(input)
      shortcut = normalized(shortcut, "\(name)_0_bn")
    }
    var x = Conv2D(channels(filters), kernel: 1, strides: Size2D(stride), name: "\(name)_1_conv")(input)
    x = Activation(.relu, name: "\(name)_1_relu")(normalized(x, "\(name)_1_bn"))
    x = Conv2D(channels(filters), kernel: 3, padding: .same, name: "\(name)_2_conv")(x)
    x = Activation(.relu, name: "\(name)_2_relu")(normalized(x, "\(name)_2_bn"))
    x = normalized(Conv2D(channels(4 * filters), kernel: 1, name: "\(name)_3_conv")(x), "\(name)_3_bn")
    return Activation(.relu, name: "\(name)_out")(Add(name: "\(name)_add")(shortcut, x))
  }

  private func normalized(_ x: LayerOutput, _ name: String) -> LayerOutput {
    BatchNormalization(epsilon: 1.001e-5, name: name)(x)
  }
}
