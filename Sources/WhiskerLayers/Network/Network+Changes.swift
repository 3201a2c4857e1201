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
    var connections = layers[..<last].map {
      Connection($0.namedLayer, reads: $0.sources, from: $0.origin, sharing: $0.owner)
    }
    var source = layers[last].sources[0]
    for layer in others(layers[last].inputs[0]) {
      connections.append(Connection(layer, reads: [source]))
      source = .layer(connections.count - 1)
    }
    let network = try Network(input, inputName, connections, output: source, isSequential: isSequential)
    return (network, layers[last].name)
  }

  /// The same network with one more layer, which takes its result.
  package func appending(_ layer: any Layer) throws(WhiskerError) -> Network {
    let connections = layers.map {
      Connection($0.namedLayer, reads: $0.sources, from: $0.origin, sharing: $0.owner)
    }
    return try Network(
      input, inputName, connections + [Connection(layer, reads: [outputSource])],
      output: .layer(connections.count), isSequential: isSequential)
  }
}
