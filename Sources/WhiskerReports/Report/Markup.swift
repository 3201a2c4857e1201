import WhiskerSystem

/// A piece of a page in XHTML: literals are used as they are, and every text that is inserted is escaped, so
/// that no class or file name can become markup.
///
/// ```swift
/// let cell: Markup = "<td>\(photo.path)</td>"
/// ```
struct Markup: Hashable, Sendable, ExpressibleByStringInterpolation {
  /// The markup.
  private(set) var source: String

  /// Literal markup is used as it is.
  init(stringLiteral source: String) { self.source = source }

  /// A literal with its parts.
  init(stringInterpolation: StringInterpolation) { source = stringInterpolation.source }

  /// Pieces one after another.
  init(_ parts: [Markup]) { source = parts.map(\.source).joined(separator: "\n") }

  /// Takes the parts of a literal.
  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var source = ""

    init(literalCapacity: Int, interpolationCount: Int) { source.reserveCapacity(literalCapacity * 2) }

    mutating func appendLiteral(_ literal: String) { source += literal }

    /// Text, escaped.
    mutating func appendInterpolation(_ text: String) { source += Markup.escaped(text) }

    mutating func appendInterpolation(_ number: Int) { source += String(number) }

    /// A number with a given number of decimals.
    mutating func appendInterpolation(_ number: Double, _ decimals: Int) {
      source += Figures.share(number.isFinite ? number : 0, decimals: decimals)
    }

    mutating func appendInterpolation(_ markup: Markup) { source += markup.source }

    mutating func appendInterpolation(_ parts: [Markup]) { source += Markup(parts).source }
  }

  /// The text as markup that shows it, also within quotes: control characters are spelled out.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.onOneLine.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      // No document may hold these two.
      case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
