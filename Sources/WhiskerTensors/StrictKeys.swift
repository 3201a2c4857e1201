/// Refuses keys that `type` doesn't have: a misspelt setting must not pass for a default.
///
/// - Throws: `DecodingError.dataCorrupted` naming the key and those that exist.
package func refuseUnknownKeys<Key: CodingKey & CaseIterable>(
  _ decoder: any Decoder, _ type: Key.Type
) throws {
  try refuseUnknownKeys(
    decoder.container(keyedBy: AnyKey.self), known: type.allCases.map(\.stringValue))
}

/// Refuses the keys of a container that aren't among the known ones.
package func refuseUnknownKeys(_ container: KeyedDecodingContainer<AnyKey>, known: [String]) throws {
  for key in container.allKeys where !known.contains(key.stringValue) {
    throw DecodingError.dataCorrupted(
      .init(
        codingPath: container.codingPath,
        debugDescription:
          "expected one of the keys \(known.joined(separator: ", ")), got \"\(key.stringValue)\""))
  }
}

/// Any string as a key.
package struct AnyKey: CodingKey {
  package let stringValue: String
  package let intValue: Int? = nil

  package init(stringValue: String) { self.stringValue = stringValue }
  package init?(intValue: Int) { nil }
}
