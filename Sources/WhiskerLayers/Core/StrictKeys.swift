/// Refuses keys that `type` doesn't have: a misspelt setting must not pass for a default.
///
/// - Throws: `DecodingError.dataCorrupted` naming the key and those that exist.
package func refuseUnknownKeys<Key: CodingKey & CaseIterable>(
  _ decoder: any Decoder, _ type: Key.Type
) throws {
  let container = try decoder.container(keyedBy: AnyKey.self)
  for key in container.allKeys where Key(stringValue: key.stringValue) == nil {
    let known = type.allCases.map(\.stringValue).joined(separator: ", ")
    throw DecodingError.dataCorrupted(
      .init(
        codingPath: container.codingPath,
        debugDescription: "expected one of the keys \(known), got \"\(key.stringValue)\""))
  }
}

/// Any string as a key.
package struct AnyKey: CodingKey {
  package let stringValue: String
  package let intValue: Int? = nil

  package init(stringValue: String) { self.stringValue = stringValue }
  package init?(intValue: Int) { nil }
}
