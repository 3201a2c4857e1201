public import WhiskerGraph
public import WhiskerTensors

/// A chain of layers whose names are given and whose shapes are known to fit.
public struct Network: Sendable {
  /// One layer in its place.
  public struct Entry: Sendable {
    /// The layer's name, unique in the network.
    public let name: String
    /// The layer.
    public let layer: any Layer
    /// The shape of one sample on the way in.
    public let input: Shape
    /// The shape of one sample on the way out.
    public let output: Shape
    /// The layer's weights.
    public let weights: [WeightSpecification]

    /// The name of one of the layer's weights in the whole network: `conv2d/kernel`.
    public func stateName(of weight: WeightSpecification) -> String { "\(name)/\(weight.name)" }

    /// The number of values in the layer's weights.
    public var parameterCount: Int { weights.reduce(0) { $0 + $1.shape.count } }
  }

  /// The shape of one sample.
  public let input: Shape
  /// The layers, first to last.
  public let layers: [Entry]

  /// Names the layers as Keras does (`conv2d`, `conv2d_1`, …) and checks that each can take what the one before
  /// it gives.
  ///
  /// - Throws: ``ModelError`` naming the layer.
  public init(input: Shape, layers: [any Layer]) throws(ModelError) {
    guard input.rank >= 1, input.sizes.allSatisfy({ $0 > 0 }) else {
      throw ModelError(.shapeMismatch, layer: "input", "expected positive sizes, got \(input)")
    }
    try Network.checkSize(of: input, in: "input")
    self.input = input
    var entries: [Entry] = []
    var counts: [String: Int] = [:]
    var shape = input
    for layer in layers {
      let name = Network.name(of: layer, &counts)
      guard !entries.contains(where: { $0.name == name }) else {
        throw ModelError(.duplicateName, layer: name, "expected one layer of this name, got two")
      }
      let output: Shape
      do {
        output = try layer.outputShape(for: shape)
      } catch {
        throw ModelError(error.code, layer: name, error.message)
      }
      let weights = layer.weights(for: shape)
      for tensor in [output] + weights.map(\.shape) { try Network.checkSize(of: tensor, in: name) }
      entries.append(Entry(name: name, layer: layer, input: shape, output: output, weights: weights))
      shape = output
    }
    self.layers = entries
  }

  /// The most values that one sample or one weight may hold: 8 GB of them.
  private static let largestCount = 1 << 31

  /// Refuses tensors that no memory would hold, whose sizes might not even multiply.
  private static func checkSize(of tensor: Shape, in layer: String) throws(ModelError) {
    var count = 1
    for size in tensor.sizes {
      let (product, overflows) = count.multipliedReportingOverflow(by: size)
      guard !overflows, product <= largestCount else {
        throw ModelError(
          .invalidSetting, layer: layer,
          "expected tensors of at most \(largestCount) values, got one of \(tensor)")
      }
      count = product
    }
  }

  private static func name(of layer: any Layer, _ counts: inout [String: Int]) -> String {
    if let name = layer.name { return name }
    let base = type(of: layer).defaultName
    let number = counts[base, default: 0]
    counts[base] = number + 1
    return number == 0 ? base : "\(base)_\(number)"
  }

  /// The shape of one sample's result.
  public var output: Shape { layers.last?.output ?? input }

  /// Every weight with its name in the network, in order.
  public var weights: [(name: String, specification: WeightSpecification)] {
    layers.flatMap { entry in entry.weights.map { (entry.stateName(of: $0), $0) } }
  }

  /// The number of values in all weights.
  public var parameterCount: Int { layers.reduce(0) { $0 + $1.parameterCount } }

  /// First values for every weight, drawn from a key.
  public func initialWeights(_ key: RandomKey) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (index, weight) in weights.enumerated() {
      tensors[weight.name] = weight.specification.initializer.tensor(
        weight.specification.shape, key: key.derived(UInt64(index)))
    }
    return tensors
  }

  /// Appends the whole network to a graph.
  ///
  /// - Returns: the result `[N, …]`.
  public func append(to graph: inout Graph, input value: Value, phase: Phase) throws(GraphError) -> Value {
    var context = LayerContext(graph: graph, phase: phase)
    var value = value
    for (index, entry) in layers.enumerated() {
      context.salt = index
      context.weights = [:]
      for weight in entry.weights {
        context.weights[weight.name] = try context.graph.state(entry.stateName(of: weight), weight.shape)
      }
      value = try entry.layer(value, in: &context)
    }
    graph = context.graph
    return value
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
