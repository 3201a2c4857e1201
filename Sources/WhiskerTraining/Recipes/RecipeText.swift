import Yams

/// Lays the YAML of a recipe out as a person would write it: a line for each section and each layer, and the
/// shortest decimal for each number.
enum RecipeText {
  /// The same YAML in that layout.
  static func laidOut(_ yaml: String) throws -> String {
    guard case .mapping(var root)? = try compose(yaml: yaml) else { return yaml }
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
    case .scalar(var scalar):
      if scalar.style == .any || scalar.style == .plain { scalar.string = readable(scalar.string) }
      return .scalar(scalar)
    default: return node
    }
  }

  /// The shortest decimal that reads as the same Float: `0.001`, not `1.00000004749745e-3`.
  private static func readable(_ text: String) -> String {
    guard text.contains(where: { ".eE".contains($0) }), let number = Float(text) else { return text }
    let short = "\(number)"
    return short.hasSuffix(".0") ? String(short.dropLast(2)) : short
  }
}
