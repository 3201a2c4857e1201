/// A layer of any class, to write to and read from files: `{"class_name": "Dense", "config": {"units": 512}}`.
public struct AnyLayer: Codable, Sendable {
  /// The layer.
  public let layer: any Layer

  /// Wraps a layer.
  public init(_ layer: any Layer) { self.layer = layer }

  /// The classes that files may name.
  ///
  /// A new layer adds itself here and nowhere else.
  static let classes: [any Layer.Type] = [
    Conv2D.self, MaxPooling2D.self, AveragePooling2D.self, GlobalAveragePooling2D.self, Flatten.self,
    Dense.self,
    Dropout.self, Activation.self, Rescaling.self, Add.self,
  ]

  /// The class of a Keras name, nil if there is none.
  public static func type(named className: String) -> (any Layer.Type)? {
    classes.first { $0.className == className }
  }

  /// The names of all classes, for error messages.
  public static var classNames: [String] { classes.map { $0.className } }

  private enum CodingKeys: String, CodingKey {
    case className = "class_name"
    case config
  }

  /// Reads a layer by its class name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let className = try container.decode(String.self, forKey: .className)
    guard let type = AnyLayer.type(named: className) else {
      throw DecodingError.dataCorruptedError(
        forKey: .className, in: container,
        debugDescription:
          "expected one of \(AnyLayer.classNames.joined(separator: ", ")), got \"\(className)\"")
    }
    layer = try type.init(from: container.superDecoder(forKey: .config))
  }

  /// Writes a layer under its class name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Swift.type(of: layer).className, forKey: .className)
    try container.encode(layer, forKey: .config)
  }
}
