import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

@Suite struct FitTests {
  @Test(arguments: EngineKind.allCases) func aSeparableProblemIsLearned(kind: EngineKind) async throws {
    let model = toyModel()
    try model.compile(
      loss: .binaryCrossentropy, optimizer: .rmsprop(learningRate: 0.01), engine: kind.make())
    let history = try await model.fit(Toy(48).dataset(), epochs: 8)
    let (first, last) = try (#require(history["loss"].first), #require(history["loss"].last))
    #expect(last < first / 4)
    #expect(history["acc"].last == 1)
    let fresh = Toy(20, seed: 99)
    let evaluation = try await model.evaluate(fresh.dataset())
    #expect(evaluation.accuracy == 1)
    #expect(evaluation.count == 20)
    #expect(evaluation.classes.map(\.correct) == evaluation.classes.map(\.count))
  }

  static let optimizers: [Optimizer] = [
    .sgd(learningRate: 0.05), .sgd(learningRate: 0.02, momentum: 0.9),
    .sgd(learningRate: 0.02, momentum: 0.9, isNesterov: true), .rmsprop(),
    .rmsprop(momentum: 0.5, epsilon: 1e-4, isCentered: true), .adam(),
    .adamW(weightDecay: 0.2, isAMSGrad: true),
  ]

  @Test(arguments: optimizers) func enginesAgreeStepByStep(optimizer: Optimizer) async throws {
    var models: [Sequential] = []
    for kind in EngineKind.allCases {
      let model = toyModel(dropout: 0.3)
      try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: kind.make())
      models.append(model)
    }
    // RMSprop's first steps turn rounding near zero gradients into whole steps.
    let tolerance = optimizer.name == "SGD" ? 1e-5 : 2e-2
    for _ in 0..<6 {
      var losses: [Double] = []
      for model in models {
        losses += try await model.fit(Toy(32).dataset(), epochs: 1, stepsPerEpoch: 1)["loss"]
      }
      #expect(abs(losses[0] - losses[1]) < 1e-3 * losses[0])
      #expect(try await relativeDifference(models[0].weights(), models[1].weights()) < tolerance)
    }
  }

  /// Trains twice `epochs` epochs of 5 steps, with dropout, in a fresh model.
  private func trained(
    _ kind: EngineKind, epochs: [Int], seed: UInt64 = 0, modelSeed: UInt64 = 0, dataSeed: UInt64 = 0
  ) async throws -> (history: [History.Epoch], state: TrainingState) {
    let model = toyModel(dropout: 0.4, seed: modelSeed)
    try model.compile(
      loss: .binaryCrossentropy, optimizer: .rmsprop(momentum: 0.5), engine: kind.make())
    var history: [History.Epoch] = []
    for count in epochs {
      history += try await model.fit(
        Toy(24).dataset(seed: dataSeed), epochs: count, stepsPerEpoch: 5,
        validation: Toy(10, seed: 7).dataset(),
        seed: seed
      ).epochs
    }
    return (history, try await model.state())
  }

  @Test(arguments: EngineKind.allCases) func theSameSeedGivesTheSameBits(kind: EngineKind) async throws {
    let first = try await trained(kind, epochs: [2])
    let second = try await trained(kind, epochs: [2])
    #expect(first.history == second.history)
    #expect(first.state == second.state)
  }

  @Test func eachSeedMatters() async throws {
    let plain = try await trained(.oneDNN, epochs: [1])
    for other in [
      try await trained(.oneDNN, epochs: [1], seed: 1),
      try await trained(.oneDNN, epochs: [1], modelSeed: 1),
      try await trained(.oneDNN, epochs: [1], dataSeed: 1),
    ] {
      #expect(plain.state != other.state)
    }
  }

