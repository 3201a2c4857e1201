public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Layers with names and connections, whose shapes are known to fit: a chain, or a graph without cycles.
///
/// There is one input and one output.
public struct Network: Sendable {
  /// Where a layer's input comes from.
  public enum Source: Hashable, Sendable {
    /// The network's input.
    case input
    /// The result of an earlier layer, by its position.
    case layer(Int)

    /// The position of the layer; nil for the input.
    var position: Int? { if case .layer(let index) = self { index } else { nil } }
  }

  /// A layer and what it reads.
  public struct Connection: Sendable {
    /// The layer.
    public let layer: any Layer
    /// Where its inputs come from, in order.
    public let sources: [Source]
    /// The position of the layer whose weights it uses; nil for weights of its own.
    public let owner: Int?

    /// The model that the layer comes from, if it wasn't added on its own.
    let origin: Origin?

    /// A layer that reads these.
    ///
    /// - Parameters:
    ///   - layer: The layer.
    ///   - sources: Where its inputs come from, in order.
    ///   - owner: The position of another layer of the same class whose weights it uses, as where Keras calls one layer
    ///     twice; nil for weights of its own.
    public init(_ layer: any Layer, reads sources: [Source], sharing owner: Int? = nil) {
      self.init(layer, reads: sources, from: nil, sharing: owner)
    }

    package init(_ layer: any Layer, reads sources: [Source], from origin: Origin?, sharing owner: Int? = nil)
    {
      self.layer = layer
      self.sources = sources
      self.owner = owner
      self.origin = origin
    }
  }

  /// Another model that was put into the network as a whole.
  package struct Origin: Sendable {
    /// The model's name.
    let model: String
    /// Keras's name of its class.
    let className: String
    /// The weights that the layer begins with, by their names within it.
    let weights: [String: Tensor]

    package init(model: String, className: String, weights: [String: Tensor]) {
      self.model = model
      self.className = className
      self.weights = weights
    }
  }

  /// One layer in its place.
  public struct Entry: Sendable {
    /// The layer's name, unique in the network.
    public let name: String
    /// The layer.
    public let layer: any Layer
    /// Where the layer's inputs come from, in order.
    public let sources: [Source]
    /// The shapes of one sample on the way in, one for each source.
    public let inputs: [Shape]
    /// The shape of one sample on the way out.
    public let output: Shape
    /// The layer's own weights; none if it uses those of another.
    public let weights: [WeightSpecification]
    /// The position of the layer whose weights it uses; nil for its own.
    public let owner: Int?
    /// The model that the layer comes from, if it was put in as part of one.
    let origin: Origin?

    /// The name of one of the layer's weights in the whole network: `conv2d/kernel`.
    public func stateName(of weight: WeightSpecification) -> String {
      Network.stateName(of: weight.name, in: name)
    }

    /// The number of values in the layer's weights.
    public var parameterCount: Int { weights.reduce(0) { $0 + $1.shape.count } }

    /// The weights that an optimizer changes: none of a frozen layer's.
    public var trainableWeights: [WeightSpecification] {
      layer.isTrainable ? weights.filter(\.isTrainable) : []
    }
  }

  /// The shape of one sample.
  public let input: Shape
  /// What the input is called in tables and files.
  public let inputName: String
  /// The layers, each after those that it reads.
  public private(set) var layers: [Entry]
  /// Where the result comes from.
  public let outputSource: Source
  /// Whether the network was given as a chain of layers, as `Sequential` is.
  public let isSequential: Bool

  /// The name of an input that has none.
  public static let defaultInputName = "input_layer"

  /// A chain of layers.
  ///
  /// Names the layers as Keras does (`conv2d`, `conv2d_1`, …) and checks that each can take what the one before
  /// it gives.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` naming the layer.
  public init(input: Shape, layers: [any Layer]) throws(WhiskerError) {
    var connections: [Connection] = []
    for layer in layers {
      let last = connections.isEmpty ? Source.input : .layer(connections.count - 1)
      connections.append(Connection(layer, reads: [last]))
    }
    let output = connections.isEmpty ? Source.input : .layer(connections.count - 1)
    try self.init(input, Network.defaultInputName, connections, output: output, isSequential: true)
  }

