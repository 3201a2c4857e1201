public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The slow, obvious engine: plain Swift in Double, close to the formulas.
///
/// Tests compare the fast engine with it. States are kept in Double too, and rounded to Float only
/// where they leave the engine.
public actor ReferenceEngine: Engine {
  public nonisolated let programs = ProgramLedger()
  private var states: [String: DoubleTensor] = [:]

  /// An engine that holds no states yet.
  public init() {}

  /// Checks a graph and makes the states it names.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the graph is malformed, or if the engine holds one of its states
  ///   in another shape.
  public func compile(_ graph: Graph) throws(WhiskerError) -> Program {
    try graph.verify()
    for (name, shape) in graph.states { try checkShape(of: name, shape) }
    for (name, shape) in graph.states where states[name] == nil { states[name] = DoubleTensor(shape) }
    let executable = Executable(graph)
    return programs.program(executable, byteCount: executable.peakByteCount)
  }

  /// Sets states by name; all of them, or none if it throws.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the engine holds one of them in another shape.
  public func load(_ states: [String: Tensor]) throws(WhiskerError) {
    for (name, tensor) in states { try checkShape(of: name, tensor.shape) }
    for (name, tensor) in states { self.states[name] = DoubleTensor(tensor) }
  }

  /// Forgets states.
  public func discard(_ names: [String]) {
    for name in names { states[name] = nil }
  }

  /// Copies states out, rounded to Float.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if there is no such state.
  public func read(_ names: [String]) throws(WhiskerError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for name in names {
      guard let state = states[name] else {
        throw WhiskerError(
          .badBinding, "state \(name)", expected: "a state of the engine", got: "an unknown name")
      }
      tensors[name] = state.rounded
    }
    return tensors
  }

  /// Computes the nodes one after another.
  ///
  /// A state read as a value is the one from before the run, wherever its update stands.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if an input is missing or of another shape than declared, if a target of a
  ///   sparse cross-entropy is no class, or with `outOfMemory`.
  public func run(_ program: Program, inputs: [String: Tensor]) throws(WhiskerError) -> [String: Tensor] {
    let executable: Executable = try programs.body(of: program)
    let graph = executable.graph
    try graph.check(inputs: inputs)
    if let shortage = SystemMemory().shortage(of: executable.peakByteCount) {
      throw WhiskerError(
        .outOfMemory, "memory", expected: "smaller batches or photos", got: "a run that \(shortage)")
    }

    for name in graph.states.keys.sorted() where states[name] == nil {
      throw WhiskerError(.badBinding, "state \(name)", expected: "a state of the engine", got: "none")
    }
    let statesBefore = states
    var values: [Value: DoubleTensor] = [:]
    for (index, node) in graph.nodes.enumerated() {
      let operands = node.operands.compactMap { values[$0] }
      values[Value(index: index)] = try result(of: node, operands, inputs: inputs, states: statesBefore)
      for value in executable.expiring[index] { values[value] = nil }
    }
    return graph.outputs.compactMapValues { values[$0]?.rounded }
  }

  /// One function per op; nil for an op without a result.
  private func result(
    of node: Graph.Node, _ x: [DoubleTensor], inputs: [String: Tensor], states: [String: DoubleTensor]
  ) throws(WhiskerError) -> DoubleTensor? {
    switch node.op {
    case .input(let name): return inputs[name].map(DoubleTensor.init)
    case .state(let name): return states[name]
    case .constant(let number, let shape): return DoubleTensor(shape, repeating: Double(number))
    case .add: return x[0].broadcast(to: node.shape).with(x[1].broadcast(to: node.shape), +)
    case .multiply: return x[0].broadcast(to: node.shape).with(x[1].broadcast(to: node.shape), *)
    case .scale(let factor): return x[0].map { Double(factor) * $0 }
    case .rescale(let factor, let offset): return x[0].map { Double(factor) * $0 + Double(offset) }
    case .broadcast(let shape): return x[0].broadcast(to: shape)
    case .reduce(let shape): return x[0].reduced(to: shape)
    case .sum: return DoubleTensor([], [x[0].sum])
    case .mean: return DoubleTensor([], [x[0].sum / Double(x[0].shape.count)])
    case .reshape(let shape): return x[0].reshaped(shape)
    case .transpose(let order): return x[0].transposed(order)
    case .pad(let edges): return x[0].shifted(to: node.shape, rows: edges.top, columns: edges.left)
    case .crop(let edges): return x[0].shifted(to: node.shape, rows: -edges.top, columns: -edges.left)
    case .concatenate(let axis): return DoubleTensor.concatenated(x, axis: axis, shape: node.shape)
    case .slice(let axis, let start, _): return x[0].slice(axis: axis, start: start, shape: node.shape)
    case .rectifier(let rectifier): return rectifier.result(x[0])
    case .rectifierGradient(let rectifier): return rectifier.gradient(x: x[0], g: x[1])
    case .activation(let activation): return activation.result(x[0])
    case .activationGradient(let activation): return activation.gradient(y: x[0], g: x[1])
    case .matrixProduct(let product):
      return product.result(x[0], x[1], bias: x.count == 3 ? x[2] : nil)
    case .convolution(let convolution):
      return convolution.result(x[0], kernel: x[1], bias: x.count == 3 ? x[2] : nil, shape: node.shape)
    case .convolutionInputGradient(let convolution, let shape):
      return convolution.inputGradient(kernel: x[0], g: x[1], shape: shape)
    case .convolutionKernelGradient(let convolution, let shape):
      return convolution.kernelGradient(x: x[0], g: x[1], shape: shape)
    case .biasGradient: return x[0].sumOverRows
    case .pooling(let pooling): return pooling.result(x[0], shape: node.shape)
    case .poolingGradient(let pooling): return pooling.gradient(x: x[0], y: x[1], g: x[2])
    case .channelMean: return x[0].channelMean
    case .channelVariance: return x[0].channelVariance
    case .normalization(let epsilon):
      return x[0].normalized(mean: x[1], variance: x[2], epsilon).scaled(by: x[3]).adding(bias: x[4])
    case .batchNormalization(let epsilon):
      return x[0].standardized(epsilon).scaled(by: x[1]).adding(bias: x[2])
    case .batchNormalizationGradient(let epsilon):
      return batchNormalizationGradient(x[0], gamma: x[1], g: x[2], epsilon)
    case .batchNormalizationScaleGradient(let epsilon):
      return x[0].standardized(epsilon).with(x[1], *).sumOverRows
    case .layerNormalization(let epsilon):
      return x[0].standardizedRows(epsilon).scaled(by: x[1]).adding(bias: x[2])
    case .layerNormalizationGradient(let epsilon):
      return layerNormalizationGradient(x[0], gamma: x[1], g: x[2], epsilon)
    case .layerNormalizationScaleGradient(let epsilon):
      return x[0].standardizedRows(epsilon).with(x[1], *).sumOverRows
    case .resample(let resampling): return resampling.result(x[0])
    case .resampleGradient(let resampling, let shape): return resampling.gradient(g: x[0], shape: shape)
    case .dropout(let rate, let salt): return dropout(x[0], seed: x[1], rate: rate, salt: salt)
    case .noise(let shape, let salt): return noise(shape, seed: x[0], salt: salt)
    case .crossentropy(let loss): return try loss.result(x[0], target: x[1])
    case .crossentropyGradient(let loss): return try loss.gradient(x[0], target: x[1], g: x[2])
    case .clipNorm(let bound):
      let factor = min(1, Double(bound) / x[1].scalar.squareRoot())
      return x[0].map { factor * $0 }
    case .update(let rule, let weightDecay, let state):
      update(
        state, by: rule, gradient: x[0], learningRate: x[1].scalar, step: x.count == 3 ? x[2].scalar : 1,
        weightDecay: Double(weightDecay))
      return nil
    case .movingAverage(let momentum, let state):
      moveAverage(state, momentum: Double(momentum), to: x[0])
      return nil
    case .blend(let state):
      moveAverage(state, momentum: 1 - x[1].scalar, to: x[0])
      return nil
    }
  }

  private func update(
    _ state: String, by rule: UpdateRule, gradient: DoubleTensor, learningRate: Double, step: Double,
    weightDecay: Double
  ) {
    guard var weight = states[state]?.map({ $0 - weightDecay * learningRate * $0 }) else { return }
    var slots: [UpdateRule.Slot: DoubleTensor] = [:]
    for slot in rule.slots { slots[slot] = states[slot.name(for: state)] }
    rule.apply(to: &weight, gradient: gradient, learningRate: learningRate, step: step, slots: &slots)
    states[state] = weight
    for (slot, tensor) in slots { states[slot.name(for: state)] = tensor }
  }

  private func moveAverage(_ state: String, momentum: Double, to x: DoubleTensor) {
    states[state] = states[state]?.with(x) { old, new in momentum * old + (1 - momentum) * new }
  }

  private func checkShape(of name: String, _ shape: Shape) throws(WhiskerError) {
    guard let state = states[name], state.shape != shape else { return }
    throw WhiskerError(.badBinding, "state \(name)", expected: "\(state.shape)", got: "\(shape)")
  }
}

/// A graph that knows when each of its values is read for the last time.
private struct Executable: Sendable {
  let graph: Graph
  /// For every node, the values that nobody reads after it.
  let expiring: [[Value]]
  /// Bytes of the values that are held at the same time, at most.
  let peakByteCount: Int

  init(_ graph: Graph) {
    self.graph = graph
    var lastReaders = Array(graph.nodes.indices)
    for (index, node) in graph.nodes.enumerated() {
      for operand in node.operands { lastReaders[operand.index] = index }
    }
    let kept = Set(graph.outputs.values)
    var expiring = [[Value]](repeating: [], count: graph.nodes.count)
    for (index, reader) in lastReaders.enumerated() where !kept.contains(Value(index: index)) {
      expiring[reader].append(Value(index: index))
    }
    self.expiring = expiring
    var (held, peak) = (0, 0)
    for (index, expiring) in expiring.enumerated() {
      held += graph.shape(of: Value(index: index)).count
      peak = max(peak, held)
      held -= expiring.reduce(0) { $0 + graph.shape(of: $1).count }
    }
    peakByteCount = peak * MemoryLayout<Double>.stride
  }
}
