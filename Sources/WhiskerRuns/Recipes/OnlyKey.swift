extension KeyedDecodingContainer where Key: CaseIterable {
  /// The one key of settings that are a choice between several: `{cosine_decay: {…}}`.
  ///
  /// - Throws: `DecodingError.dataCorrupted` with the keys that there are, if it isn't one.
  func onlyKey() throws -> Key {
    guard let key = allKeys.first, allKeys.count == 1 else {
      let names = Key.allCases.map(\.stringValue).joined(separator: ", ")
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: codingPath, debugDescription: "expected one of \(names), got \(allKeys.count) keys"))
    }
    return key
  }
}
