import Foundation
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerGraph
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Averages of weights, weights that don't decay, and the one-cycle schedule.
@Suite struct WeightAveragingTests {
  /// A convnet with statistics.
  private static func model(seed: UInt64 = 3) -> Sequential {
    Sequential(input: [8, 8, 1], seed: seed) {
      Conv2D(4, kernel: 3, activation: .relu)
      BatchNormalization(momentum: 0.8)
      Flatten()
      Dropout(0.2)
      Dense(1, activation: .sigmoid)
    }
  }

  private static func optimizer(_ averaging: WeightAveraging?) -> Optimizer {
    var optimizer = Optimizer.sgd(learningRate: 0.1, momentum: 0.9, isNesterov: true)
    optimizer.averaging = averaging
    return optimizer
  }

  private static func compiled(
    _ averaging: WeightAveraging?, _ engine: EngineKind = .oneDNN
  ) throws -> Sequential {
    let model = model()
    try model.compile(loss: .binaryCrossentropy, optimizer: optimizer(averaging), engine: engine.make())
    return model
  }

  @Test("Averages of weights are Keras's with use_ema, step by step")
  func keras() throws {
    let fixture = try KerasFixtures.optimizers()
    let rule = WeightAveraging.exponential(momentum: fixture.ema.momentum, warmsUp: false)
    var averages = fixture.initial.map(Double.init)
    for (index, step) in fixture.ema.steps.enumerated() {
      let share =
        index == 0 ? 1 : Double(rule.share(afterStep: index + 1, in: TrainingLength(stepsPerEpoch: 10)))
      averages = zip(averages, step.weights).map { $0 + share * ($1 - $0) }
      for (mine, theirs) in zip(averages, step.averages) { #expect(abs(mine - theirs) < 3e-6) }
    }
  }

  @Test("Averages of weights are those of PyTorch's AveragedModel")
  func torch() throws {
    let fixture = try KerasFixtures.averaging()
    func averages(_ rule: WeightAveraging) -> [Double] {
      var average = fixture.weights[0]
      return [average]
        + fixture.weights.dropFirst().enumerated().map { index, weight in
          average +=
            Double(rule.share(afterStep: index + 1, in: TrainingLength(stepsPerEpoch: 1)))
            * (weight - average)
          return average
        }
    }
    let exponential = averages(.exponential(momentum: fixture.exponential.momentum, warmsUp: false))
    for (mine, theirs) in zip(exponential, fixture.exponential.averages) {
      #expect(abs(mine - theirs) < 1e-6)
    }
    for (mine, theirs) in zip(averages(.stochastic(after: .steps(0))), fixture.mean) {
      #expect(abs(mine - theirs) < 1e-6)
    }
  }

  @Test("The share of a step follows the warm-up, and stochastic averaging waits and counts spans")
  func shares() {
    let warm = WeightAveraging.exponential(momentum: 0.99)
    #expect(warm.share(afterStep: 1, in: TrainingLength(stepsPerEpoch: 5)) == Float(1 - 2.0 / 11))
    #expect(abs(warm.share(afterStep: 5000, in: TrainingLength(stepsPerEpoch: 5)) - 0.01) < 1e-7)
    let mean = WeightAveraging.stochastic(after: .epochs(2), every: .epochs(1))
    let shares = (1...20).map { mean.share(afterStep: $0, in: TrainingLength(stepsPerEpoch: 4)) }
    #expect(shares[..<8] == [1, 1, 1, 1, 1, 1, 1, 1])
    #expect(shares[8...] == [0, 0, 0, 0.5, 0, 0, 0, Float(1) / 3, 0, 0, 0, 0.25])
  }

  @Test(
    "Training's averages follow the weights of each step, on both engines", arguments: EngineKind.allCases)
  func training(_ engine: EngineKind) async throws {
    let rule = WeightAveraging.exponential(momentum: 0.8, warmsUp: false)
    let averaged = try Self.compiled(rule, engine)
    let plain = try Self.compiled(nil, engine)
    var expected: [String: Tensor] = [:]
    try await plain.fit(Toy(24).dataset(), epochs: 3, seed: 4) { event in
      guard case .stepEnded = event else { return }
      let weights = try await plain.weights()
      for (name, weight) in weights {
        let old = expected[name]?.values ?? weight.values
        expected[name] = Tensor(
          shape: weight.shape, values: zip(old, weight.values).map { $0 + 0.2 * ($1 - $0) })
      }
    }
    var inTraining: [String: Tensor] = [:]
    var validation: [Double] = []
    let measured = try Toy(16, seed: 9).dataset()
    try await averaged.fit(Toy(24).dataset(), epochs: 3, validation: measured, seed: 4) { event in
      if case .stepEnded = event { inTraining = try await averaged.weights() }
      if case .epochEnded(_, _, let epoch, _) = event { validation.append(epoch.validation?.loss ?? .nan) }
    }
    // The weights are trained as without, statistics too; the result is the average.
    #expect(try await relativeDifference(inTraining, plain.weights()) == 0)
    let result = try await averaged.weights()
    #expect(relativeDifference(result, expected) < 1e-5)
    #expect(relativeDifference(result, inTraining) > 1e-3)
    // What was measured is the average, and is it still.
    let other = Self.model()
    try other.setWeights(result)
    try other.compile(loss: .binaryCrossentropy, engine: engine.make())
    let score = try await other.evaluate(measured)
    #expect(abs(score.loss - (validation.last ?? 0)) < 1e-6)
    // What the reference engine has in double precision is rounded at the end.
    #expect(abs(try await averaged.evaluate(measured).loss - (validation.last ?? 0)) < 1e-6)
  }

  @Test("Training goes on from a checkpoint amid an epoch with the same bits")
  func resumed() async throws {
    let rule = WeightAveraging.exponential(momentum: 0.9)
    let whole = try Self.compiled(rule)
    var checkpoints: [Checkpoint] = []
    let saving = Checkpointing(every: nil, steps: 2) { checkpoints.append($0) }
    let data = try Toy(40).dataset()
    let history = try await whole.fit(data, epochs: 2, validation: data, seed: 1, saving: saving)
    let amid = try #require(checkpoints.first { $0.progress.stepInEpoch == 2 })
    #expect(amid.state.slots.keys.contains("batch_normalization/moving_mean:average"))
    let resumed = try Self.compiled(rule)
    let rest = try await resumed.fit(data, epochs: 2, validation: data, seed: 1, from: amid)
    #expect(try await resumed.weights() == whole.weights())
    #expect(rest.epochs == history.epochs)
  }

  @Test("A frozen layer is its own average, and early stopping restores the averages of its best epoch")
  func frozen() async throws {
    let model = Self.model()
    try model.freeze("conv2d")
    let before = try await model.weights()
    try model.compile(
      loss: .binaryCrossentropy, optimizer: Self.optimizer(.exponential(momentum: 0.5)),
      engine: EngineKind.oneDNN.make())
    let toy = Toy(10, seed: 7)
    let wrong = try ArrayDataset(
      images: toy.images, labels: Tensor(shape: [10], values: toy.classes.map { Float(1 - $0) }), batchSize: 8
    )
    let history = try await model.fit(
      Toy(24).dataset(), epochs: 20, validation: wrong,
      earlyStopping: EarlyStopping(patience: 2, restoresBestWeights: true))
    #expect(history.epochs.count < 20)
    let best = history.epochs.compactMap(\.validation?.loss).min()
    #expect(try await model.evaluate(wrong).loss == best)
    #expect(try await model.weights()["conv2d/kernel"] == before["conv2d/kernel"])
  }

  @Test("Excluded weights don't decay, as in Keras")
  func undecayed() async throws {
    let fixture = try KerasFixtures.optimizers()
    let engine = EngineKind.reference.make()
    var graph = Graph()
    let (gradient, rate) = (try graph.input("g", [2, 3]), try graph.input("rate", []))
    let rule = UpdateRule.sgd(momentum: 0, isNesterov: false)
    try graph.append(
      .update(rule, weightDecay: fixture.undecayed.weight_decay, state: "kernel"), gradient, rate)
    try graph.append(.update(rule, weightDecay: 0, state: "bias"), gradient, rate)
    let program = try await engine.compile(graph)
    let start = Tensor(shape: [2, 3], values: fixture.initial)
    try await engine.load(["kernel": start, "bias": start])
    for (values, step) in zip(fixture.gradients, fixture.undecayed.steps) {
      let g = Tensor(shape: [2, 3], values: values)
      _ = try await engine.run(program, inputs: ["g": g, "rate": Tensor(Float(0.01))])
      let state = try await engine.read(["kernel", "bias"])
      for (name, expected) in [("kernel", step.kernel), ("bias", step.bias)] {
        for (mine, theirs) in zip(state[name]?.values ?? [], expected) {
          #expect(abs(Double(mine) - theirs) < 1e-6)
        }
      }
    }

    // In a model: a rate so small that only the decay is seen.
    var optimizer = Optimizer.sgd(learningRate: 1e-3, weightDecay: 100)
    optimizer.decayExceptions = ["bias", "beta", "gamma", "dense/*"]
    let model = Self.model()
    let before = try await model.weights()
    try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: EngineKind.oneDNN.make())
    try await model.fit(Toy(8).dataset(), stepsPerEpoch: 1)
    let after = try await model.weights()
    func ratio(_ name: String) -> Double {
      func norm(_ tensor: Tensor?) -> Double { (tensor?.values ?? []).reduce(0) { $0 + Double($1 * $1) } }
      return (norm(after[name]) / norm(before[name])).squareRoot()
    }
    #expect(abs(ratio("conv2d/kernel") - 0.9) < 0.01)
    #expect(abs(ratio("dense/kernel") - 1) < 0.01)
    #expect(abs(ratio("batch_normalization/gamma") - 1) < 0.01)

    optimizer.decayExceptions = ["biass"]
    let error = #expect(throws: WhiskerError.self) {
      try Self.model().compile(
        loss: .binaryCrossentropy, optimizer: optimizer, engine: EngineKind.oneDNN.make())
    }
    #expect(error?.message.contains("\"biass\"") == true)
  }

  @Test("One-cycle rates are PyTorch's")
  func oneCycle() throws {
    for cycle in try KerasFixtures.averaging().cycles {
      let schedule = LearningRateSchedule.oneCycle(
        over: .steps(cycle.total_steps), rise: cycle.pct_start, start: 1 / cycle.div_factor,
        end: 1 / (cycle.div_factor * cycle.final_div_factor))
      for (step, rate) in cycle.rates.enumerated() {
        #expect(abs(schedule.factor(at: step, in: TrainingLength(stepsPerEpoch: 7)) - rate) < 1e-6)
      }
      #expect(
        schedule.factor(at: cycle.total_steps + 9, in: TrainingLength(stepsPerEpoch: 7))
          == schedule.factor(at: cycle.total_steps - 1, in: TrainingLength(stepsPerEpoch: 7)))
    }
  }

  @Test("The files of an averaged run hold the averages, and it resumes with the same bits")
  func run() async throws {
    try await withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("data")
      for (index, name) in ["dark", "light"].enumerated() {
        let photos = data.appendingPathComponent("train/\(name)")
        try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
        for number in 0..<10 {
          let levels = Formula.integers("\(name)/\(number)", count: 12 * 12 * 3, below: 90)
          try Photo(height: 12, width: 12, pixels: levels.map { UInt8($0 + 120 * index) }).write(
            to: photos.appendingPathComponent("\(number).png"))
        }
      }
      let recipe = try Recipe(
        yaml: """
          image: {height: 12, width: 12}
          network:
            - Conv2D: {filters: 4, kernel_size: 3, activation: relu}
            - BatchNormalization
            - GlobalAveragePooling2D
            - Output
          optimizer:
            sgd: {learning_rate: 0.1, momentum: 0.9, nesterov: true, weight_decay: 0.001}
            no_decay: [bias, gamma, beta]
            averaging: {exponential: {momentum: 0.9}}
          training: {batch_size: 4, epochs: 3, label_smoothing: 0.1}
          """, source: "test")
      func run(_ name: String, epochs: Int, resuming: Bool = false) async throws -> TrainingRun.Outcome {
        var recipe = recipe
        recipe.training.epochs = epochs
        var run = TrainingRun(data: data, recipe: recipe, output: folder.appendingPathComponent(name))
        run.validationSplit = 0.2
        run.existing = resuming ? .resume : .refuse
        return try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      }
      let whole = try await run("whole", epochs: 3)
      _ = try await run("parts", epochs: 2)
      let parts = try await run("parts", epochs: 3, resuming: true)
      #expect(try Data(contentsOf: whole.model) == Data(contentsOf: parts.model))

      let saved = try SavedModel(contentsOf: whole.model)
      #expect(saved.loss == .binaryCrossentropy(labelSmoothing: 0.1))
      let store = try CheckpointStore(folder.appendingPathComponent("whole/checkpoint"), keeping: 3)
      let state = try #require(try store.newest()?.checkpoint.state)
      let (weights, name) = (try await saved.model.weights(), "conv2d/kernel")
      #expect(weights[name] == state.slots["\(name):average"])
      #expect(weights[name] != state.weights[name])
      let keras = try StoredModel(contentsOf: folder.appendingPathComponent("whole/model.keras"))
      // The optimizer of a Keras file begins anew: its state belongs to the other weights.
      #expect(keras.state.weights[name] == weights[name] && keras.state.optimizerStep == 0)
      #expect(keras.state.slots.values.allSatisfy { $0.values.allSatisfy { $0 == 0 } })
    }
  }
}
