import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerTensors

/// A compiled model at work: moves weights between model and engine, and runs its programs.
final class CompiledModel {
  /// What one batch gave.
  struct BatchResult {
    let count: Int
    let loss: Double
    /// How many samples were classified correctly.
    let score: Double
    let predictions: Tensor
  }

  private let model: Model
  private let network: Network
  private let dropoutKey: RandomKey
  private let stepsPerEpoch: Int
  /// The model's own, so that whoever else uses the model at the same time sees what this has made and changed.
  private var compilation: Compilation {
    get { model.compilation ?? compilationAtFirst }
    set { model.compilation = newValue }
  }
  private let compilationAtFirst: Compilation

  /// - Parameters:
  ///   - seed: What dropout is drawn from.
  ///   - stepsPerEpoch: Steps in an epoch, for training.
  /// - Throws: ``WhiskerLayers/ModelError`` if the model isn't compiled.
  init(_ model: Model, seed: UInt64 = 0, stepsPerEpoch: Int = 1) throws(ModelError) {
    guard let compilation = model.compilation else {
      let reason = model.needsCompiling.map { ", got one of which \($0): compile it again" }
      throw ModelError(
        .notCompiled, layer: "model", "expected a compiled model\(reason ?? ": call compile first")")
    }
    self.model = model
    compilationAtFirst = compilation
    network = try model.network()
    dropoutKey = RandomKey(seed: seed).derived("dropout")
    self.stepsPerEpoch = stepsPerEpoch
  }

  /// Begins a training, or goes on with one whose rate was lowered to `rate`, or not lowered.
  func beginTraining(loweredRate rate: Float?) {
    compilation.stepsPerEpoch = stepsPerEpoch
    compilation.loweredRate = rate
  }

  /// Refuses to train a network that is frozen throughout.
  func checkTrainability() throws(ModelError) {
    guard network.trainableWeights.isEmpty,
      let frozen = network.layers.first(where: { !$0.layer.isTrainable })
    else { return }
    throw ModelError(
      .invalidSetting, layer: frozen.name, "expected at least one layer to be trained, got all of them frozen"
    )
  }

  /// Checks that samples and labels are of the shapes that the network and its loss take.
  func check(_ data: any BatchSource) throws(ModelError) {
    try check(samples: data.sampleShape, labels: data.labelShape)
  }

  /// Checks the shapes of a sample and of its label.
  func check(samples: Shape, labels: Shape) throws(ModelError) {
    guard samples == network.input else {
      throw ModelError(.dataMismatch, layer: "data", "expected samples \(network.input), got \(samples)")
    }
    let target = compilation.loss.targetShape(output: network.output)
    guard labels == target else {
      throw ModelError(
        .dataMismatch, layer: "data",
        "expected labels \(target) for an output \(network.output) and \(compilation.loss.kind.rawValue) "
          + "cross-entropy, got \(labels == [0] ? "none" : "\(labels)")")
    }
  }

