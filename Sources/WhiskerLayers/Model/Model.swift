public import WhiskerGraph
public import WhiskerTensors

/// A network with its weights: what is trained, measured and used.
///
/// ``Sequential`` makes one of a chain of layers. Layers that branch and meet again are called one on another:
///
/// ```swift
/// let input = Input([150, 150, 3])
/// let shortcut = Conv2D(32, kernel: 3, padding: .same, activation: .relu)(input)
/// var x = Conv2D(32, kernel: 3, padding: .same)(shortcut)
/// x = Add()(x, shortcut)
/// x = Dense(1, activation: .sigmoid)(GlobalAveragePooling2D()(x))
/// let model = Model(input: input, output: x)
/// ```
///
/// A model has one input and one output, and is used from one task at a time; to hand its weights elsewhere, copy
/// ``weights()``, which are a value.
public class Model {
  /// The shape of one sample, `[height, width, channels]`.
  public let input: Shape
  /// The seed that first weights are drawn from.
  public let seed: UInt64
  /// What the model is called where it is part of another; nil for its class.
  public var name: String?

  /// What the network is made of.
  enum Definition {
    case chain([ModelPart])
    case functional(Input, LayerOutput)
    case network(Network)
  }

  /// What the network is made of; to set it is to forget all that came of what it was before.
  var definition: Definition {
    didSet {
      builtNetwork = nil
      storedState = nil
      compilation = nil
    }
  }

  private var builtNetwork: Network?
  /// The layers that were frozen or unfrozen after the model was made, by name.
  private var trainability: [String: Bool] = [:]
  /// Why there is no compilation any more, for errors.
  package private(set) var needsCompiling: String?
  package var storedState: TrainingState?
  package var compilation: Compilation?

  /// The layers that lead from an input to a result.
  public convenience init(input: Input, output: LayerOutput, seed: UInt64 = 0) {
    self.init(input: input.shape, seed: seed, .functional(input, output))
  }

  /// A network that is known already, as files have it.
  public convenience init(_ network: Network, seed: UInt64 = 0) {
    self.init(input: network.input, seed: seed, .network(network))
  }

  init(input: Shape, seed: UInt64, _ definition: Definition) {
    self.input = input
    self.seed = seed
    self.definition = definition
  }

  /// The layers with names and shapes.
  ///
  /// - Throws: ``ModelError`` naming the layer that doesn't fit.
  public func network() throws(ModelError) -> Network {
    if let builtNetwork { return builtNetwork }
    var network =
      switch definition {
      case .chain(let parts): try Network(input: input, parts: parts)
      case .functional(let input, let output): try Network(from: input, to: output)
      case .network(let network): network
      }
    network = network.settingTrainable(trainability)
    builtNetwork = network
    return network
  }

  /// Freezes layers or unfreezes them, keeping all weights; where that changes anything, the model must be compiled again.
  func setTrainable(_ isTrainable: Bool, _ entries: [Network.Entry]) {
    let changed = entries.filter { entry in
      var layer = entry.layer
      layer.isTrainable = isTrainable
      // A layer without weights can't be frozen.
      return layer.isTrainable == isTrainable && entry.layer.isTrainable != isTrainable
    }
    guard !changed.isEmpty else { return }
    for entry in changed { trainability[entry.name] = isTrainable }
    builtNetwork = builtNetwork?.settingTrainable(trainability)
    guard compilation != nil else { return }
    compilation = nil
    needsCompiling = "\(changed[0].name) was \(isTrainable ? "unfrozen" : "frozen") since it was compiled"
  }

  /// Weights, optimizer slots and steps taken.
  ///
  /// - Throws: ``ModelError`` if the layers don't fit each other.
  public func state() throws(ModelError) -> TrainingState {
    if let storedState { return storedState }
    let key = RandomKey(seed: seed).derived("weights")
    let network = try network()
    try checkMemory(for: network)
    let state = TrainingState(weights: network.initialWeights(key))
    for (name, specification) in network.weights where state.weights[name]?.shape != specification.shape {
      throw ModelError(
        .weightMismatch, layer: name,
        "expected \(specification.shape) of the model that it comes from, got "
          + "\(state.weights[name]?.shape.description ?? "none"): it was made for another input")
    }
    storedState = state
    return state
  }

  private func checkMemory(for network: Network) throws(ModelError) {
    let sizes = network.weights.map {
      (name: $0.name, bytes: $0.specification.shape.count * MemoryLayout<Float>.stride)
    }
    guard let largest = sizes.max(by: { $0.bytes < $1.bytes }),
      let shortage = SystemMemory().shortage(of: sizes.reduce(0) { $0 + $1.bytes })
    else { return }
    throw ModelError(
      .invalidSetting, layer: largest.name,
      "expected fewer weights, or smaller photos: the network \(shortage), most of it for this layer")
  }

  /// The weights by name: `conv2d/kernel`.
  ///
  /// - Throws: ``ModelError`` if the layers don't fit each other.
  public func weights() throws(ModelError) -> [String: Tensor] { try state().weights }

  /// Replaces all weights; the optimizer starts afresh.
  ///
  /// - Throws: ``ModelError`` if a weight is missing, unknown or of another shape.
  public func setWeights(_ weights: [String: Tensor]) throws(ModelError) {
    let expected = try network().weights
    for (name, specification) in expected {
      guard let tensor = weights[name] else {
        throw ModelError(.weightMismatch, layer: name, "expected a tensor \(specification.shape), got none")
      }
      guard tensor.shape == specification.shape else {
        throw ModelError(
          .weightMismatch, layer: name, "expected \(specification.shape), got \(tensor.shape)")
      }
    }
    if let unknown = Set(weights.keys).subtracting(expected.map(\.name)).min() {
      throw ModelError(.weightMismatch, layer: unknown, "expected a weight of the model, got an unknown name")
    }
    replaceState(TrainingState(weights: weights))
  }

  /// Takes a state whose names and shapes are known to fit.
  package func replaceState(_ state: TrainingState) {
    storedState = state
    compilation?.engineContents = .nothing
  }

  /// Chooses what training minimises, how, what is measured beside the loss, and on which engine.
  ///
  /// The weights stay; the optimizer starts afresh. An engine serves one model.
  ///
  /// - Throws: ``ModelError`` if the layers, the optimizer's settings, the loss or the metrics don't fit.
  public func compile(
    loss: Loss, optimizer: Optimizer = .rmsprop(), metrics: [Metric] = [.accuracy], engine: any Engine
  ) throws(ModelError) {
    try optimizer.check()
    let rateFactors = try optimizer.rateFactors(in: network())
    try loss.check(output: network().output)
    try Metric.check(
      metrics, classes: loss.classCount(output: network().output),
      isExclusive: loss.isExclusive(output: network().output))
    storedState?.slots = [:]
    storedState?.optimizerStep = 0
    needsCompiling = nil
    compilation = Compilation(
      loss: loss, optimizer: optimizer, rateFactors: rateFactors, metrics: metrics, engine: engine)
  }

  /// The table of layers, shapes and weight counts that Keras users know.
  ///
  /// - Throws: ``ModelError`` naming the layer that doesn't fit.
  public func summary() throws(ModelError) -> ModelSummary { ModelSummary(try network()) }
}
