import WhiskerGraph
import WhiskerSystem

/// Functions of each number or row: activations, bounds, types.
extension KerasOperation {
  /// Keras's types of floats hold the same numbers as far as Whisker computes; whole numbers would be truncated.
  func cast() throws -> KerasArchitecture.Node {
    let type =
      value(call.argument(1, "dtype")) ?? entry.config["dtype"]?["config"]?["name"] ?? entry.config["dtype"]
    let name = type?.string ?? "float32"
    guard !name.contains("int"), name != "bool" else {
      throw entry.fault(expected: "a cast to floats", got: "\"\(name)\"")
    }
    var node = try entry.identity(of: [source()])
    node.isFiled = false
    return node
  }

  /// A function of each number or row: only what names it without more is known by name alone.
  func activation(_ name: String) throws -> KerasArchitecture.Node {
    var name = name
    switch name {
    case "gelu":
      // Keras's own functions differ: that of its operations is the approximation, if nothing is said.
      let isApproximate = setting(1, "approximate")?.boolean ?? entry.isOfModule
      if isApproximate { name = ActivationFunction.approximateGELU.rawValue }
    case "softmax", "log_softmax":
      if let axis = setting(1, "axis"), axis != .null, axis != -1, axis != 3 {
        throw entry.fault(expected: "the axis -1", got: axis.excerpt)
      }
    default:
      let known: Set = ["name", "dtype", "trainable", "function"]
      let more = entry.config.filter { !known.contains($0.key) && $0.value != .null }
      guard call.count == 1, more.isEmpty || entry.className.hasSuffix("Layer") else {
        throw entry.fault(
          expected: "the function \"\(name)\" without settings",
          got: more.isEmpty ? "\(call.count) arguments" : more.keys.sorted().joined(separator: ", "))
      }
    }
    return try node("Activation", ["activation": .string(name)], [source()])
  }

  /// Numbers from 0 to a largest.
  func clipped() throws -> KerasArchitecture.Node {
    let bounds = (try number(1, "x_min", "clip_value_min"), try number(2, "x_max", "clip_value_max"))
    guard let least = bounds.0, let largest = bounds.1, least == 0, largest > 0 else {
      throw entry.fault(
        expected: "bounds from 0 to a number above", got: "\(bounds.0 ?? .nan) to \(bounds.1 ?? .nan)")
    }
    return try node("ReLU", ["max_value": .number(largest)], [source()])
  }
}