  /// The order of the data, dropout and the optimizer's state continue where they were.
  @Test(arguments: EngineKind.allCases) func fittingGoesOnWhereItEnded(kind: EngineKind) async throws {
    let atOnce = try await trained(kind, epochs: [4])
    let inTwo = try await trained(kind, epochs: [2, 2])
    #expect(atOnce.history == inTwo.history)
    #expect(atOnce.state == inTwo.state)
    #expect(atOnce.state.step == 20)
    #expect(!atOnce.state.slots.isEmpty)
  }

  @Test(arguments: EngineKind.allCases) func validationChangesNothing(kind: EngineKind) async throws {
    var states: [TrainingState] = []
    for validates in [false, true] {
      let model = toyModel(dropout: 0.4)
      try model.compile(loss: .binaryCrossentropy, engine: kind.make())
      let validation = validates ? try Toy(13, seed: 5).dataset() : nil
      let history = try await model.fit(Toy(24).dataset(), epochs: 2, validation: validation)
      #expect(history["val_loss"].count == (validates ? 2 : 0))
      let before = try await model.state()
      _ = try await model.evaluate(Toy(9).dataset())
      _ = try await model.predict(Toy(9).images)
      #expect(try await model.state() == before)
      states.append(before)
    }
    #expect(states[0] == states[1])
  }

  @Test func validationMayBeArrays() async throws {
    let held = Toy(13, seed: 5)
    var histories: [[History.Epoch]] = []
    for asArrays in [false, true] {
      let model = toyModel()
      try model.compile(loss: .binaryCrossentropy, engine: EngineKind.oneDNN.make())
      let train = try Toy(24).dataset()
      let history =
        asArrays
        ? try await model.fit(train, validation: (held.images, held.labels))
        : try await model.fit(train, validation: held.dataset())
      histories.append(history.epochs)
    }
    #expect(histories[0] == histories[1])
  }

  @Test func stepsAndEpochsAreCounted() async throws {
    let model = toyModel()
    try model.compile(loss: .binaryCrossentropy, engine: EngineKind.oneDNN.make())
    var events: [String] = []
    let history = try await model.fit(
      Toy(20).dataset(batchSize: 8), epochs: 2, validation: Toy(10).dataset(batchSize: 4), validationSteps: 2
    ) { event in
      switch event {
      case .epochBegan(let epoch, let epochs, let steps):
        events.append("epoch \(epoch)/\(epochs) of \(steps)")
      case .stepEnded(let progress): events.append("\(progress.step)/\(progress.steps)")
      case .validationStepEnded(let step, let steps): events.append("val \(step)/\(steps)")
      case .epochEnded(let epoch, _, _, _): events.append("end \(epoch)")
      case .phaseBegan, .stageBegan, .stopped: events.append("\(event)")
      }
    }
    let epoch = ["1/3", "2/3", "3/3", "val 1/2", "val 2/2"]
    #expect(events == ["epoch 1/2 of 3"] + epoch + ["end 1", "epoch 2/2 of 3"] + epoch + ["end 2"])
    #expect(history.epochs.count == 2)
    #expect(try await model.state().step == 6)
  }

