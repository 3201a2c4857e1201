public import WhiskerDatasets
public import WhiskerGraph
public import WhiskerLayers
public import WhiskerSystem
public import WhiskerTensors
public import WhiskerTraining

/// A published network: its architecture, how it wants photos, and where its weights come from.
///
/// ```swift
/// let base = PretrainedNetwork.efficientNetLite0.layers(top: .features)
/// let model = Model(input: base.input, output: Dense(1, activation: .sigmoid)(base.output))
/// try PretrainedNetwork.efficientNetLite0.loadWeights(contentsOf: file, into: model)
/// ```
///
/// Layers are named as in `keras.applications`, so that Keras's weight files fit and layers can be found by
/// name.
public enum PretrainedNetwork: String, Hashable, Sendable, CaseIterable {
  /// EfficientNet-Lite0, 224 pixels, 4.7 million parameters (https://github.com/tensorflow/tpu, models/official/efficientnet/lite).
  case efficientNetLite0 = "efficientnet-lite0"
  /// EfficientNet-Lite1, 240 pixels, 5.4 million parameters.
  case efficientNetLite1 = "efficientnet-lite1"
  /// EfficientNet-Lite2, 260 pixels, 6.1 million parameters.
  case efficientNetLite2 = "efficientnet-lite2"
  /// MobileNetV2, 224 pixels, 3.5 million parameters (Sandler et al. 2018).
  case mobileNetV2 = "mobilenet-v2"
  /// ResNet50, 224 pixels, 25.6 million parameters (He et al. 2015).
  case resNet50 = "resnet50"
  /// VGG16, 224 pixels, 138 million parameters (Simonyan and Zisserman 2014).
  case vgg16 = "vgg16"

  /// What a network ends with.
  public enum Top: Hashable, Sendable {
    /// The last feature map, `[height, width, channels]`: Keras's `include_top=False`.
    case featureMap
    /// Its mean over all pixels, `[channels]`: Keras's `pooling="avg"`.
    case features
    /// The published classifier for this number of classes; nil gives logits.
    case classes(Int, activation: ActivationFunction? = .softmax)

    /// The thousand classes of ImageNet.
    public static let imageNet = Top.classes(1000)
  }

  /// A network by its name.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `unknownNetwork`, listing the names there are.
  public init(named name: String) throws(WhiskerError) {
    guard let network = PretrainedNetwork(rawValue: name.lowercased()) else {
      let names = PretrainedNetwork.allCases.map(\.rawValue).joined(separator: ", ")
      throw WhiskerError(.unknownNetwork, "network", expected: "one of \(names)", got: "\"\(name)\"")
    }
    self = network
  }

  /// Rows and columns of the photos that the network was trained on.
  public var side: Int {
    switch self {
    case .efficientNetLite0, .mobileNetV2, .resNet50, .vgg16: 224
    case .efficientNetLite1: 240
    case .efficientNetLite2: 260
    }
  }

  /// How the network wants photos: resized without keeping proportions, nothing cropped, as Keras's `load_img` does.
  ///
  /// EfficientNet-Lite `(byte − 127) / 128`, bicubic; MobileNetV2 `byte / 127.5 − 1`, bilinear; ResNet50 and VGG16
  /// blue, green, red less the mean of ImageNet, bilinear.
  public var preparation: PhotoPreparation {
    switch self {
    case .efficientNetLite0, .efficientNetLite1, .efficientNetLite2:
      PhotoPreparation(
        height: side, width: side, interpolation: .bicubic, rescale: 1 / 128,
        offsets: [-127 / 128, -127 / 128, -127 / 128])
    case .mobileNetV2: Preprocessing.tf.preparation(height: side, width: side)
    case .resNet50, .vgg16: Preprocessing.caffe.preparation(height: side, width: side)
    }
  }

  /// The layers from the input to the result, to build on.
  ///
  /// - Parameters:
  ///   - input: The shape of a photo; nil for the published size. Any size that is large enough works, except
  ///     with VGG16's published classifier.
  ///   - top: What the network ends with.
  public func layers(input: Shape? = nil, top: Top) -> (input: Input, output: LayerOutput) {
    layers(input: input, top: top, width: 1)
  }

  /// ``layers(input:top:)`` with another number of channels, for tests.
  package func layers(input: Shape?, top: Top, width: Double) -> (input: Input, output: LayerOutput) {
    let start = Input(input ?? [side, side, 3])
    let end =
      switch self {
      case .efficientNetLite0, .efficientNetLite1, .efficientNetLite2:
        EfficientNetLite(self).layers(start, top)
      case .mobileNetV2: MobileNetV2(width: width).layers(start, top)
      case .resNet50: ResNet50(width: width).layers(start, top)
      case .vgg16: VGG16(width: width).layers(start, top)
      }
    return (start, end)
  }

  /// The network as a model with first weights.
  public func model(input: Shape? = nil, top: Top = .imageNet, seed: UInt64 = 0) -> Model {
    let layers = layers(input: input, top: top)
    return Model(input: layers.input, output: layers.output, seed: seed)
  }
}

extension PretrainedNetwork: Codable {
  /// Reads a network's name.
  public init(from decoder: any Decoder) throws {
    let name = try? decoder.singleValueContainer().decode(String.self)
    self = try name.flatMap { PretrainedNetwork(rawValue: $0.lowercased()) } ?? decodeChoice(from: decoder)
  }
}
