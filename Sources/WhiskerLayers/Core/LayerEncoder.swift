import WhiskerGraph

/// Writes a layer's settings, leaving out those that ``LayerDecoder`` would read anyway: the defaults, which are
/// Keras's and so never change.
struct LayerEncoder<Key: CodingKey> {
  private var container: KeyedEncodingContainer<Key>

  init(_ encoder: any Encoder, keyedBy type: Key.Type) { container = encoder.container(keyedBy: type) }

  mutating func write(_ setting: some Encodable, _ key: Key) throws {
    try container.encode(setting, forKey: key)
  }

  /// Writes a setting that differs from its default.
  mutating func write<Setting: Encodable & Equatable>(
    _ setting: Setting, _ key: Key, default: Setting
  ) throws {
    if setting != `default` { try container.encode(setting, forKey: key) }
  }

  /// Writes a setting that there is.
  mutating func writeIfPresent(_ setting: (some Encodable)?, _ key: Key) throws {
    try container.encodeIfPresent(setting, forKey: key)
  }
}
