package import WhiskerSystem

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
