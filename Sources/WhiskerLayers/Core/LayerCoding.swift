import WhiskerSystem

extension Layer {
  /// Reads the settings under their names in files: those that are there, and the defaults for the rest.
  ///
  /// A name that the layer doesn't have is refused: a misspelt key must not silently become a default.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: AnyKey.self)
    let settings = Self.settings
    try refuseUnknownKeys(container, known: ["name"] + settings.map(\.name))
    self = Self.standard
    name = try container.decodeIfPresent(String.self, forKey: AnyKey(stringValue: "name"))
    for setting in settings { try setting.read(&self, container) }
  }

  /// Writes the settings under their names in files, without those that have their default values: these are Keras's, and
  /// so never change.
  public func encode(to encoder: any Encoder) throws { try encode(to: encoder, without: Self.standard) }

  /// Writes the settings except those that another layer has too.
  fileprivate func encode(to encoder: any Encoder, without standard: Self?) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    try container.encodeIfPresent(name, forKey: AnyKey(stringValue: "name"))
    for setting in Self.settings { try setting.write(self, standard, &container) }
  }

  fileprivate func encodeWhole(to encoder: any Encoder) throws { try encode(to: encoder, without: nil) }

  /// Checks that every setting is in its range.
  func checkSettings() throws(WhiskerError) {
    for setting in Self.settings {
      if let fault = setting.fault(self) {
        throw fault.inside("\(name ?? Self.defaultName): \(setting.name)")
      }
    }
  }
}

/// A layer of any class, to write to and read from files: `{"class_name": "Dense", "config": {"units": 512}}`.
public struct AnyLayer: Codable, Sendable {
  /// The layer.
  public let layer: any Layer

  /// Wraps a layer.
  public init(_ layer: any Layer) { self.layer = layer }

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
          "expected \(AnyLayer.expected(insteadOf: className)), got \"\(className)\"")
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

/// A layer that is written with all of its settings, those with default values too: Keras's own classes ask for some of
/// them.
package struct WholeLayer: Encodable {
  private let layer: any Layer

  package init(_ layer: any Layer) { self.layer = layer }

  package func encode(to encoder: any Encoder) throws { try layer.encodeWhole(to: encoder) }
}

extension Layer {
  /// The names of the settings that the layer has, as they are in files.
  package static var settingNames: Set<String> { Set(settings.map(\.name)) }
}
