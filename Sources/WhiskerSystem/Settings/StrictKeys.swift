/// Refuses keys that `type` doesn't have: a misspelt setting must not silently become a default.
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

/// Reads a choice by its name.
///
/// - Throws: `DecodingError.dataCorrupted` with the known names, if it isn't one of them.
package func decodeChoice<Choice: RawRepresentable<String> & CaseIterable>(
  from decoder: any Decoder, _ type: Choice.Type = Choice.self
) throws -> Choice {
  let container = try decoder.singleValueContainer()
  let name = try? container.decode(String.self)
  guard let choice = name.flatMap(Choice.init) else {
    let names = type.allCases.map(\.rawValue).joined(separator: ", ")
    throw DecodingError.dataCorruptedError(
      in: container,
      debugDescription: "expected one of \(names), got \(name.map { "\"\($0)\"" } ?? "something else")")
  }
  return choice
}

extension KeyedDecodingContainer where Key: CaseIterable {
  /// The one key of settings that are a choice between several: `{cosine_decay: {…}}`.
  ///
  /// - Throws: `DecodingError.dataCorrupted` with the keys that there are, if it isn't one.
  package func onlyKey() throws -> Key {
    guard let key = allKeys.first, allKeys.count == 1 else {
      let names = Key.allCases.map(\.stringValue).joined(separator: ", ")
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: codingPath, debugDescription: "expected one of \(names), got \(allKeys.count) keys"))
    }
    return key
  }
}

/// Any string as a key.
package struct AnyKey: CodingKey {
  package let stringValue: String
  package let intValue: Int? = nil

  package init(stringValue: String) { self.stringValue = stringValue }
  package init?(intValue: Int) { nil }
}
