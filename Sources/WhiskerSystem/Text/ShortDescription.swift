/// A value that may hold very many others, but prints on one line.
///
/// `print`, string interpolation, the debugger, `dump` and failed tests show its `description` and nothing else; the
/// values are there for those who ask for them.
public protocol ShortDescription: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension ShortDescription {
  /// The same as `description`.
  public var debugDescription: String { description }
  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension RandomAccessCollection {
  /// The elements in brackets, of many the first and last three, of long ones the beginning: `[1, 2, 3, …, 8, 9, 10]`.
  package var excerpt: String {
    func text(_ element: Element) -> String {
      let text = "\(element)"
      return text.count <= 60 ? text : text.prefix(60) + "…"
    }
    let texts = count <= 8 ? map(text) : prefix(3).map(text) + ["…"] + suffix(3).map(text)
    return "[" + texts.joined(separator: ", ") + "]"
  }
}
