package import WhiskerSystem
package import WhiskerTensors

extension Network {
  /// The same network with other names for some layers, and for its input.
  package func renamingLayers(_ names: [String: String]) throws(WhiskerError) -> Network {
    let connections = layers.map { entry in
      var layer = entry.layer
      layer.name = names[entry.name] ?? entry.name
      return Connection(layer, reads: entry.sources, from: entry.origin, sharing: entry.owner)
    }
    return try Network(
      input, names[inputName] ?? inputName, connections, output: outputSource, isSequential: isSequential)
  }

  /// The same network up to its last layer with weights, which others replace with whatever follows it.
  ///
  /// - Parameter others: The layers for an input of this shape.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `disconnected` if what follows that layer reads other layers too.
  package func replacingEnd(
    _ others: (Shape) -> [any Layer]
  ) throws(WhiskerError) -> (network: Network, replaced: String) {
    let last = layers.lastIndex { !$0.weights.isEmpty || $0.owner != nil }
    guard let last, layers[last].owner == nil, layers[last].sources.count == 1 else {
      throw WhiskerError(
        .disconnected, "network", expected: "a last layer with weights of its own to replace", got: "none")
    }
    for index in layers.indices[(last + 1)...] where layers[index].sources != [.layer(index - 1)] {
      throw WhiskerError(
        .disconnected, layers[index].name,
        expected: "layers that follow '\(layers[last].name)' one after another",
        got: "one that reads others")
    }
    var connections = Array(connections[..<last])
    var source = layers[last].sources[0]
    for layer in others(layers[last].inputs[0]) {
      connections.append(Connection(layer, reads: [source]))
      source = .layer(connections.count - 1)
    }
    let network = try Network(input, inputName, connections, output: source, isSequential: isSequential)
    return (network, layers[last].name)
  }

  /// The same network with more layers, each of which takes the result of the one before.
  package func appending(_ others: any Layer...) throws(WhiskerError) -> Network {
    try appending(others)
  }

  /// The same network with more layers, each of which takes the result of the one before.
  package func appending(_ others: [any Layer]) throws(WhiskerError) -> Network {
    var (connections, output) = (self.connections, outputSource)
    for layer in others {
      connections.append(Connection(layer, reads: [output]))
      output = .layer(connections.count - 1)
    }
    return try Network(input, inputName, connections, output: output, isSequential: isSequential)
  }

  /// The same network with a layer before it, whose result its layers take as their input.
  package func prepending(_ first: any Layer) throws(WhiskerError) -> Network {
    func moved(_ source: Source) -> Source { .layer(source.position.map { $0 + 1 } ?? 0) }
    let others = connections.map { connection in
      Connection(
        connection.layer, reads: connection.sources.map(moved), from: connection.origin,
        sharing: connection.owner.map { $0 + 1 })
    }
    return try Network(
      input, inputName, [Connection(first, reads: [.input])] + others, output: moved(outputSource),
      isSequential: isSequential)
  }

  /// The same layers for an input of another shape.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `shapeMismatch`, naming the first layer whose weights would be others.
  package func taking(_ input: Shape) throws(WhiskerError) -> Network {
    let network = try Network(input, inputName, connections, output: outputSource, isSequential: isSequential)
    for (old, new) in zip(layers, network.layers) where old.weights.map(\.shape) != new.weights.map(\.shape) {
      throw WhiskerError(
        .shapeMismatch, old.name,
        expected: "\(self.input), as its weights are for no other size of photos", got: "\(input)")
    }
    return network
  }

  /// The part of the network that gives the result of one of its layers.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `noSuchLayer`, or `disconnected` if a layer of it uses the weights of one
  ///   outside.
  package func upTo(_ name: String) throws(WhiskerError) -> Network {
    guard let end = layers.firstIndex(where: { $0.name == name }) else {
      throw WhiskerError(
        .noSuchLayer, name, expected: "the name of a layer",
        got: "none of \(layers.map(\.name).listed(limit: 12))")
    }
    return try upTo(end)
  }

  /// The part of the network that gives the result of the layer in a place.
  package func upTo(_ end: Int) throws(WhiskerError) -> Network {
    var (isKept, waiting) = ([Bool](repeating: false, count: layers.count), [end])
    while let index = waiting.popLast() {
      if isKept[index] { continue }
      isKept[index] = true
      waiting += layers[index].sources.compactMap(\.position)
    }
    var (places, kept): ([Int: Int], [Connection]) = ([:], [])
    for (index, connection) in connections.enumerated() where isKept[index] {
      let owner = connection.owner.flatMap { places[$0] }
      guard connection.owner == nil || owner != nil else {
        throw WhiskerError(
          .disconnected, layers[end].name, expected: "a layer whose part of the network has its own weights",
          got: "one in which '\(layers[index].name)' uses those of another")
      }
      let sources = connection.sources.map { source in
        source.position.flatMap { places[$0] }.map(Source.layer) ?? .input
      }
      places[index] = kept.count
      kept.append(Connection(connection.layer, reads: sources, from: connection.origin, sharing: owner))
    }
    return try Network(
      input, inputName, kept, output: .layer(kept.count - 1), isSequential: isSequential)
  }

  /// The layers with their names, and what they read.
  package var connections: [Connection] {
    layers.map { Connection($0.namedLayer, reads: $0.sources, from: $0.origin, sharing: $0.owner) }
  }
}

extension Network {
  /// The names of the models that layers come from, in the order of the layers.
  package var modelNames: [String] {
    var names: [String] = []
    for case let name? in layers.map(\.origin?.model) where names.last != name { names.append(name) }
    return names
  }

  /// The part of a network that sees photos, without the layers that classify them: it gives features, `[F]`.
  ///
  /// A last `Dense`, or a last `Conv2D` that gives one pixel (as MobileNet's), is the classifier, with all that follows it.
  /// A feature map is averaged over its pixels (`GlobalAveragePooling2D`).
  ///
  /// - Parameter name: The layer whose result is taken; nil for what the classifier takes, or the last layer's without one.
  /// - Throws: ``WhiskerSystem/WhiskerError`` as ``upTo(_:)-(String)`` does; `shapeMismatch` if that is neither a vector nor a
  ///   feature map.
  package func features(after name: String?) throws(WhiskerError) -> Network {
    var part = self
    if let name {
      part = try upTo(name)
    } else if let classifier = classifierIndex, let source = layers[classifier].sources.first?.position {
      part = try upTo(source)
    }
    switch part.output.rank {
    case 1: return part
    case 3: return try part.appending(GlobalAveragePooling2D())
    default:
      throw WhiskerError(
        .shapeMismatch, part.name(of: part.outputSource), expected: "features or a feature map",
        got: "a result of the shape \(part.output)")
    }
  }

  /// The position of the last layer with weights, if it decides between classes.
  private var classifierIndex: Int? {
    guard output.rank == 1, let last = layers.lastIndex(where: { !$0.weights.isEmpty || $0.owner != nil }),
      layers[last].layer is Dense || layers[last].layer is Conv2D, layers[last].output.count == output.count
    else { return nil }
    return last
  }
}