  /// Checks that labels are what the loss expects, class numbers that exist or probabilities, and weights likewise.
  private func check(_ batch: Batch) throws(ModelError) {
    let labels = batch.labels
    let classes = Float(network.output[0])
    let wrong =
      switch compilation.loss.kind {
      case .sparseCategorical:
        labels.values.first { !($0 >= 0 && $0 < classes && $0 == $0.rounded(.down)) }
      case .binary, .categorical: labels.values.first { !($0 >= 0 && $0 <= 1) }
      }
    if let wrong {
      let expected = compilation.loss.kind == .sparseCategorical ? "0 to \(Int(classes) - 1)" : "from 0 to 1"
      throw ModelError(.dataMismatch, layer: "labels", "expected \(expected), got \(wrong)")
    }
    if let wrong = batch.weights?.values.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw ModelError(.dataMismatch, layer: "weights", "expected numbers of at least 0, got \(wrong)")
    }
  }

  /// Hands the engine what it lacks of the model's weights and, for training, of the optimizer's slots.
  func loadEngine(for purpose: Compilation.Purpose) async throws {
    let needed: Compilation.EngineContents = purpose == .training ? .weightsAndSlots : .weights
    guard compilation.engineContents < needed else { return }
    let state = try model.state()
    var tensors = compilation.engineContents == .nothing ? state.weights : [:]
    for (name, weight) in network.trainableWeights where needed == .weightsAndSlots {
      for slot in compilation.optimizer.rule.slots {
        let slotName = slot.name(for: name)
        tensors[slotName] = state.slots[slotName] ?? Tensor(shape: weight.shape)
      }
    }
    try await compilation.engine.load(tensors)
    compilation.engineContents = needed
  }

  /// Takes the engine's weights and slots back into the model.
  func storeState() async throws {
    let slots = network.trainableWeights.flatMap { weight in
      compilation.optimizer.rule.slots.map { $0.name(for: weight.name) }
    }
    model.storedState?.weights = try await compilation.engine.read(network.weights.map(\.name))
    model.storedState?.slots = try await compilation.engine.read(slots)
  }

  /// Takes a state that was saved, after checking that its weights are the model's and its slots the optimizer's.
  func adopt(_ state: TrainingState) throws(ModelError) {
    let before = try model.state()
    try model.setWeights(state.weights)
    do {
      try checkSlots(of: state)
    } catch {
      restore(before)
      throw error
    }
    restore(state)
  }

  private func checkSlots(of state: TrainingState) throws(ModelError) {
    let slots = compilation.optimizer.rule.slots
    var expected: [String: Shape] = [:]
    for (name, weight) in network.trainableWeights {
      for slot in slots { expected[slot.name(for: name)] = weight.shape }
    }
    for (name, tensor) in state.slots.sorted(by: { $0.key < $1.key }) {
      guard let shape = expected[name] else {
        throw ModelError(
          .weightMismatch, layer: name,
          "expected a slot of \(compilation.optimizer.name), got an unknown name")
      }
      guard tensor.shape == shape else {
        throw ModelError(.weightMismatch, layer: name, "expected \(shape), got \(tensor.shape)")
      }
    }
  }

  /// The state as the engine has it now, which the model takes over.
  func currentState() async throws -> TrainingState {
    try await storeState()
    return try model.state()
  }

  /// Replaces the weights and leaves the optimizer as it is.
  func restore(weights: [String: Tensor]) throws {
    var state = try model.state()
    state.weights = weights
    restore(state)
  }

  /// Gives up what the engine holds for what the model held before.
  func restore(_ state: TrainingState) { model.replaceState(state) }

  /// The learning rate where a plateau has lowered it; nil for the optimizer's own.
  var loweredRate: Float? {
    get { compilation.loweredRate }
    set { compilation.loweredRate = newValue }
  }

  /// The optimizer's learning rate, or what it was lowered to.
  var learningRate: Float { loweredRate ?? compilation.optimizer.learningRate }

  /// What takes the predictions of an epoch or a pass; nil if no more than the accuracy is to be measured.
  var metricTally: MetricTally? {
    MetricTally(beside: compilation.metrics, outputCount: network.output[0])
  }

  /// What the model was compiled to measure.
  var metrics: [Metric] { compilation.metrics }

  /// Whether the rate follows a schedule.
  var hasSchedule: Bool { compilation.optimizer.schedule != nil }

  /// The rate of the last step that was taken.
  func lastRate() throws -> Float { try rate(at: max(0, model.state().optimizerStep - 1)) }

  private func rate(at step: Int) -> Float {
    var optimizer = compilation.optimizer
    optimizer.learningRate = learningRate
    return optimizer.rate(at: step, stepsPerEpoch: stepsPerEpoch)
  }

  /// Takes one optimizer step.
  func train(on batch: Batch) async throws -> BatchResult {
    let state = try model.state()
    let (step, optimizerStep) = (state.step, state.optimizerStep)
    let result = try await measure(
      batch, .training,
      [
        ModelGraphs.Name.seed: dropoutKey.derived(UInt64(step)).tensor,
        ModelGraphs.Name.learningRate: Tensor(rate(at: optimizerStep)),
        ModelGraphs.Name.step: Tensor(Float(optimizerStep + 1)),
      ])
    model.storedState?.step = step + 1
    model.storedState?.optimizerStep = optimizerStep + 1
    return result
  }

  /// Measures one batch, on request as it is and mirrored.
  func evaluate(
    _ batch: Batch, augmentation: TestTimeAugmentation? = nil
  ) async throws -> BatchResult {
    let result = try await measure(batch, .evaluation, [:])
    guard let augmentation else { return result }
    let other = try await measure(augmentation.changed(batch), .evaluation, [:])
    let predictions = Tensor(
      shape: result.predictions.shape,
      values: zip(result.predictions.values, other.predictions.values).map { ($0 + $1) / 2 })
    return BatchResult(
      count: batch.count, loss: (result.loss + other.loss) / 2,
      score: Metric.accuracy.score(
        predictions: predictions, targets: batch.labels, kind: compilation.loss.kind),
      predictions: predictions)
  }

  /// A layer's result for images, and the gradient of `Σ selection · score` with respect to it; see ``ModelGraphs``.
  func attention(
    to layer: Int, images: Tensor, selection: Tensor
  ) async throws -> (features: Tensor, gradients: Tensor) {
    let results = try await run(
      .attention(layer: layer), images.shape[0],
      [ModelGraphs.Name.images: images, ModelGraphs.Name.selection: selection])
    return (
      try output(ModelGraphs.Name.features, of: results),
      try output(ModelGraphs.Name.featureGradients, of: results)
    )
  }

  private func measure(
    _ batch: Batch, _ purpose: Compilation.Purpose, _ settings: [String: Tensor]
  ) async throws -> BatchResult {
    try check(batch)
    var inputs = settings
    inputs[ModelGraphs.Name.images] = batch.images
    inputs[ModelGraphs.Name.labels] = batch.labels
    inputs[ModelGraphs.Name.weights] = batch.weights
    let results = try await run(purpose, batch.count, inputs)
    let predictions = try output(ModelGraphs.Name.predictions, of: results)
    let loss = try output(ModelGraphs.Name.loss, of: results).values[0]
    let score = Metric.accuracy.score(
      predictions: predictions, targets: batch.labels, kind: compilation.loss.kind)
    return BatchResult(count: batch.count, loss: Double(loss), score: score, predictions: predictions)
  }

  /// Measures one pass over some data, or `steps` batches spread over it.
  func score(
    _ data: any BatchSource, steps: Int?, onStep: (_ step: Int, _ steps: Int) async throws -> Void
  ) async throws -> History.Score {
    var (tally, metrics) = (Tally(), metricTally)
    let batches = data.evaluationBatches(batchSize: nil, steps: steps)
    var step = 0
    for try await batch in batches {
      try Task.checkCancellation()
      let result = try await evaluate(batch)
      tally.add(result)
      metrics?.add(result.predictions, of: batch)
      step += 1
      try await onStep(step, batches.count ?? step)
    }
    return History.Score(loss: tally.loss, accuracy: tally.accuracy, metrics: metrics?.values ?? [:])
  }

  /// Probabilities for images `[N, …]`, computed a batch at a time.
  func predict(_ images: Tensor, batchSize: Int) async throws -> Tensor {
    let (count, size) = (images.shape[0], network.input.count)
    var values: [Float] = []
    for start in stride(from: 0, to: count, by: batchSize) {
      try Task.checkCancellation()
      let rows = min(batchSize, count - start)
      let batch =
        rows == count
        ? images
        : Tensor(
          shape: network.input.batched(rows),
          values: Array(images.values[start * size..<(start + rows) * size]))
      let results = try await run(.prediction, rows, [ModelGraphs.Name.images: batch])
      values += try output(ModelGraphs.Name.predictions, of: results).values
    }
    return Tensor(shape: network.output.batched(count), values: values)
  }

  private func output(_ name: String, of results: [String: Tensor]) throws(GraphError) -> Tensor {
    guard let tensor = results[name] else {
      throw GraphError(.malformed, name, "expected an output of the program, got none")
    }
    return tensor
  }

  /// Runs the program for a purpose and batch size, made when it is first needed; weights among the inputs make it a
  /// weighted one.
  private func run(
    _ purpose: Compilation.Purpose, _ batchSize: Int, _ inputs: [String: Tensor]
  ) async throws -> [String: Tensor] {
    let isWeighted = inputs[ModelGraphs.Name.weights] != nil
    let key = Compilation.ProgramKey(purpose, batchSize: batchSize, isWeighted: isWeighted)
    let program: Program
    if let known = compilation.programs[key] {
      program = known
    } else {
      program = try await compilation.engine.compile(graph(key))
      compilation.programs[key] = program
    }
    return try await compilation.engine.run(program, inputs: inputs)
  }

  private func graph(_ key: Compilation.ProgramKey) throws(GraphError) -> Graph {
    let graphs = ModelGraphs(network, isWeighted: key.isWeighted)
    return switch key.purpose {
    case .training:
      try graphs.training(
        batchSize: key.batchSize, loss: compilation.loss, rule: compilation.optimizer.rule,
        weightDecay: compilation.optimizer.weightDecay, rateFactors: compilation.rateFactors)
    case .evaluation: try graphs.evaluation(batchSize: key.batchSize, loss: compilation.loss)
    case .prediction: try graphs.prediction(batchSize: key.batchSize)
    case .attention(let layer): try graphs.attention(batchSize: key.batchSize, layer: layer)
    }
  }
}

/// Means over batches of different sizes.
struct Tally: Hashable, Codable {
  private(set) var count = 0
  private var lossSum = 0.0
  private var scoreSum = 0.0

  /// The mean loss.
  var loss: Double { count == 0 ? 0 : lossSum / Double(count) }
  /// The accuracy.
  var accuracy: Double { count == 0 ? 0 : scoreSum / Double(count) }

  mutating func add(_ result: CompiledModel.BatchResult) {
    count += result.count
    lossSum += result.loss * Double(result.count)
    scoreSum += result.score
  }
}