  /// A graph of layers.
  ///
  /// Names the layers that have no name as Keras does (`conv2d`, `conv2d_1`, …) and checks that each can take what
  /// it reads, that it reads only what comes before it, and that the output depends on it.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` naming the layer.
  public init(
    input: Shape, inputName: String = Network.defaultInputName, connections: [Connection], output: Source
  ) throws(WhiskerError) {
    try self.init(input, inputName, connections, output: output, isSequential: false)
  }

  package init(
    _ input: Shape, _ inputName: String, _ connections: [Connection], output: Source, isSequential: Bool
  ) throws(WhiskerError) {
    guard input.rank >= 1, input.sizes.allSatisfy({ $0 > 0 }) else {
      throw WhiskerError(.shapeMismatch, "input", expected: "positive sizes", got: "\(input)")
    }
    try Network.checkSize(of: input, in: "input")
    var entries: [Entry] = []
    var names = LayerNames(taken: Set(connections.compactMap(\.layer.name)))
    // A functional model's input has a name among those of its layers.
    var taken: Set<String> = isSequential ? [] : [inputName]
    for connection in connections {
      let name = names.name(of: connection.layer)
      guard taken.insert(name).inserted else {
        throw WhiskerError(
          .duplicateName, name,
          expected: "one layer of this name",
          got: "two")
      }
      entries.append(try Network.entry(name, connection, input, entries))
    }
    self.input = input
    self.inputName = inputName
    self.layers = entries
    self.outputSource = output
    self.isSequential = isSequential
    try checkConnections()
    try checkSharing()
  }

  /// Every weight with its name in the network, in order.
  public var weights: [(name: String, specification: WeightSpecification)] {
    layers.flatMap { entry in entry.weights.map { (entry.stateName(of: $0), $0) } }
  }

  static func stateName(of weight: String, in layer: String) -> String { "\(layer)/\(weight)" }

  /// The weights that an optimizer changes, in order.
  public var trainableWeights: [(name: String, specification: WeightSpecification)] {
    layers.flatMap { entry in entry.trainableWeights.map { (entry.stateName(of: $0), $0) } }
  }

  /// The shape of one sample's result.
  public var output: Shape {
    switch outputSource {
    case .input: input
    case .layer(let index): layers[index].output
    }
  }

  /// The number of values in all weights.
  public var parameterCount: Int { layers.reduce(0) { $0 + $1.parameterCount } }

  /// First values for every weight, drawn from a key; those of another model's layers are that model's.
  public func initialWeights(_ key: RandomKey) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (index, weight) in weights.enumerated() {
      let specification = weight.specification
      var tensor = specification.initializer.tensor(specification.shape, key: key.derived(UInt64(index)))
      if specification.factor != 1 {
        for index in tensor.values.indices { tensor.values[index] *= specification.factor }
      }
      tensors[weight.name] = tensor
    }
    for entry in layers {
      for (name, tensor) in entry.origin?.weights ?? [:] {
        tensors[Network.stateName(of: name, in: entry.name)] = tensor
      }
    }
    return tensors
  }

  /// Keras's name of the network's class.
  package var className: String { isSequential ? "Sequential" : "Functional" }

  /// Appends the whole network to a graph.
  ///
  /// - Returns: the result `[N, …]`.
  public func append(to graph: inout Graph, input value: Value, phase: Phase) throws(WhiskerError) -> Value {
    try append(to: &graph, input: value, phase: phase) { $0 }
  }

  /// The same, where states of other names may serve for the weights.
  package func append(
    to graph: inout Graph, input value: Value, phase: Phase, state: (String) -> String
  ) throws(WhiskerError) -> Value {
    let results = try appendLayers(to: &graph, input: value, phase: phase, state: state)
    return switch outputSource {
    case .input: value
    case .layer(let index): results[index]
    }
  }

  /// Appends the whole network to a graph.
  ///
  /// - Returns: the result of each layer, `[N, …]`.
  /// - Parameter state: What the engine calls a weight; its name unless another is to serve for it.
  package func appendLayers(
    to graph: inout Graph, input value: Value, phase: Phase, state: (String) -> String = { $0 }
  ) throws(WhiskerError) -> [Value] {
    var context = LayerContext(graph: graph, phase: phase)
    var results: [Value] = []
    func result(of source: Source) -> Value {
      switch source {
      case .input: value
      case .layer(let index): results[index]
      }
    }
    for (index, entry) in layers.enumerated() {
      let owner = entry.owner.map { layers[$0] } ?? entry
      context.layerName = owner.name
      context.salt = index
      context.weights = [:]
      for weight in owner.weights {
        context.weights[weight.name] = try context.graph.state(
          state(owner.stateName(of: weight)), weight.shape)
      }
      let inputs = entry.sources.map { result(of: $0) }
      if let layer = entry.layer as? any MergingLayer {
        results.append(try layer(inputs, in: &context))
      } else {
        results.append(try entry.layer(inputs[0], in: &context))
      }
    }
    graph = context.graph
    return results
  }
}

