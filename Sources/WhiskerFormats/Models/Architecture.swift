import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// The JSON of a network: what ``ModelFile`` has in its metadata.
struct Architecture: Codable {
  let network: Network

  init(_ network: Network) { self.network = network }

  private static let sequential = "Sequential"
  private static let functional = "Functional"

  private enum CodingKeys: String, CodingKey {
    case className = "class_name"
    case config
  }

  private struct Chain: Codable {
    let inputShape: Shape
    let layers: [AnyLayer]

    enum CodingKeys: String, CodingKey {
      case inputShape = "input_shape"
      case layers
    }
  }

  private struct Connected: Codable {
    let inputName: String
    let inputShape: Shape
    let layers: [ConnectedLayer]
    let output: String

    enum CodingKeys: String, CodingKey {
      case inputName = "input_name"
      case inputShape = "input_shape"
      case layers, output
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .className) {
    case Architecture.sequential:
      let chain = try container.decode(Chain.self, forKey: .config)
      network = try Network(input: chain.inputShape, layers: chain.layers.map(\.layer))
    case Architecture.functional:
      network = try Architecture.network(container.decode(Connected.self, forKey: .config))
    case let other:
      throw DecodingError.dataCorruptedError(
        forKey: .className, in: container,
        debugDescription:
          "expected \(Architecture.sequential) or \(Architecture.functional), got \"\(other)\"")
    }
  }

  private static func network(_ model: Connected) throws(WhiskerError) -> Network {
    var sources: [String: Network.Source] = [model.inputName: .input]
    func source(_ name: String, for reader: String) throws(WhiskerError) -> Network.Source {
      guard let source = sources[name] else {
        throw WhiskerError(
          .disconnected, reader, expected: "the input or a layer before it", got: "\"\(name)\"")
      }
      return source
    }
    var connections: [Network.Connection] = []
    var positions: [String: Int] = [:]
    for (index, entry) in model.layers.enumerated() {
      positions[entry.layer.layer.name ?? ""] = index
    }
    for entry in model.layers {
      let layer = entry.layer.layer
      let name = layer.name ?? type(of: layer).defaultName
      var reads: [Network.Source] = []
      for input in entry.inputs { reads.append(try source(input, for: name)) }
      sources[name] = .layer(connections.count)
      let owner = try entry.owner.map { owner throws(WhiskerError) in
        guard let position = positions[owner] else {
          throw WhiskerError(
            .disconnected, name, expected: "a layer to share weights with", got: "\"\(owner)\"")
        }
        return position
      }
      connections.append(Network.Connection(layer, reads: reads, sharing: owner))
    }
    return try Network(
      input: model.inputShape, inputName: model.inputName, connections: connections,
      output: source(model.output, for: "output"))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if network.isSequential {
      try container.encode(Architecture.sequential, forKey: .className)
      let layers = network.layers.map { AnyLayer($0.namedLayer) }
      try container.encode(Chain(inputShape: network.input, layers: layers), forKey: .config)
    } else {
      try container.encode(Architecture.functional, forKey: .className)
      let layers = network.layers.map { entry in
        ConnectedLayer(
          layer: AnyLayer(entry.namedLayer), inputs: entry.sources.map { network.name(of: $0) },
          owner: entry.owner.map { network.layers[$0].name })
      }
      let model = Connected(
        inputName: network.inputName, inputShape: network.input, layers: layers,
        output: network.name(of: network.outputSource))
      try container.encode(model, forKey: .config)
    }
  }
}

/// A layer with the names of what it reads.
private struct ConnectedLayer: Codable {
  let layer: AnyLayer
  let inputs: [String]
  /// The layer whose weights it uses; nil for its own.
  let owner: String?

  init(layer: AnyLayer, inputs: [String], owner: String?) {
    self.layer = layer
    self.inputs = inputs
    self.owner = owner
  }

  private enum CodingKeys: String, CodingKey {
    case inputs
    case owner = "weights_of"
  }

  init(from decoder: any Decoder) throws {
    layer = try AnyLayer(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    inputs = try container.decode([String].self, forKey: .inputs)
    owner = try container.decodeIfPresent(String.self, forKey: .owner)
  }

  func encode(to encoder: any Encoder) throws {
    try layer.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(inputs, forKey: .inputs)
    try container.encodeIfPresent(owner, forKey: .owner)
  }
}
