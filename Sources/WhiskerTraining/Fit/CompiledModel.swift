import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// Runs a compiled model: makes graphs of its network and settings, and has its session run them.
struct CompiledModel {
  /// The results of one batch.
  struct BatchResult {
    let count: Int
    let loss: Double
    /// How many samples were classified correctly.
    let score: Double
    let predictions: Tensor
  }

  /// The owner of everything that training changes.
  let session: ModelSession
  private let network: Network
  private let compilation: Compilation
  private let dropoutKey: RandomKey
  private let length: TrainingLength
  private let classWeights: ClassWeights?

  /// - Parameters:
  ///   - seed: The seed of dropout.
  ///   - length: How long is trained.
  ///   - classWeights: How much each class counts in the loss of training; nil counts each as 1.
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the model isn't compiled, or the weights don't fit it.
  init(
    _ model: Model, seed: UInt64 = 0, length: TrainingLength = TrainingLength(stepsPerEpoch: 1),
    classWeights: [Float]? = nil
  ) throws(WhiskerError) {
    guard let compilation = model.compilation else {
      throw model.notCompiled
    }
    self.compilation = compilation
    session = try model.session()
    let network = try model.network()
    self.network = network
    dropoutKey = RandomKey(seed: seed).derived("dropout")
    self.length = length
    self.classWeights = try classWeights.map { weights throws(WhiskerError) in
      try ClassWeights(weights, outputs: network.output[0], loss: compilation.loss)
    }
  }

  /// Begins training, or resumes it with the rate lowered to `rate`, or not lowered.
  func beginTraining(loweredRate rate: Float?) {
    session.length = length
    session.loweredRate = rate
  }

  /// Refuses to train a network whose layers are all frozen.
  func checkTrainability() throws(WhiskerError) {
    guard network.trainableWeights.isEmpty,
      let frozen = network.layers.first(where: { !$0.layer.isTrainable })
    else { return }
    throw WhiskerError(
      .invalidSetting, frozen.name, expected: "at least one layer to be trained", got: "all of them frozen"
    )
  }

  /// Checks that samples and labels are of the shapes that the network and its loss take.
  func check(_ data: any BatchSource) throws(WhiskerError) {
    try check(samples: data.sampleShape, labels: data.labelShape)
  }

  /// Checks samples and labels of a stage, whose samples may be of another size.
  func check(_ data: any BatchSource, dropoutFactor: Float) throws(WhiskerError) {
    _ = try form(of: data.sampleShape, dropoutFactor: dropoutFactor)?.network(of: network)
    try check(samples: network.input, labels: data.labelShape)
  }

  /// The form that the network has for samples of a shape; nil for its own.
  private func form(of sample: Shape, dropoutFactor: Float) -> NetworkForm? {
    sample == network.input && dropoutFactor == 1
      ? nil : NetworkForm(input: sample, dropoutFactor: dropoutFactor)
  }

  /// Checks the shape of a sample.
  func check(samples: Shape) throws(WhiskerError) {
    guard samples == network.input else {
      throw WhiskerError(.dataMismatch, "data", expected: "samples \(network.input)", got: "\(samples)")
    }
  }

  /// Checks the shapes of a sample and of its label.
  func check(samples: Shape, labels: Shape) throws(WhiskerError) {
    try check(samples: samples)
    let target = compilation.loss.targetShape(output: network.output)
    guard labels == target else {
      throw WhiskerError(
        .dataMismatch, "data",
        expected: "labels \(target) for an output \(network.output) and \(compilation.loss.kind.rawValue) "
          + "cross-entropy", got: "\(labels == [0] ? "none" : "\(labels)")")
    }
  }

