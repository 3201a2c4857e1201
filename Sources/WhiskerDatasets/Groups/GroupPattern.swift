public import WhiskerSystem

/// A rule that says by a photo's path to which group it belongs: `{animal}_{n}.jpg`.
///
/// - `{animal}`, with any name but `n`, stands for some characters. Photos with the same text for all of these belong together.
/// - `{n}` stands for digits, which don't count.
/// - `*` stands for any characters, or none, which don't count.
/// - Everything else, in upper or lower case, stands for itself.
///
/// Nothing of it matches a slash. The pattern is compared with the end of the path: one without a slash with the file's name, one
/// with a slash with the name and the folder that the file lies in. Where there are several ways to match, a name stands for as few
/// characters as possible. A photo that doesn't match is on its own.
public struct GroupPattern: Hashable, Sendable {
  /// What was written.
  public let text: String
  private let tokens: [Token]
  /// How many names of a path it is compared with.
  private let depth: Int

  private enum Token: Hashable {
    case literal(Character)
    case key
    case number
    case anything

    /// Whether it can take more of what the token after it is for.
    var isOpen: Bool { if case .literal = self { false } else { true } }
  }

  /// Reads a pattern.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting` for a pattern without a name in braces, with a brace that isn't closed, with
  ///   a name twice, or with two open parts and nothing between them.
  public init(_ text: String) throws(WhiskerError) {
    self.text = text
    func fault(_ got: String) -> WhiskerError {
      WhiskerError(
        .invalidSetting, "group by", expected: "a pattern such as {animal}_{n}.jpg", got: got)
    }
    var tokens: [Token] = []
    var names: Set<String> = []
    var rest = text[...]
    while let character = rest.popFirst() {
      var token = Token.literal(character)
      switch character {
      case "*": token = .anything
      case "}": throw fault("\(text.quoted), with a } that nothing opens")
      case "{":
        guard let end = rest.firstIndex(of: "}") else {
          throw fault("\(text.quoted), with a { that nothing closes")
        }
        let name = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" }) else {
          throw fault("\(text.quoted), with \("{\(name)}".quoted), which isn't a name of letters and digits")
        }
        token = name == "n" ? .number : .key
        if token == .key, !names.insert(name).inserted { throw fault("\(text.quoted), with {\(name)} twice") }
      default: break
      }
      if let last = tokens.last, last.isOpen, token.isOpen, last == token || ![last, token].contains(.number)
      {
        throw fault("\(text.quoted), where nothing says where one part ends and the next begins")
      }
      tokens.append(token)
    }
    guard !names.isEmpty else { throw fault("\(text.quoted), without a name in braces besides {n}") }
    let folders = text.split(separator: "/", omittingEmptySubsequences: false)
    guard folders.allSatisfy({ !$0.isEmpty }) else { throw fault("\(text.quoted), with an empty name") }
    self.tokens = tokens
    depth = folders.count
  }

  /// What the names in braces stand for in a path, in order; nil if it doesn't match.
  public func key(of path: String) -> [String]? {
    let names = path.split(separator: "/")
    guard names.count >= depth else { return nil }
    var match = Match(tokens: tokens, text: Array(names.suffix(depth).joined(separator: "/")))
    return match.find(0, 0) ? match.keys.reversed() : nil
  }

  /// The paths that don't match, whose photos are on their own.
  public func unmatched(_ paths: [String]) -> [String] { paths.filter { key(of: $0) == nil } }

  /// The groups of paths.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting` if none matches.
  public func groups(of paths: [String]) throws(WhiskerError) -> PhotoGroups {
    var groups: [[String]: [String]] = [:]
    for path in paths {
      if let key = key(of: path) { groups[key, default: []].append(path) }
    }
    if groups.isEmpty, let first = paths.first {
      throw WhiskerError(
        .invalidSetting, "group by", expected: "a pattern that some photo matches",
        got: "\(text.quoted) for \(paths.count.counted("photo")) such as \(first.quoted)")
    }
    return PhotoGroups(groups.values)
  }

  /// A search for a way to match, which tries nothing twice.
  private struct Match {
    let tokens: [Token]
    let text: [Character]
    /// What the names stand for, the last first.
    var keys: [String] = []
    private var failed: Set<Int> = []

    init(tokens: [Token], text: [Character]) { (self.tokens, self.text) = (tokens, text) }

    /// Whether the tokens from one on match the text from a place on.
    mutating func find(_ token: Int, _ place: Int) -> Bool {
      guard token < tokens.count else { return place == text.count }
      let state = token * (text.count + 1) + place
      guard !failed.contains(state) else { return false }
      switch tokens[token] {
      case .literal(let character):
        if place < text.count, text[place].lowercased() == character.lowercased(), find(token + 1, place + 1)
        {
          return true
        }
      case .number:
        let end = text[place...].firstIndex { !($0.isASCII && $0.isNumber) } ?? text.count
        if end > place, find(token + 1, end) { return true }
      case .key, .anything:
        let end = text[place...].firstIndex(of: "/") ?? text.count
        let least = tokens[token] == .key ? place + 1 : place
        if least <= end {
          for next in least...end where find(token + 1, next) {
            if tokens[token] == .key { keys.append(String(text[place..<next])) }
            return true
          }
        }
      }
      failed.insert(state)
      return false
    }
  }
}
