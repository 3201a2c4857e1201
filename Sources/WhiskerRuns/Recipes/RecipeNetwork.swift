import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// Makes a network of a recipe's layers: a chain, with blocks that branch.
struct RecipeNetwork {
  private var connections: [Network.Connection]
  private var end: Network.Source
  private let classes: Int
  /// How many blocks without a name there are so far.
  private var unnamedCount = 0
  /// How many layers of a class there are so far in a block, by what their names begin with.
  private var counts: [String: Int] = [:]

  /// Begins at the input, or at the end of another network.
  ///
  /// - Parameter classes: The number of classes, which decides the last layer.
  init(after base: Network? = nil, classes: Int) {
    connections = base?.connections ?? []
    end = base?.outputSource ?? .input
    self.classes = classes
  }

  /// Adds layers at the end.
  mutating func add(_ entries: [RecipeLayer]) {
    for entry in entries { add(entry, in: nil) }
  }

  /// The network for photos of a shape.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` naming a layer that doesn't fit.
  func network(input: Shape, name: String = Network.defaultInputName) throws(WhiskerError) -> Network {
    try Network(input: input, inputName: name, connections: connections, output: end)
  }

  /// - Parameter prefix: What the names of layers begin with; nil outside of blocks.
  private mutating func add(_ entry: RecipeLayer, in prefix: String?) {
    switch entry {
    case .block(let block): add(block, in: prefix)
    case .layer, .output, .blurPooling:
      for layer in entry.layers(classes: classes) ?? [] { end = connect(layer, to: [end], in: prefix) }
    }
  }

  private mutating func add(_ block: RecipeBlock, in prefix: String?) {
    var own = block.name ?? "block"
    if block.name == nil {
      if unnamedCount > 0 { own += "_\(unnamedCount)" }
      unnamedCount += 1
    }
    own = [prefix, own].compactMap(\.self).joined(separator: "_")
    for number in 1...block.repetitions {
      let prefix = block.repetitions > 1 ? "\(own)_\(number)" : own
      let start = end
      for entry in block.layers { add(entry, in: prefix) }
      let main = end
      switch block.shortcut {
      case .none: break
      case .identity: end = connect(block.merging, to: [main, start], in: prefix)
      case .layers(let others):
        end = start
        for entry in others { add(entry, in: prefix) }
        end = connect(block.merging, to: [main, end], in: prefix)
      }
      for entry in block.following { add(entry, in: prefix) }
    }
  }

  /// Adds one layer; in a block it gets a name.
  private mutating func connect(
    _ layer: any Layer, to sources: [Network.Source], in prefix: String?
  ) -> Network.Source {
    var layer = layer
    if let prefix {
      var name = "\(prefix)_\(layer.name ?? type(of: layer).defaultName)"
      let count = counts[name, default: 0]
      counts[name] = count + 1
      if count > 0 { name += "_\(count)" }
      layer.name = name
    }
    connections.append(Network.Connection(layer, reads: sources))
    return .layer(connections.count - 1)
  }
}