  /// Checks that labels are what the loss expects, class numbers that exist or probabilities, and weights likewise.
  private func check(_ batch: Batch) throws(WhiskerError) {
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
      throw WhiskerError(.dataMismatch, "labels", expected: "\(expected)", got: "\(wrong)")
    }
    if let wrong = batch.weights?.values.first(where: { !($0 >= 0 && $0.isFinite) }) {
      throw WhiskerError(.dataMismatch, "weights", expected: "numbers of at least 0", got: "\(wrong)")
    }
  }

  /// Resumes from a saved state, after checking that its weights are the model's and its slots the optimizer's.
  func goOn(from state: TrainingState, of model: Model) throws(WhiskerError) {
    var expected: [String: Shape] = [:]
    for (name, weight) in network.trainableWeights {
      for slot in compilation.optimizer.slotNames {
        expected[Optimizer.slot(slot, of: name)] = weight.shape
      }
    }
    for (name, shape) in compilation.averages { expected[name] = shape }
    for (name, tensor) in state.slots.sorted(by: { $0.key < $1.key }) {
      guard let shape = expected[name] else {
        throw WhiskerError(
          .weightMismatch, name, expected: "a slot of \(compilation.optimizer.name)", got: "an unknown name")
      }
      guard tensor.shape == shape else {
        throw WhiskerError(.weightMismatch, name, expected: "\(shape)", got: "\(tensor.shape)")
      }
    }
    try model.setState(state)
  }

  /// Why the weights can't be used for training; nil if they can.
  ///
  /// The engine sums up the squares of each weight; only those are copied whose sum gives reason to look.
  func weightComplaint() async throws -> (expected: String, got: String)? {
    let sums = try await run(.magnitudes, 0, [:])
    let limit = TrainingState.largestWeight * TrainingState.largestWeight
    let suspects = sums.filter { !($0.value.values[0] <= limit) }.keys
    guard !suspects.isEmpty else { return nil }
    return TrainingState(weights: try await session.weights(suspects)).complaint
  }

  /// The optimizer's learning rate, or what it was lowered to.
  var learningRate: Float { session.loweredRate ?? compilation.optimizer.learningRate }

  /// The tally of an epoch's or a pass's predictions; nil if only the accuracy is measured.
  var metricTally: MetricTally? {
    MetricTally(beside: compilation.metrics, outputCount: network.output[0])
  }

  /// The shape of the network's result for one sample.
  var output: Shape { network.output }

  /// What the targets of the model's loss are.
  var lossKind: Crossentropy.Kind { compilation.loss.kind }

  /// What the model was compiled to measure.
  var metrics: [Metric] { compilation.metrics }

  /// Whether the rate follows a schedule.
  var hasSchedule: Bool { compilation.optimizer.schedule != nil }

  /// The rate of the last step that was taken.
  var lastRate: Float { rate(at: max(0, session.optimizerStep - 1) / accumulationSteps) }

  private var accumulationSteps: Int { compilation.optimizer.accumulationSteps }

  private func rate(at step: Int) -> Float {
    var optimizer = compilation.optimizer
    optimizer.learningRate = learningRate
    return optimizer.rate(at: step, in: length)
  }

  /// Takes one optimizer step, or a part of it where several batches are taken for one.
  func train(on batch: Batch, dropoutFactor: Float) async throws -> BatchResult {
    // How many steps of the optimizer are complete, and whether this batch completes another.
    let (update, part) = session.optimizerStep.quotientAndRemainder(dividingBy: accumulationSteps)
    let isLast = part == accumulationSteps - 1
    let result = try await measure(
      batch, isLast ? .training : .accumulation,
      [
        ModelGraphs.Name.seed: dropoutKey.derived(UInt64(session.step)).tensor,
        ModelGraphs.Name.learningRate: Tensor(rate(at: update)),
        ModelGraphs.Name.step: Tensor(Float(update + 1)),
      ], dropoutFactor: dropoutFactor)
    session.countStep()
    if isLast, let averaging = compilation.optimizer.averaging { try await moveAverages(averaging) }
    return result
  }

  /// Moves the averages towards the weights; they begin at those of the first step, as Keras's and PyTorch's do.
  private func moveAverages(_ averaging: WeightAveraging) async throws {
    let share =
      session.hasAverages
      ? averaging.share(afterStep: session.optimizerStep / accumulationSteps, in: length) : 1
    guard share > 0 else { return }
    _ = try await run(.averaging, 0, [ModelGraphs.Name.share: Tensor(share)])
  }

  /// Ends training: its result are the weights of the best epoch, or the averages where they are kept.
  func adoptResult(_ best: [String: Tensor]?) async throws {
    if let best { return session.adopt(best) }
    if session.hasAverages { session.adopt(try await session.state().result.weights) }
  }

  /// Measures one batch, or every view of it: probabilities and losses are the mean.
  ///
  /// - Parameter preparation: How the model takes photos; only needed for crops.
  func evaluate(
    _ batch: Batch, augmentation: TestTimeAugmentation? = nil, _ preparation: PhotoPreparation? = nil
  ) async throws -> BatchResult {
    guard let augmentation else { return try await measure(batch, .evaluation, [:]) }
    var losses = 0.0
    var outputs: [Tensor] = []
    for index in 0..<augmentation.viewCount {
      let result = try await measure(augmentation.view(index, of: batch, preparation), .evaluation, [:])
      losses += result.loss
      outputs.append(result.predictions)
    }
    let predictions = AveragedModels.mean(outputs)
    return BatchResult(
      count: batch.count, loss: losses / Double(outputs.count),
      score: Metric.accuracy.score(
        predictions: predictions, targets: batch.labels, kind: compilation.loss.kind),
      predictions: predictions)
  }

  /// Probabilities for one batch, or the mean of those for every view of it.
  ///
  /// - Parameter preparation: How the model takes photos; only needed for crops.
  func predict(
    _ batch: Batch, augmentation: TestTimeAugmentation?, _ preparation: PhotoPreparation?
  ) async throws -> Tensor {
    var outputs: [Tensor] = []
    for index in 0..<(augmentation?.viewCount ?? 1) {
      let view = augmentation?.view(index, of: batch, preparation) ?? batch
      outputs.append(try await predict(view.images, batchSize: view.count))
    }
    return AveragedModels.mean(outputs)
  }

  /// The mean and the variance of a training batch at every normalisation that isn't frozen, by the names of the moving
  /// statistics that follow them; dropout and noise as in training.
  ///
  /// - Parameter number: Which batch it is, from which randomness is drawn.
  func statistics(of batch: Batch, number: Int) async throws -> [String: Tensor] {
    try await run(
      .statistics, batch.count,
      [
        ModelGraphs.Name.images: batch.images,
        ModelGraphs.Name.seed: dropoutKey.derived(UInt64(number)).tensor,
      ])
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
    _ batch: Batch, _ purpose: ProgramCache.Purpose, _ settings: [String: Tensor], dropoutFactor: Float = 1
  ) async throws -> BatchResult {
    try check(batch)
    var inputs = settings
    inputs[ModelGraphs.Name.images] = batch.images
    inputs[ModelGraphs.Name.labels] = batch.labels
    inputs[ModelGraphs.Name.weights] = batch.weights
    if purpose == .training || purpose == .accumulation, let classWeights {
      // Only what the loss takes: metrics go by the batch, as Keras's do.
      let weighed = classWeights.weighed(batch, loss: compilation.loss)
      inputs[ModelGraphs.Name.labels] = weighed.labels
      inputs[ModelGraphs.Name.weights] = weighed.weights
    }
    let results = try await run(purpose, batch.count, inputs, dropoutFactor: dropoutFactor)
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

  private func output(_ name: String, of results: [String: Tensor]) throws(WhiskerError) -> Tensor {
    guard let tensor = results[name] else {
      throw WhiskerError(.malformed, name, expected: "an output of the program", got: "none")
    }
    return tensor
  }

  /// Runs the program for a purpose and batch size, made when it is first needed; weights among the inputs make it a
  /// weighted one.
  private func run(
    _ purpose: ProgramCache.Purpose, _ batchSize: Int, _ inputs: [String: Tensor], dropoutFactor: Float = 1
  ) async throws -> [String: Tensor] {
    let isMeasured = ![.training, .accumulation, .averaging, .magnitudes, .statistics].contains(purpose)
    let sample = inputs[ModelGraphs.Name.images]?.shape.withoutBatch ?? network.input
    let key = ProgramCache.Key(
      purpose, batchSize: batchSize, isWeighted: inputs[ModelGraphs.Name.weights] != nil,
      isAveraged: isMeasured && session.hasAverages, form: form(of: sample, dropoutFactor: dropoutFactor))
    return try await session.run(key, inputs) { () throws(WhiskerError) in try graph(key) }
  }

  private func graph(_ key: ProgramCache.Key) throws(WhiskerError) -> Graph {
    let graphs = ModelGraphs(
      try key.form?.network(of: network) ?? network, isWeighted: key.isWeighted,
      averaged: key.isAveraged ? compilation.averaged : [])
    return switch key.purpose {
    case .training:
      try graphs.training(
        batchSize: key.batchSize, loss: compilation.loss, rule: compilation.optimizer.rule,
        weightDecay: compilation.optimizer.weightDecay, rateFactors: compilation.rateFactors,
        undecayed: compilation.undecayed, clipping: compilation.optimizer.clipping,
        accumulationSteps: accumulationSteps)
    case .accumulation: try graphs.accumulation(batchSize: key.batchSize, loss: compilation.loss)
    case .evaluation: try graphs.evaluation(batchSize: key.batchSize, loss: compilation.loss)
    case .prediction: try graphs.prediction(batchSize: key.batchSize)
    case .averaging: try graphs.averaging(of: compilation.averaged)
    case .magnitudes: try graphs.magnitudes()
    case .statistics: try graphs.statistics(batchSize: key.batchSize)
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
