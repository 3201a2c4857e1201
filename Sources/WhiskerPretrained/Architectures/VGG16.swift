import WhiskerLayers

/// VGG16 as `keras.applications` has it: five stages of 3 × 3 convolutions, then two dense layers.
struct VGG16 {
  /// Another number of channels, for tests.
  let width: Double

  private func channels(_ count: Int) -> Int { Int(Double(count) * width) }

  func layers(_ input: Input, _ top: PretrainedNetwork.Top) -> LayerOutput {
    var x: LayerOutput = input
    for (stage, (repeats, filters)) in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)].enumerated() {
      for number in 1...repeats {
        x = Conv2D(
          channels(filters), kernel: 3, padding: .same, activation: .relu,
          name: "block\(stage + 1)_conv\(number)")(x)
      }
      x = MaxPooling2D(2, strides: 2, name: "block\(stage + 1)_pool")(x)
    }
    switch top {
    case .featureMap: return x
    case .features: return GlobalAveragePooling2D(name: "global_average_pooling2d")(x)
    case .classes(let count, let activation):
      x = Dense(channels(4096), activation: .relu, name: "fc1")(Flatten(name: "flatten")(x))
      x = Dense(channels(4096), activation: .relu, name: "fc2")(x)
      return Dense(count, activation: activation, name: "predictions")(x)
    }
  }
}
