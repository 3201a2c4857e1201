public import WhiskerGraph
public import WhiskerLayers
public import WhiskerSystem
public import WhiskerTensors

/// A network with its weights: it is trained, measured and used for prediction.
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
  /// The seed of the initial weights.
  public let seed: UInt64
  /// What the model is called where it is part of another; nil for its class.
  public var name: String?

  /// What the network is made of.
  enum Definition {
    case chain([ModelPart])
    case functional(Input, LayerOutput)
    case network(Network)
  }

  /// What the network is made of; setting it discards everything derived from the previous value.
  var definition: Definition {
    didSet {
      builtNetwork = nil
      startedSession = nil
      compilation = nil
    }
  }

  private var builtNetwork: Network?
  /// The layers that were frozen or unfrozen after the model was made, by name.
  private var trainability: [String: Bool] = [:]
  /// Why the model is no longer compiled, for errors.
  package private(set) var needsCompiling: String?
  private var startedSession: ModelSession?
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
  /// - Throws: ``WhiskerSystem/WhiskerError`` naming the layer that doesn't fit.
  public func network() throws(WhiskerError) -> Network {
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

  /// The owner of weights, optimizer slots and steps taken, which begins with weights drawn from ``seed``.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the layers don't fit each other.
  package func session() throws(WhiskerError) -> ModelSession {
    if let startedSession { return startedSession }
    let key = RandomKey(seed: seed).derived("weights")
    let network = try network()
    try checkMemory(for: network)
    let weights = network.initialWeights(key)
    for (name, specification) in network.weights where weights[name]?.shape != specification.shape {
      throw WhiskerError(
        .weightMismatch, name, expected: "\(specification.shape) of the model that it comes from",
        got: weights[name]?.shape.description ?? "none", note: "it was made for another input")
    }
    let session = ModelSession(weights: weights)
    startedSession = session
    return session
  }

  private func checkMemory(for network: Network) throws(WhiskerError) {
    let sizes = network.weights.map {
      (name: $0.name, bytes: $0.specification.shape.count * MemoryLayout<Float>.stride)
    }
    guard let largest = sizes.max(by: { $0.bytes < $1.bytes }),
      let shortage = SystemMemory().shortage(of: sizes.reduce(0) { $0 + $1.bytes })
    else { return }
    throw WhiskerError(
      .invalidSetting, largest.name, expected: "fewer weights, or smaller photos",
      got: "a network that \(shortage)", note: "most of it is for this layer")
  }

  /// The weights by name: `conv2d/kernel`.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the layers don't fit each other, or the engine that trains them fails.
  public func weights() async throws(WhiskerError) -> [String: Tensor] { try await session().weights() }

  /// Weights, optimizer slots and steps taken.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the layers don't fit each other, or the engine that trains them fails.
  package func state() async throws(WhiskerError) -> TrainingState { try await session().state() }

  /// What training has resulted in so far: the averages where weights are averaged (``WhiskerLayers/WeightAveraging``), else
  /// everything as it is.
  package func result() async throws(WhiskerError) -> TrainingState { try await state().result }

  /// Replaces all weights; the optimizer starts anew.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if a weight is missing, unknown or of another shape.
  public func setWeights(_ weights: [String: Tensor]) throws(WhiskerError) {
    try setState(TrainingState(weights: weights))
  }

  /// Replaces weights, slots and steps taken.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if a weight is missing, unknown or of another shape.
  package func setState(_ state: TrainingState) throws(WhiskerError) {
    let expected = try network().weights
    for (name, specification) in expected {
      guard let tensor = state.weights[name] else {
        throw WhiskerError(.weightMismatch, name, expected: "a tensor \(specification.shape)", got: "none")
      }
      guard tensor.shape == specification.shape else {
        throw WhiskerError(
          .weightMismatch, name, expected: "\(specification.shape)", got: "\(tensor.shape)")
      }
    }
    if let unknown = Set(state.weights.keys).subtracting(expected.map(\.name)).min() {
      throw WhiskerError(
        .weightMismatch, unknown, expected: "a weight of the model", got: "an unknown name")
    }
    if let startedSession {
      startedSession.replace(with: state)
    } else {
      let session = ModelSession(weights: state.weights)
      session.replace(with: state)
      startedSession = session
    }
  }

  /// Chooses what training minimises, how, what is measured besides the loss, and on which engine.
  ///
  /// The weights stay; the optimizer starts anew. An engine serves one model.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the layers, the optimizer's settings, the loss or the metrics don't fit.
  public func compile(
    loss: Loss, optimizer: Optimizer = .rmsprop(), metrics: [Metric] = [.accuracy], engine: any Engine
  ) throws(WhiskerError) {
    try compile(
      Compilation(
        loss: loss, optimizer: optimizer, network: network(), metrics: metrics, engine: engine))
  }

  /// The same with an optimizer that resumes from a state: its slots and steps, which the model has or is
  /// given.
  package func compile(
    loss: Loss, optimizer: Optimizer, metrics: [Metric], goingOnFrom state: TrainingState, engine: any Engine
  ) throws(WhiskerError) {
    try compile(loss: loss, optimizer: optimizer, metrics: metrics, engine: engine)
    try setState(state)
  }

  private func compile(_ compilation: Compilation) throws(WhiskerError) {
    let network = try network()
    try compilation.optimizer.check()
    let loss = compilation.loss
    try loss.check(output: network.output)
    try Metric.check(
      compilation.metrics, classes: loss.classCount(output: network.output),
      isExclusive: loss.isExclusive(output: network.output))
    var slots: [String: Shape] = [:]
    for (name, weight) in network.trainableWeights {
      for slot in compilation.optimizer.slotNames { slots[Optimizer.slot(slot, of: name)] = weight.shape }
    }
    for (name, shape) in compilation.averages { slots[name] = shape }
    try session().begin(on: compilation.engine, slots: slots, averages: compilation.averages.map(\.name))
    needsCompiling = nil
    self.compilation = compilation
  }

  /// The error of a use that needs a compiled model.
  var notCompiled: WhiskerError {
    WhiskerError(
      .notCompiled, "model", expected: "a compiled model",
      got: needsCompiling.map { "one of which \($0)" } ?? "one that isn't",
      note: needsCompiling == nil ? "call compile first" : "compile it again")
  }

  /// The optimizer as the last training left it: with its current rate, and its schedule in steps; nil before
  /// the model is compiled.
  package var trainedOptimizer: Optimizer? {
    guard var optimizer = compilation?.optimizer else { return nil }
    if let rate = startedSession?.loweredRate { optimizer.learningRate = rate }
    if let length = startedSession?.length {
      optimizer.schedule = optimizer.schedule?.resolved(in: length)
    }
    return optimizer
  }

  /// The table of layers, shapes and weight counts that Keras users know.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` naming the layer that doesn't fit.
  public func summary() throws(WhiskerError) -> ModelSummary { ModelSummary(try network()) }
}
