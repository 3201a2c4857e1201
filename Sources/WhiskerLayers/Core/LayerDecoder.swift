import WhiskerGraph
import WhiskerTensors

/// Reads a layer's settings, refusing keys that the layer doesn't have: a misspelt key must not pass for a default.
struct LayerDecoder<Key: CodingKey & CaseIterable> {
  private let container: KeyedDecodingContainer<Key>

  init(_ decoder: any Decoder, keyedBy type: Key.Type) throws {
    container = try decoder.container(keyedBy: type)
    try refuseUnknownKeys(decoder, type)
  }

  func required<Setting: Decodable>(_ key: Key) throws -> Setting {
    try container.decode(Setting.self, forKey: key)
  }

  func optional<Setting: Decodable>(_ key: Key) throws -> Setting? {
    try container.decodeIfPresent(Setting.self, forKey: key)
  }

  /// An activation; Keras writes "linear" for none.
  func activation(_ key: Key) throws -> ActivationFunction? {
    if let name: String = try? optional(key), name == "linear" { return nil }
    return try optional(key)
  }
}
