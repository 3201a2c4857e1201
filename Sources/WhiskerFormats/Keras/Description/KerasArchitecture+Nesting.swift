import WhiskerTensors

/// Models used as layers, as `keras.applications` networks are in other models: their layers
/// become layers of the whole network.
extension KerasArchitecture {
  /// A part of a model as its description has it.
  enum Member {
    /// A layer, an activation or arithmetic, with its name.
    ///
    /// A layer is one node; one with another layer as its activation, and arithmetic, may be several, the last of which
    /// gives the result. Those that have a name of their own read others of the same part by it.
    case layers([Node], name: String)
    /// A model, already flattened, where it stands, and the name of its input.
    case model(KerasArchitecture, KerasReading.Entry, reads: String)

    /// The name by which other parts refer to it, or to the first of its results.
    var name: String {
      switch self {
      case .layers(_, let name): name
      case .model(_, let entry, _): entry.name
      }
    }

    /// The names by which other parts refer to its results.
    var results: [String] {
      switch self {
      case .layers(_, let name): [name]
      case .model(let model, let entry, _):
        model.outputs.indices.map { KerasReading.name(entry.name, call: 0, result: $0) }
      }
    }

    /// The names of its inputs.
    var inputs: [String] {
      switch self {
      case .layers(let nodes, _):
        nodes.enumerated().flatMap { index, node in
          node.inputs.filter { input in !nodes[..<index].contains { $0.name == input } }
        }
      case .model(_, _, let source): [source]
      }
    }
  }

  /// A network of these parts, with the layers of models among its own.
  ///
  /// A layer keeps its name if no other has it; else the name of its model comes before it.
  init(
    name: String, isSequential: Bool, inputName: String, input: [Int?]?, members: [Member], outputs: [Output]
  ) {
    func plain(_ name: String) -> String { name.replacing(KerasReading.partMark, with: "_") }
    var taken: Set = [inputName]
    for case .layers(_, let name) in members where plain(name) == name { taken.insert(name) }
    // What layers of models are called from here on, and which layer gives a model's result.
    var names: [[String: String]] = []
    var results: [String: String] = [:]
    // What layers whose weights others use are called, by the model that they are of and their names in it.
    var owners: [String: [String: String]] = [:]
    for member in members {
      var newNames: [String: String] = [:]
      switch member {
      case .layers(let parts, let own):
        for part in parts {
          var name = plain(part.name)
          if part.name == own, name == own {
            newNames[own] = own
          } else {
            while !taken.insert(name).inserted { name = "\(plain(own))_\(name)" }
            newNames[part.name] = name
          }
          if part.owner == nil { owners["", default: [:]][part.name] = newNames[part.name] }
        }
        if let last = parts.last, newNames[last.name] != own { results[own] = newNames[last.name] }
      case .model(let model, let entry, _):
        for node in model.nodes {
          var name = node.name
          while !taken.insert(name).inserted { name = "\(plain(entry.name))_\(name)" }
          newNames[node.name] = name
        }
        for (index, output) in model.outputs.enumerated() {
          results[KerasReading.name(entry.name, call: 0, result: index)] = newNames[output.layer]
        }
        if entry.firstCall == nil { owners[entry.name] = newNames }
      }
      names.append(newNames)
    }
    var (nodes, isChain): ([Node], Bool) = ([], isSequential)
    for (member, names) in zip(members, names) {
      switch member {
      case .layers(let parts, _):
        for (index, var node) in parts.enumerated() {
          node.inputs = node.inputs.map { input in
            // A part of the same, or what another gives.
            parts[..<index].contains { $0.name == input } ? names[input] ?? input : results[input] ?? input
          }
          node.name = names[node.name] ?? node.name
          node.layer.name = node.name
          node.owner = node.owner.flatMap { owners[""]?[$0] }
          nodes.append(node)
        }
      case .model(let model, let entry, let source):
        isChain = isChain && model.isSequential
        nodes += model.nodes.map { node in
          var moved = node.moved(into: entry, names) {
            $0 == model.inputName ? results[source] ?? source : nil
          }
          if let first = entry.firstCall, node.isFiled || node.owner != nil {
            moved.owner = owners[first]?[node.owner ?? node.name]
            moved.isFiled = false
          }
          return moved
        }
      }
    }
    self.init(
      name: name, isSequential: isChain, inputName: inputName, input: input, nodes: nodes,
      outputs: outputs.map { Output(layer: results[$0.layer] ?? $0.layer, name: $0.name ?? plain($0.layer)) })
  }
}

extension KerasArchitecture.Member {
  /// The same part with the weights of its first call.
  func sharing(_ first: Self) -> Self {
    guard case .layers(var nodes, let name) = self, case .layers(let owners, _) = first else { return self }
    for (index, owner) in zip(nodes.indices, owners) where nodes[index].isFiled {
      nodes[index].owner = owner.name
      nodes[index].isFiled = false
    }
    return .layers(nodes, name: name)
  }
}

extension KerasArchitecture.Node {
  /// The same layer as part of the model around its own.
  ///
  /// - Parameter outside: the name of what stands for the model's input; nil for every other name.
  fileprivate func moved(
    into entry: KerasReading.Entry, _ names: [String: String], outside: (String) -> String?
  ) -> Self {
    var node = self
    node.name = names[name] ?? name
    node.layer.name = node.name
    node.nameInFile = nameInFile ?? name
    node.inputs = inputs.map { outside($0) ?? names[$0] ?? $0 }
    node.layer.isTrainable = layer.isTrainable && entry.config["trainable"]?.boolean ?? true
    node.place = "\(entry.place).config.\(place)"
    node.owner = owner.flatMap { names[$0] }
    node.owners = [.init(name: entry.firstCall ?? entry.name, className: entry.className)] + owners
    return node
  }
}
