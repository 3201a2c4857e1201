/// A pattern of names, of files or of layers, as shells have them: `photos/*/cat.?.jpg`, `[0-9]*.png`.
///
/// `*` stands for any characters of a name, `?` for one, `[a-z]` for one of a set and `[!a-z]` for one outside it;
/// a backslash takes the next character as it is. Names compare by Unicode's canonical equivalence, so that a
/// pattern in NFC finds names in NFD. As in shells, no wildcard stands for a dot at the beginning of a name.
package struct GlobPattern {
  private enum Part {
    case anything
    case one
    case character(Character)
    case set([ClosedRange<Character>], isInverted: Bool)

    func matches(_ character: Character) -> Bool {
      switch self {
      case .anything, .one: true
      case .character(let expected): character == expected
      case .set(let ranges, let isInverted): ranges.contains { $0.contains(character) } != isInverted
      }
    }
  }

  private let parts: [Part]

  /// Reads the pattern of one name, without slashes.
  package init(_ text: some StringProtocol) {
    var parts: [Part] = []
    var rest = text[...]
    while let character = rest.popFirst() {
      switch character {
      case "*": parts.append(.anything)
      case "?": parts.append(.one)
      case "[":
        let set = Self.set(&rest)
        parts.append(set ?? .character(character))
      case "\\": parts.append(.character(rest.popFirst() ?? character))
      default: parts.append(.character(character))
      }
    }
    self.parts = parts
  }

  /// The name that the pattern stands for, if it is only one.
  package var literal: String? {
    var name = ""
    for part in parts {
      guard case .character(let character) = part else { return nil }
      name.append(character)
    }
    return name
  }

  /// Whether the pattern may stand for names that begin with a dot.
  package var matchesHidden: Bool {
    guard case .character(".") = parts.first else { return false }
    return true
  }

  /// Whether the pattern stands for a name.
  package func matches(_ name: String) -> Bool {
    if name.first == "." && !matchesHidden { return false }
    let characters = Array(name)
    // The last `*` is given one character more whenever what follows it doesn't fit.
    var (part, place) = (0, 0)
    var retry: (part: Int, place: Int)?
    while place < characters.count {
      if part < parts.count, case .anything = parts[part] {
        retry = (part, place)
        part += 1
      } else if part < parts.count, parts[part].matches(characters[place]) {
        (part, place) = (part + 1, place + 1)
      } else if let last = retry {
        retry = (last.part, last.place + 1)
        (part, place) = (last.part + 1, last.place + 1)
      } else {
        return false
      }
    }
    return parts[part...].allSatisfy { if case .anything = $0 { true } else { false } }
  }

  /// Reads what follows an opening bracket; nil, and nothing read, if no bracket closes it.
  private static func set<Text: StringProtocol>(_ rest: inout Text) -> Part? where Text.SubSequence == Text {
    var text = rest
    let isInverted = text.first == "!" || text.first == "^"
    if isInverted { text.removeFirst() }
    var ranges: [ClosedRange<Character>] = []
    while let character = text.popFirst() {
      // A bracket that comes first is a member of the set.
      if character == "]" && !ranges.isEmpty {
        rest = text
        return .set(ranges, isInverted: isInverted)
      }
      let first = character == "\\" ? text.popFirst() ?? character : character
      var last = first
      let following = text.dropFirst()
      if text.first == "-", let end = following.first, end != "]" {
        text = following.dropFirst()
        last = end
      }
      ranges.append(first <= last ? first...last : last...first)
    }
    return nil
  }
}