  @Test func wrongNumbersAreRefused() async throws {
    let model = toyModel()
    try model.compile(loss: .binaryCrossentropy, engine: EngineKind.oneDNN.make())
    let (train, held) = (try Toy(8).dataset(), try Toy(8).dataset())
    func setting(_ body: () async throws -> Void) async -> String? {
      await #expect(throws: WhiskerError.self) { try await body() }?.place
    }
    #expect(await setting { _ = try await model.fit(train, epochs: 0) } == "epochs")
    #expect(await setting { _ = try await model.fit(train, epochs: -3) } == "epochs")
    #expect(await setting { _ = try await model.fit(train, stepsPerEpoch: 0) } == "steps per epoch")
    #expect(
      await setting { _ = try await model.fit(train, validation: held, validationSteps: 0) }
        == "validation steps")
    #expect(await setting { _ = try await model.evaluate(held, steps: 0) } == "steps")
    #expect(await setting { _ = try await model.predict(Toy(1).images, batchSize: 0) } == "batch size")
  }

  @Test func whatIsNotCompiledSaysSo() async throws {
    let model = toyModel()
    let data = try Toy(8).dataset()
    let fitting = await #expect(throws: WhiskerError.self) { try await model.fit(data) }
    #expect(fitting?.code == .notCompiled)
    let evaluating = await #expect(throws: WhiskerError.self) { try await model.evaluate(data) }
    #expect(evaluating?.code == .notCompiled)
    let predicting = await #expect(throws: WhiskerError.self) { try await model.predict(data.images) }
    #expect(predicting?.code == .notCompiled)
  }

  @Test func dataOfOtherShapesIsRefused() async throws {
    let model = toyModel()
    try model.compile(loss: .binaryCrossentropy, engine: EngineKind.oneDNN.make())
    let toy = Toy(4)
    func error(_ images: Tensor, _ labels: Tensor) async throws -> WhiskerError? {
      let data = try ArrayDataset(images: images, labels: labels, batchSize: 4)
      return await #expect(throws: WhiskerError.self) { try await model.fit(data) }
    }
    let wide = try await error(toy.images.reshaped([4, 4, 16, 1]), toy.labels)
    #expect(wide?.message == "expected samples (8, 8, 1), got (4, 16, 1)")
    let oneHot = try await error(toy.images, toy.oneHot(2))
    #expect(oneHot?.code == .dataMismatch)
    #expect(oneHot?.message.contains("got (2)") == true)
    let predicting = await #expect(throws: WhiskerError.self) {
      try await model.predict(toy.images.reshaped([4, 4, 16, 1]))
    }
    #expect(predicting?.place == "images")
    let nothing = await #expect(throws: WhiskerError.self) {
      try await model.predict(Tensor(shape: [0, 8, 8, 1], values: []))
    }
    #expect(nothing?.code == .dataMismatch)
  }

  @Test(arguments: [Float.nan, .infinity, -1, 3, 0.5])
  func labelsThatAreNoClassAreRefused(label: Float) async throws {
    var labels = Toy(4, classes: 3).labels
    labels.values[2] = label
    let data = try ArrayDataset(images: Toy(4).images, labels: labels, batchSize: 4)
    for kind in EngineKind.allCases {
      let model = toyModel(outputs: 3, last: .softmax)
      try model.compile(loss: .sparseCategoricalCrossentropy, engine: kind.make())
      let fitting = await #expect(throws: WhiskerError.self) { try await model.fit(data) }
      #expect(fitting?.place == "labels")
      let evaluating = await #expect(throws: WhiskerError.self) { try await model.evaluate(data) }
      #expect(evaluating?.message.contains("0 to 2") == true)
    }
  }

  @Test(arguments: EngineKind.allCases) func aLossThatRunsAwayLeavesGoodWeights(kind: EngineKind) async throws
  {
    let model = toyModel(outputs: 2, last: .softmax)
    let train = try Toy(16).dataset()
    try model.compile(
      loss: .sparseCategoricalCrossentropy, optimizer: .sgd(learningRate: 0.01), engine: kind.make())
    try await model.fit(train, epochs: 1)
    let before = try await model.weights()
    try model.compile(
      loss: .sparseCategoricalCrossentropy, optimizer: .sgd(learningRate: 1e30), engine: kind.make())
    let error = await #expect(throws: WhiskerError.self) { try await model.fit(train, epochs: 50) }
    #expect(error?.code == .lossNotFinite)
    #expect(error?.place.hasPrefix("epoch 1, step") == true)
    #expect(try await model.weights() == before)
    #expect(try await model.state().step == 2)
    let evaluation = try await model.evaluate(train)
    #expect(evaluation.loss.isFinite)
    try model.compile(
      loss: .sparseCategoricalCrossentropy, optimizer: .sgd(learningRate: 0.01), engine: kind.make())
    let history = try await model.fit(train)
    #expect(history["loss"][0].isFinite)
  }

  /// What is left by training whose first step of the second epoch ruins the weights.
  private struct Ruin: Sendable {
    var error: WhiskerError?
    var checkpoints: [Checkpoint] = []
    var afterFirstEpoch: [String: Tensor] = [:]
    var atTheEnd: [String: Tensor] = [:]
  }

  /// Who asks first for the ruined weights.
  enum Asking: CaseIterable, Sendable {
    case checkpoint, endOfEpoch, cancelledAtOnce, cancelledLater
  }

  private static func ruin(_ kind: EngineKind, _ asking: Asking) async throws -> Ruin {
    let model = toyModel(outputs: 2, last: .softmax)
    let schedule = LearningRateSchedule.piecewiseConstant(boundaries: [.steps(2)], factors: [1, 1e32])
    try model.compile(
      loss: .sparseCategoricalCrossentropy, optimizer: .sgd(learningRate: 0.01).following(schedule),
      engine: kind.make())
    var ruin = Ruin()
    var epochs = 0
    do {
      try await model.fit(
        Toy(16).dataset(), epochs: 50, stepsPerEpoch: 3,
        saving: Checkpointing(every: nil, steps: asking == .checkpoint ? 1 : nil) {
          ruin.checkpoints.append($0)
        }
      ) { event in
        if case .epochEnded = event {
          epochs += 1
          if epochs == 1 { ruin.afterFirstEpoch = try await model.weights() }
        }
        let last = asking == .cancelledAtOnce ? 1 : asking == .cancelledLater ? 2 : nil
        if case .stepEnded(let progress) = event, epochs == 1, progress.step == last {
          withUnsafeCurrentTask { $0?.cancel() }
        }
      }
    } catch let error as WhiskerError {
      ruin.error = error
    }
    ruin.atTheEnd = try await model.weights()
    return ruin
  }

  /// Cancelled training writes a checkpoint too.
  @Test(arguments: EngineKind.allCases, Asking.allCases)
  func noCheckpointHasRuinedWeights(kind: EngineKind, asking: Asking) async throws {
    let ruin = try await Task { try await Self.ruin(kind, asking) }.value
    #expect(ruin.error?.code == .lossNotFinite)
    #expect(ruin.error?.place.hasPrefix("epoch 2, step") == true)
    #expect(ruin.checkpoints.count == (asking == .checkpoint ? 3 : 1))
    #expect(ruin.checkpoints.allSatisfy { $0.state.complaint == nil })
    #expect(!ruin.afterFirstEpoch.isEmpty)
    #expect(ruin.atTheEnd == ruin.afterFirstEpoch)
  }

  @Test(arguments: EngineKind.allCases) func cancellingKeepsWhatWasLearned(kind: EngineKind) async throws {
    let full = toyModel()
    try full.compile(loss: .binaryCrossentropy, engine: kind.make())
    try await full.fit(Toy(16).dataset(), epochs: 1, stepsPerEpoch: 3)

    let outcome = await Task {
      let model = toyModel()
      try model.compile(loss: .binaryCrossentropy, engine: kind.make())
      do {
        try await model.fit(Toy(16).dataset(), epochs: 1000, stepsPerEpoch: 1000) { event in
          if case .stepEnded(let progress) = event, progress.step == 3 {
            withUnsafeCurrentTask { $0?.cancel() }
          }
        }
        return (wasCancelled: false, state: try await model.state())
      } catch is CancellationError {
        return (wasCancelled: true, state: try await model.state())
      }
    }.result
    let (wasCancelled, state) = try outcome.get()
    #expect(wasCancelled)
    #expect(try await state == full.state())
  }

  @Test func anErrorOfTheListenerEndsTraining() async throws {
    struct Stop: Error {}
    let model = toyModel()
    try model.compile(loss: .binaryCrossentropy, engine: EngineKind.oneDNN.make())
    let before = try await model.weights()
    await #expect(throws: Stop.self) {
      try await model.fit(Toy(16).dataset(), epochs: 5) { event in
        if case .stepEnded = event { throw Stop() }
      }
    }
    #expect(try await model.state().step == 1)
    #expect(try await model.weights() != before)
  }
}