extension Network {
  /// The same network with some layers frozen or unfrozen, by name.
  package func settingTrainable(_ trainability: [String: Bool]) -> Network {
    changingLayers { entry in
      var layer = entry.layer
      if let isTrainable = trainability[entry.name] { layer.isTrainable = isTrainable }
      return layer
    }
  }

  /// The same network with the rates of layers that drop something multiplied by a factor of at least 0.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting`, naming the first layer whose rate would be 1 or more.
  package func scalingDropout(by factor: Float) throws(WhiskerError) -> Network {
    func rate(of layer: any Layer) -> Float? {
      (layer as? Dropout)?.rate ?? (layer as? any DropoutLayer)?.rate
    }
    for entry in layers {
      guard let rate = rate(of: entry.layer), !(rate * factor < 1) else { continue }
      throw WhiskerError(
        .invalidSetting, entry.name, expected: "a rate below 1", got: "\(factor) times \(rate)")
    }
    return changingLayers { entry in
      if var layer = entry.layer as? Dropout {
        layer.rate *= factor
        return layer
      }
      guard var layer = entry.layer as? any DropoutLayer else { return entry.layer }
      layer.rate *= factor
      return layer
    }
  }

  /// The same network with other settings of layers, which change neither shapes nor weights.
  private func changingLayers(_ changed: (Entry) -> any Layer) -> Network {
    var network = self
    network.layers = layers.map { entry in
      Entry(
        name: entry.name, layer: changed(entry), sources: entry.sources, inputs: entry.inputs,
        output: entry.output, weights: entry.weights, owner: entry.owner, origin: entry.origin)
    }
    return network
  }

  /// The layers whose names match a pattern, such as `block[1-4]*`, and those of models whose names it matches; or,
  /// for `last 40 %`, the last two fifths of those with weights.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `noSuchLayer` if there are none, as a misspelt pattern must
  ///   be noticed.
  package func layers(matching pattern: String) throws(WhiskerError) -> [Entry] {
    if let share = Network.lastShare(pattern) {
      let weighted = layers.filter { !$0.weights.isEmpty }
      return weighted.suffix(max(1, Int((share * Double(weighted.count)).rounded())))
    }
    let glob = GlobPattern(pattern)
    let found = layers.filter { entry in
      glob.matches(entry.name) || entry.origin.map { glob.matches($0.model) } ?? false
    }
    guard !found.isEmpty else {
      throw WhiskerError(
        .noSuchLayer, pattern,
        expected: "the name of a layer or a pattern such as \"conv2d*\", or such as \"last 40 %\"",
        got: "one that fits none of the \(layers.count): "
          + layers.map(\.name).listed(limit: 12))
    }
    return found
  }

  /// The share that `last 40 %` says, above 0 and at most 1; nil for other patterns.
  private static func lastShare(_ pattern: String) -> Double? {
    guard pattern.hasPrefix("last "), pattern.hasSuffix("%"),
      let share = Double(pattern.dropFirst("last ".count).dropLast().filter { $0 != " " }),
      share > 0, share <= 100
    else { return nil }
    return share / 100
  }
}

extension Network.Entry {
  /// The layer with its name written into its settings, for files.
  package var namedLayer: any Layer {
    var layer = layer
    layer.name = name
    return layer
  }
}

extension Network {
  /// The name of what a source gives, as files and tables have it.
  package func name(of source: Source) -> String {
    switch source {
    case .input: inputName
    case .layer(let index): layers[index].name
    }
  }
}
