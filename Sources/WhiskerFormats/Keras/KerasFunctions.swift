/// Functions whose formula Keras has changed under the same name.
enum KerasFunctions {
  /// Keras 2's hard sigmoid, `min(max(0.2 · x + 0.5, 0), 1)`, under a name of its own; Keras 3's is
  /// `min(max(x + 3, 0), 6) / 6`, which is the same for `x / 1.2`.
  static let oldHardSigmoid = "keras2 hard_sigmoid"
  /// What Keras 2's takes times this is what Keras 3's takes.
  static let hardSigmoidFactor = 1.2

  /// A description with names for Keras 2's own functions, where that wrote it.
  ///
  /// - Parameter version: that of the Keras which wrote it; nil where the file doesn't say.
  static func named(_ description: JSONValue, version: String?) -> JSONValue {
    let major = version?.split(separator: ".").first.flatMap { Int($0) }
    return major.map { $0 < 3 } ?? false ? renamed(description) : description
  }

  private static func renamed(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let values): return .array(values.map(renamed))
    case .object(var members):
      for (key, member) in members {
        let isName = key == "activation" && KerasSettings.activation(member) == "hard_sigmoid"
        members[key] = isName ? .string(oldHardSigmoid) : renamed(member)
      }
      return .object(members)
    default: return value
    }
  }
}

extension KerasReading.Entry {
  /// The layer without its activation, then Keras 2's hard sigmoid by Keras 3's.
  func nodesWithOldHardSigmoid(inputs: [String]) throws -> [Node] {
    let isAlone = className == "Activation"
    var nodes: [Node] = []
    if !isAlone {
      var plain = config
      plain["activation"] = "linear"
      nodes.append(try node(className, plain, name: name, inputs: inputs))
    }
    let factor = name(ofPart: "factor")
    nodes.append(
      try node(
        "Rescaling", ["scale": .number(KerasFunctions.hardSigmoidFactor)], name: factor,
        inputs: isAlone ? inputs : [name]))
    nodes.append(
      try node(
        "Activation", ["activation": "hard_sigmoid"],
        name: isAlone ? name : name(ofPart: KerasReading.activationPart), inputs: [factor]))
    for index in nodes.indices where isAlone || index > 0 { nodes[index].isFiled = false }
    return nodes
  }
}
