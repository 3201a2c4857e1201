extension String {
  /// The text with control characters and line separators escaped, so that a message stays on its line.
  package var onOneLine: String {
    guard unicodeScalars.contains(where: \.breaksTheLine) else { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      if scalar.breaksTheLine {
        text += scalar.escaped(asASCII: true)
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
  }

  /// The text in double quotes, on one line: how messages show the names of files and classes.
  package var quoted: String { "\"\(onOneLine)\"" }
}

extension Unicode.Scalar {
  fileprivate var breaksTheLine: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension Int {
  /// So many things: `1 epoch`, `3 epochs`.
  package func counted(_ noun: String) -> String { "\(self) \(noun)\(self == 1 ? "" : "s")" }
}

extension Collection<String> {
  /// The first few names in quotes and how many more there are: `"a", "b" and 3 more`.
  package func listed(limit: Int = 5) -> String {
    let shown = prefix(limit).map(\.quoted).joined(separator: ", ")
    return count > limit ? "\(shown) and \(count - limit) more" : shown
  }
}
