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

/// Any string as a key.
package struct AnyKey: CodingKey {
  package let stringValue: String
  package let intValue: Int? = nil

  package init(stringValue: String) { self.stringValue = stringValue }
  package init?(intValue: Int) { nil }
}
