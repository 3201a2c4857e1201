import WhiskerTensors

/// Models used as layers, as `keras.applications` networks are in other models: their layers
/// become layers of the whole network.
extension KerasArchitecture {
  /// A part of a model as its description has it.
  enum Member {
    case layer(Node)
    /// A model, already flattened, where it stands, and the name of its input.
    case model(KerasArchitecture, KerasReading.Entry, reads: String)

    /// The name by which other parts refer to it.
    var name: String {
      switch self {
      case .layer(let node): node.name
      case .model(_, let entry, _): entry.name
      }
    }

    /// The names of its inputs.
    var inputs: [String] {
      switch self {
      case .layer(let node): node.inputs
      case .model(_, _, let source): [source]
      }
    }
  }

  /// A network of these parts, with the layers of models among its own.
  ///
  /// A layer keeps its name if no other has it; else the name of its model comes before it.
  init(
    name: String, isSequential: Bool, inputName: String, input: Shape, members: [Member], output: String
  ) {
    var taken: Set = [inputName]
    for case .layer(let node) in members { taken.insert(node.name) }
    // What layers of models are called from here on, and which layer gives a model's result.
    var names: [[String: String]] = []
    var results: [String: String] = [:]
    for case .model(let model, let entry, _) in members {
      var newNames: [String: String] = [:]
      for node in model.nodes {
        var name = node.name
        while !taken.insert(name).inserted { name = "\(entry.name)_\(name)" }
        newNames[node.name] = name
      }
      names.append(newNames)
      results[entry.name] = newNames[model.output]
    }
    var (nodes, isChain, models): ([Node], Bool, Int) = ([], isSequential, 0)
    for member in members {
      switch member {
      case .layer(var node):
        node.inputs = node.inputs.map { results[$0] ?? $0 }
        nodes.append(node)
      case .model(let model, let entry, let source):
        isChain = isChain && model.isSequential
        nodes += model.nodes.map { node in
          node.moved(into: entry, names[models]) { $0 == model.inputName ? results[source] ?? source : nil }
        }
        models += 1
      }
    }
    self.init(
      name: name, isSequential: isChain, inputName: inputName, input: input, nodes: nodes,
      output: results[output] ?? output)
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
    node.owners = [.init(name: entry.name, className: entry.className)] + owners
    return node
  }
}
