/// A network of `keras.applications`, known by the name that Keras gives its models, or its file of weights.
///
/// https://keras.io/api/applications
public struct KerasApplication: Hashable, Sendable {
  /// The function that makes it: `EfficientNetV2B0`.
  public let function: String
  /// What it wants of photos; nil where it scales them itself unless it was told not to (`include_preprocessing`).
  public let preprocessing: Preprocessing?
  /// Rows and columns of the photos that it was trained on.
  public let side: Int

  private init(_ function: String, _ preprocessing: Preprocessing?, _ side: Int) {
    self.function = function
    self.preprocessing = preprocessing
    self.side = side
  }

  /// The network of a model's name, such as `mobilenetv2_1.00_224` or `resnet50_mine`, or of a file's, such as
  /// `efficientnetv2-b0_notop.h5`; nil if it is none of them.
  public init?(named name: String) {
    var letters = name.lowercased().filter { $0.isLetter || $0.isNumber }[...]
    if letters.hasPrefix("weights") { letters = letters.dropFirst("weights".count) }
    let found = Self.all.filter { letters.hasPrefix($0.key) }.max { $0.key.count < $1.key.count }
    guard let found else { return nil }
    self = found.value
  }

  /// By the letters and digits of the function's name, which models' names begin with.
  private static let all = Dictionary(
    uniqueKeysWithValues: (networks + [KerasApplication("NASNet", .tf, 224)]).map {
      ($0.function.lowercased(), $0)
    })

  /// The networks there are.
  public static let networks: [KerasApplication] =
    [
      .init("Xception", .tf, 299), .init("InceptionV3", .tf, 299), .init("InceptionResNetV2", .tf, 299),
      .init("NASNetMobile", .tf, 224), .init("NASNetLarge", .tf, 331), .init("MobileNet", .tf, 224),
      .init("MobileNetV2", .tf, 224), .init("MobileNetV3Small", nil, 224),
      .init("MobileNetV3Large", nil, 224),
    ]
    + ["VGG16", "VGG19", "ResNet50", "ResNet101", "ResNet152"].map { .init($0, .caffe, 224) }
    + ["ResNet50V2", "ResNet101V2", "ResNet152V2"].map { .init($0, .tf, 224) }
    + ["DenseNet121", "DenseNet169", "DenseNet201"].map { .init($0, .torch, 224) }
    + ["Tiny", "Small", "Base", "Large", "XLarge"].map { .init("ConvNeXt\($0)", nil, 224) }
    + [224, 240, 260, 300, 380, 456, 528, 600].enumerated().map { .init("EfficientNetB\($0)", nil, $1) }
    + [("B0", 224), ("B1", 240), ("B2", 260), ("B3", 300), ("S", 384), ("M", 480), ("L", 480)].map {
      .init("EfficientNetV2\($0)", nil, $1)
    }
    + [50, 101, 152, 200, 270, 350, 420].map { .init("ResNetRS\($0)", nil, 224) }
    + ["X", "Y"].flatMap { kind in
      ["002", "004", "006", "008", "016", "032", "040", "064", "080", "120", "160", "320"].map {
        .init("RegNet\(kind)\($0)", nil, 224)
      }
    }
}
