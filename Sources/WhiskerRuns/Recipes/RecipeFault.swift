import WhiskerFormats
import Yams

/// What is wrong in a recipe's text, in words: the key, what was expected there and what was got.
enum RecipeFault {
  /// Words for an error of the decoder's.
  ///
  /// - Parameters:
  ///   - error: What was thrown.
  ///   - yaml: The text, to show what stands where something else was expected; nil where there is none.
  static func text(of error: any Error, in yaml: String? = nil) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      return "\(place(context))expected the key \"\(key.stringValue)\", got none"
    case DecodingError.typeMismatch(let type, let context):
      return "\(place(context))expected \(readable(type)), got \(found(context, yaml) ?? unknown)"
    case DecodingError.valueNotFound(let type, let context):
      return "\(place(context))expected \(readable(type)), got nothing"
    case DecodingError.dataCorrupted(let context):
      if let cause = context.underlyingError { return "\(place(context))\(cause)" }
      let text = context.debugDescription
      guard text.hasSuffix(unknown), let found = found(context, yaml) else { return place(context) + text }
      return place(context) + text.dropLast(unknown.count) + found
    default: return "\(error)"
    }
  }

  /// What our own errors end with where they don't know what was got.
  private static let unknown = "something else"

  private static func place(_ context: DecodingError.Context) -> String {
    var path = ""
    for key in context.codingPath {
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += (path.isEmpty ? "" : ".") + key.stringValue
      }
    }
    return path.isEmpty ? "" : path + ": "
  }

  private static func readable(_ type: Any.Type) -> String {
    switch type {
    case is Int.Type: return "a whole number"
    case is Float.Type, is Double.Type: return "a number"
    case is String.Type: return "text"
    case is Bool.Type: return "true or false"
    default:
      let name = "\(type)"
      if name == "Scalar" { return "a single value" }
      return name.hasPrefix("Array") || name == "Sequence"
        ? "a list" : "settings by name, such as {key: value}"
    }
  }

  /// The text at the place of an error; nil if that is unknown.
  private static func found(_ context: DecodingError.Context, _ yaml: String?) -> String? {
    guard let yaml, var node = try? compose(yaml: yaml) else { return nil }
    for key in context.codingPath {
      guard
        let next = key.intValue.map({ node.sequence?.indices.contains($0) == true ? node.sequence?[$0] : nil }
        )
          ?? node.mapping?[Node(key.stringValue)]
      else { return nil }
      node = next
    }
    return words(for: node)
  }

  private static func words(for node: Node) -> String? {
    switch node {
    case .scalar(let scalar):
      if node.null != nil { return "nothing" }
      let isText = scalar.style != .plain || (node.float == nil && node.int == nil && node.bool == nil)
      return isText ? "\"\(scalar.string)\"" : scalar.string
    case .sequence(let list): return list.isEmpty ? "an empty list" : "a list"
    case .mapping(let mapping):
      let keys = mapping.keys.compactMap(\.string)
      return keys.isEmpty ? "empty settings" : "settings (\(keys.joined(separator: ", ")))"
    default: return nil
    }
  }
}
