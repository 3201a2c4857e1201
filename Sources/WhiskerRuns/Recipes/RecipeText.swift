import WhiskerFormats
import Yams

/// Lays the YAML of a recipe out as a person would write it: a line for each section and each layer, and the
/// shortest decimal for each number that reads back exactly.
enum RecipeText {
  /// A value's YAML in that layout.
  static func laidOut(_ value: some Encodable) throws -> String {
    let yaml = try YAMLEncoder().encode(value)
    guard let node = try compose(yaml: yaml),
      case .mapping(var root) = try exact(node, JSONValue(encoding: value))
    else {
      return yaml
    }
    for key in root.keys { root[key] = root[key].map(section) }
    root.style = .block
    return try serialize(node: .mapping(root), width: -1, allowUnicode: true)
  }

  /// Settings stand in one line; of a list, each entry does.
  private static func section(_ node: Node) -> Node {
    guard case .sequence(var list) = node else { return inline(node) }
    for index in list.indices { list[index] = entry(list[index]) }
    list.style = .block
    return .sequence(list)
  }

  /// `Conv2D: {filters: 32}`, or `Flatten` where there is nothing to set.
  private static func entry(_ node: Node) -> Node {
    guard case .mapping(var layer) = node, layer.count == 1, let (name, settings) = layer.first else {
      return inline(node)
    }
    if let mapping = settings.mapping, mapping.isEmpty { return name }
    layer[name] = inline(settings)
    layer.style = .block
    return .mapping(layer)
  }

  private static func inline(_ node: Node) -> Node {
    switch node {
    case .mapping(var mapping):
      for key in mapping.keys { mapping[key] = mapping[key].map(inline) }
      mapping.style = .flow
      return .mapping(mapping)
    case .sequence(var sequence):
      for index in sequence.indices { sequence[index] = inline(sequence[index]) }
      sequence.style = .flow
      return .sequence(sequence)
    default: return node
    }
  }

  /// The same YAML with the numbers of the same value's JSON.
  ///
  /// Yams writes a Double to 15 digits, which can be another number, and a Float as the Double that it is not
  /// (`1.00000004749745e-3`). In JSON each has the shortest decimal that reads back as itself: `0.001`.
  private static func exact(_ node: Node, _ json: JSONValue) -> Node {
    switch (node, json) {
    case (.mapping(var mapping), .object(let members)):
      for key in mapping.keys {
        guard let name = key.string, let member = members[name] else { continue }
        mapping[key] = mapping[key].map { exact($0, member) }
      }
      return .mapping(mapping)
    case (.sequence(var sequence), .array(let elements)):
      for (index, element) in zip(sequence.indices, elements) {
        sequence[index] = exact(sequence[index], element)
      }
      return .sequence(sequence)
    case (.scalar(var scalar), .number(let number)):
      scalar.string = "\(number)"
      return .scalar(scalar)
    case (.scalar(var scalar), .integer(let number)):
      scalar.string = "\(number)"
      return .scalar(scalar)
    default: return node
    }
  }
}
