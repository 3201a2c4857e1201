public import WhiskerGraph
public import WhiskerTensors

/// A model made of layers one after another, with its weights.
///
/// ```swift
/// let model = Sequential(input: [150, 150, 3]) {
///   Conv2D(32, kernel: 3, activation: .relu)
///   MaxPooling2D(2)
///   Flatten()
///   Dense(1, activation: .sigmoid)
/// }
/// ```
///
/// A model is used from one task at a time; to hand its weights elsewhere, copy ``weights``, which are a value.
public final class Sequential {
  /// The shape of one sample, `[height, width, channels]`.
  public let input: Shape
  /// The seed that first weights are drawn from.
  public let seed: UInt64
  /// The layers, first to last.
  public private(set) var layers: [any Layer]

  private var builtNetwork: Network?
  package var storedState: TrainingState?
  package var compilation: Compilation?

  /// A model for samples of a shape; layers may be appended later as well.
  public init(input: Shape, seed: UInt64 = 0, @LayersBuilder _ layers: () -> [any Layer] = { [] }) {
    self.input = input
    self.seed = seed
    self.layers = layers()
  }

  /// Appends a layer.
  ///
  /// What was compiled must be compiled again.
  public func append(_ layer: any Layer) {
    layers.append(layer)
    builtNetwork = nil
    storedState = nil
    compilation = nil
  }

  /// The layers with names and shapes.
  ///
  /// - Throws: ``ModelError`` naming the layer that doesn't fit.
  public func network() throws(ModelError) -> Network {
    if let builtNetwork { return builtNetwork }
    let network = try Network(input: input, layers: layers)
    builtNetwork = network
    return network
  }

  /// Weights, optimizer slots and steps taken.
  ///
  /// - Throws: ``ModelError`` if the layers don't fit each other.
  public func state() throws(ModelError) -> TrainingState {
    if let storedState { return storedState }
    let key = RandomKey(seed: seed).derived("weights")
    let state = TrainingState(weights: try network().initialWeights(key))
    storedState = state
    return state
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
  /// - Throws: ``ModelError`` if the layers, the optimizer's settings or the loss don't fit.
  public func compile(
    loss: Loss, optimizer: Optimizer = .rmsprop(), metrics: [Metric] = [.accuracy], engine: any Engine
  ) throws(ModelError) {
    try optimizer.check()
    try loss.check(output: network().output)
    storedState?.slots = [:]
    compilation = Compilation(loss: loss, optimizer: optimizer, metrics: metrics, engine: engine)
  }

  /// The table of layers, shapes and weight counts that Keras users know.
  ///
  /// - Throws: ``ModelError`` naming the layer that doesn't fit.
  public func summary() throws(ModelError) -> ModelSummary { ModelSummary(try network()) }
}

/// What ``Sequential/compile(loss:optimizer:metrics:engine:)`` chose, and the programs made so far.
package struct Compilation: Sendable {
  package let loss: Loss
  package let optimizer: Optimizer
  package let metrics: [Metric]
  package let engine: any Engine
  /// Programs by what they are for.
  package var programs: [ProgramKey: Program] = [:]
  /// What the engine holds of the model's state as it is now.
  package var engineContents = EngineContents.nothing

  /// How much of a model's state an engine holds; prediction needs no slots.
  package enum EngineContents: Int, Comparable, Sendable {
    case nothing, weights, weightsAndSlots

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// What a program is for.
  package struct ProgramKey: Hashable, Sendable {
    package let purpose: Purpose
    package let batchSize: Int
    /// Whether each sample counts in the loss with a weight of its own.
    package let isWeighted: Bool

    package init(_ purpose: Purpose, batchSize: Int, isWeighted: Bool) {
      self.purpose = purpose
      self.batchSize = batchSize
      self.isWeighted = isWeighted
    }
  }

  /// The three graphs made of a model.
  package enum Purpose: Hashable, Sendable {
    case training, evaluation, prediction
  }
}
