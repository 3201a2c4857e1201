import WhiskerLayers

/// EfficientNet-Lite: inverted bottlenecks with depthwise convolutions, ReLU6 and no squeezing.
///
/// Seven stages of blocks, widened and deepened by two factors; stem, head, and the depth of the first and the last
/// stage stay as they are. Layers are named as those of Keras's EfficientNet: `block2a_expand_conv`.
struct EfficientNetLite {
  /// One block: a bottleneck that widens, looks around, and narrows.
  struct Block {
    /// `block2a`.
    let name: String
    let kernel: Int
    let stride: Int
    /// How many times wider it is inside.
    let expansion: Int
    let inputs: Int
    let outputs: Int

    /// Whether the input is added to the result.
    var isResidual: Bool { stride == 1 && inputs == outputs }
  }

  let blocks: [Block]
  private let dropoutRate: Float

  private static let stemChannels = 32
  private static let headChannels = 1280

  init(_ network: PretrainedNetwork) {
    switch network {
    case .efficientNetLite1: self.init(width: 1, depth: 1.1, dropoutRate: 0.2)
    case .efficientNetLite2: self.init(width: 1.1, depth: 1.2, dropoutRate: 0.3)
    default: self.init(width: 1, depth: 1, dropoutRate: 0.2)
    }
  }

  private init(width: Double, depth: Double, dropoutRate: Float) {
    // Repeats, kernel, stride, expansion, channels.
    let stages = [
      (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112),
      (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
    ]
    var blocks: [Block] = []
    var inputs = Self.stemChannels
    for (index, (repeats, kernel, stride, expansion, channels)) in stages.enumerated() {
      let isEnd = index == 0 || index == stages.count - 1
      let count = isEnd ? repeats : Int((depth * Double(repeats)).rounded(.up))
      let outputs = Self.rounded(Double(channels) * width)
      for number in 0..<count {
        let letter = Character(Unicode.Scalar(UInt8(ascii: "a") + UInt8(number)))
        blocks.append(
          Block(
            name: "block\(index + 1)\(letter)", kernel: kernel, stride: number == 0 ? stride : 1,
            expansion: expansion, inputs: inputs, outputs: outputs))
        inputs = outputs
      }
    }
    self.blocks = blocks
    self.dropoutRate = dropoutRate
  }

  /// The nearest multiple of 8 that isn't smaller by more than a tenth.
  static func rounded(_ channels: Double) -> Int {
    let nearest = max(8, Int(channels + 4) / 8 * 8)
    return Double(nearest) < 0.9 * channels ? nearest + 8 : nearest
  }

  func layers(_ input: Input, _ top: PretrainedNetwork.Top) -> LayerOutput {
    var x = Conv2D(
      Self.stemChannels, kernel: 3, strides: 2, padding: .same, usesBias: false, name: "stem_conv")(input)
    x = ReLU(maximum: 6, name: "stem_activation")(BatchNormalization(name: "stem_bn")(x))
    for block in blocks { x = layers(of: block, x) }
    x = Conv2D(Self.headChannels, kernel: 1, padding: .same, usesBias: false, name: "top_conv")(x)
    x = ReLU(maximum: 6, name: "top_activation")(BatchNormalization(name: "top_bn")(x))
    switch top {
    case .featureMap: return x
    case .features: return GlobalAveragePooling2D(name: "avg_pool")(x)
    case .classes(let count, let activation):
      x = Dropout(dropoutRate, name: "top_dropout")(GlobalAveragePooling2D(name: "avg_pool")(x))
      return Dense(count, activation: activation, name: "predictions")(x)
    }
  }

  private func layers(of block: Block, _ input: LayerOutput) -> LayerOutput {
    var x = input
    if block.expansion > 1 {
      x = Conv2D(
        block.inputs * block.expansion, kernel: 1, padding: .same, usesBias: false,
        name: "\(block.name)_expand_conv")(x)
      x = BatchNormalization(name: "\(block.name)_expand_bn")(x)
      x = ReLU(maximum: 6, name: "\(block.name)_expand_activation")(x)
    }
    x = DepthwiseConv2D(
      kernel: Size2D(block.kernel), strides: Size2D(block.stride), padding: .same, usesBias: false,
      name: "\(block.name)_dwconv")(x)
    x = ReLU(maximum: 6, name: "\(block.name)_activation")(BatchNormalization(name: "\(block.name)_bn")(x))
    x = Conv2D(
      block.outputs, kernel: 1, padding: .same, usesBias: false, name: "\(block.name)_project_conv")(x)
    x = BatchNormalization(name: "\(block.name)_project_bn")(x)
    return block.isResidual ? Add(name: "\(block.name)_add")(x, input) : x
  }

  /// What PyTorch's port calls each layer with weights.
  var torchNames: [String: String] {
    var names = [
      "stem_conv": "_conv_stem", "stem_bn": "_bn0", "top_conv": "_conv_head", "top_bn": "_bn1",
      "predictions": "_fc",
    ]
    for (index, block) in blocks.enumerated() {
      for (own, other) in [
        ("expand_conv", "_expand_conv"), ("expand_bn", "_bn0"), ("dwconv", "_depthwise_conv"), ("bn", "_bn1"),
        ("project_conv", "_project_conv"), ("project_bn", "_bn2"),
      ] {
        names["\(block.name)_\(own)"] = "_blocks.\(index).\(other)"
      }
    }
    return names
  }
}
