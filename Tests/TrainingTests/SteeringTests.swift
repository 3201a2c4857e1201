import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// Schedules of the learning rate, its reduction on a plateau, and early stopping.
@Suite struct SteeringTests {
  private func optimizer(_ example: KerasFixtures.Schedules.Schedule) -> Optimizer {
    let settings = example.settings
    let span = TrainingSpan.steps(settings.decay_steps ?? 0)
    switch example.name {
    case "CosineDecay":
      let rate = settings.warmup_target ?? settings.initial_learning_rate ?? 0
      return .sgd(learningRate: rate).following(
        .cosineDecay(
          over: span, alpha: settings.alpha ?? 0, warmup: .steps(settings.warmup_steps ?? 0),
          warmupStart: settings.warmup_target.map { (settings.initial_learning_rate ?? 0) / $0 } ?? 0))
    case "ExponentialDecay":
      return .sgd(learningRate: settings.initial_learning_rate ?? 0).following(
        .exponentialDecay(
          over: span, rate: settings.decay_rate ?? 0, isStaircase: settings.staircase ?? false))
    default:
      let values = settings.values ?? []
      return .sgd(learningRate: values[0]).following(
        .piecewiseConstant(
          boundaries: (settings.boundaries ?? []).map { .steps($0) }, factors: values.map { $0 / values[0] }))
    }
  }

  @Test func schedulesAreThoseOfKeras() throws {
    let fixture = try KerasFixtures.schedules()
    #expect(fixture.schedules.count == 7)
    for example in fixture.schedules {
      let optimizer = optimizer(example)
      try optimizer.check()
      for (step, expected) in zip(fixture.steps, example.rates) {
        let rate = optimizer.rate(at: step, in: TrainingLength(stepsPerEpoch: 1))
        #expect(abs(rate - expected) <= 2e-9 + 1e-6 * expected, "\(example.name), step \(step)")
      }
    }
  }

  @Test func spansMayBeEpochs() {
    let schedule = LearningRateSchedule.cosineDecay(over: .epochs(2.5), warmup: .epochs(0.5))
    #expect(
      schedule.resolved(in: TrainingLength(stepsPerEpoch: 10))
        == .cosineDecay(over: .steps(25), warmup: .steps(5)))
    // More than fits is the same as the largest number.
    #expect(TrainingSpan.epochs(2.5).steps(in: TrainingLength(stepsPerEpoch: .max)) == 1 << 53)
    #expect(
      schedule.factor(at: 12, in: TrainingLength(stepsPerEpoch: 10))
        == schedule.resolved(in: TrainingLength(stepsPerEpoch: 10)).factor(
          at: 12, in: TrainingLength(stepsPerEpoch: 1)))
  }

  @Test func plateausLowerTheRateAsInKeras() throws {
    let fixture = try KerasFixtures.schedules()
    #expect(fixture.plateaus.count == 5)
    for example in fixture.plateaus {
      let settings = example.settings
      let rule = ReduceOnPlateau(
        monitor: settings.monitor, factor: settings.factor ?? 0.1, patience: settings.patience ?? 10,
        minimumChange: settings.min_delta ?? 1e-4, cooldown: settings.cooldown ?? 0,
        minimumRate: settings.min_lr ?? 0)
      var progress = PhaseProgress()
      var rate: Float = 0.01
      for (epoch, expected) in zip(fixture.epochs, example.rates) {
        rate = progress.reduce(rate, by: rule, after: epoch) ?? rate
        #expect(abs(rate - expected) <= 1e-6 * expected, "\(settings)")
      }
    }
  }

  @Test func trainingStopsWhereKerasStops() throws {
    let fixture = try KerasFixtures.schedules()
    #expect(fixture.stoppings.count == 6)
    for example in fixture.stoppings {
      let settings = example.settings
      let rule = EarlyStopping(
        monitor: settings.monitor, minimumChange: settings.min_delta ?? 0, patience: settings.patience ?? 0,
        restoresBestWeights: true, startFromEpoch: settings.start_from_epoch ?? 0)
      var progress = PhaseProgress()
      var epochs = 0
      for epoch in fixture.epochs where !progress.isOver {
        _ = progress.stop(by: rule, after: epoch, number: epochs)
        epochs += 1
      }
      #expect((epochs, progress.bestEpoch) == (example.epochs, example.best), "\(settings)")
    }
  }

  @Test func theRateIsNoted() async throws {
    let model = toyModel()
    try model.compile(
      loss: .binaryCrossentropy,
      optimizer: .sgd(learningRate: 0.5).following(
        .piecewiseConstant(boundaries: [.epochs(1)], factors: [1, 0.5])),
      engine: EngineKind.oneDNN.make())
    let history = try await model.fit(Toy(24).dataset(), epochs: 2, stepsPerEpoch: 5)
    // The first rate holds up to and with the step of the boundary.
    #expect(history["learning_rate"] == [0.5, 0.25])
    #expect(history.csv.hasSuffix(",0.25\n"))
  }

  @Test func theStepTakesTheRateOfItsSchedule() async throws {
    func change(_ optimizer: Optimizer) async throws -> [String: Tensor] {
      let model = toyModel()
      try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: EngineKind.oneDNN.make())
      try await model.fit(Toy(24).dataset(), stepsPerEpoch: 1)
      return try await model.weights()
    }
    let before = try await toyModel().weights()
    let warmup = LearningRateSchedule.cosineDecay(over: .steps(5), warmup: .steps(5))
    #expect(try await change(.sgd(learningRate: 0.5).following(warmup)) == before)
    let half = LearningRateSchedule.cosineDecay(over: .steps(5), warmup: .steps(5), warmupStart: 0.5)
    #expect(try await change(.sgd(learningRate: 0.5).following(half)) == change(.sgd(learningRate: 0.25)))
  }

  @Test func someLayersHaveARateOfTheirOwn() async throws {
    func weights(_ rate: Float, _ factors: [String: Float]) async throws -> [String: Tensor] {
      var optimizer = Optimizer.sgd(learningRate: rate)
      optimizer.rateFactors = factors
      let model = toyModel()
      try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: EngineKind.oneDNN.make())
      try await model.fit(Toy(24).dataset(), stepsPerEpoch: 1)
      return try await model.weights()
    }
    let mixed = try await weights(0.5, ["conv*": 0.25])
    let (fast, slow) = (try await weights(0.5, [:]), try await weights(0.125, [:]))
    for (name, weight) in mixed { #expect(weight == (name.hasPrefix("conv") ? slow : fast)[name], "\(name)") }

    func isRefused(_ factors: [String: Float]) -> Bool {
      var optimizer = Optimizer.sgd()
      optimizer.rateFactors = factors
      let engine = EngineKind.oneDNN.make()
      return (try? toyModel().compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: engine)) == nil
    }
    #expect(!isRefused(["dense": 0.5]))
    #expect(isRefused(["block*": 1]))
    #expect(isRefused(["dense": 1, "dense*": 0.5]))
    #expect(isRefused(["dense": 0]))
  }

  @Test func earlyStoppingGoesBackToTheBestWeights() async throws {
    let model = toyModel()
    try model.compile(
      loss: .binaryCrossentropy, optimizer: .rmsprop(learningRate: 0.05), engine: EngineKind.oneDNN.make())
    var weights: [[String: Tensor]] = []
    var stopped: TrainingEvent?
    // The better it learns, the worse it does on labels that are the wrong way round.
    let wrong = Toy(10, seed: 7)
    let labels = Tensor(shape: [10], values: wrong.classes.map { Float(1 - $0) })
    let validation = try ArrayDataset(images: wrong.images, labels: labels, batchSize: 8)
    let history = try await model.fit(
      Toy(24).dataset(), epochs: 40, validation: validation,
      earlyStopping: EarlyStopping(patience: 2, restoresBestWeights: true)
    ) { event in
      if case .epochEnded = event { weights.append(try await model.weights()) }
      if case .stopped = event { stopped = event }
    }
    let losses = history["val_loss"]
    let best = try #require(losses.indices.min { losses[$0] < losses[$1] })
    #expect(losses.count == best + 3)
    #expect(stopped == .stopped(early: losses.count, restoredEpoch: best + 1))
    #expect(try await model.weights() == weights[best])
    #expect(weights[best] != weights.last)
  }

  @Test func whatCanNotWorkIsRefused() async throws {
    let model = toyModel()
    let data = try Toy(16).dataset()
    func compile(_ optimizer: Optimizer) throws {
      try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: EngineKind.oneDNN.make())
    }
    try compile(.sgd())
    let noData = await #expect(throws: WhiskerError.self) {
      try await model.fit(data, earlyStopping: EarlyStopping())
    }
    #expect(noData?.place == "monitor")
    let impatient = await #expect(throws: WhiskerError.self) {
      try await model.fit(data, earlyStopping: EarlyStopping(monitor: .loss, patience: -1))
    }
    #expect(impatient?.place == "early stopping")
    let rising = await #expect(throws: WhiskerError.self) {
      try await model.fit(data, reduceOnPlateau: ReduceOnPlateau(monitor: .loss, factor: 1))
    }
    #expect(rising?.place == "reduce on plateau")
    try compile(.sgd().following(.exponentialDecay(over: .steps(10), rate: 0.5)))
    let both = await #expect(throws: WhiskerError.self) {
      try await model.fit(data, reduceOnPlateau: ReduceOnPlateau(monitor: .loss))
    }
    #expect(both?.place == "reduce on plateau")
  }

  static let wrongSchedules: [LearningRateSchedule] = [
    .cosineDecay(over: .steps(0)), .cosineDecay(over: .epochs(.nan)), .cosineDecay(over: .steps(1), alpha: 2),
    .cosineDecay(over: .steps(1), warmup: .steps(-1)), .cosineDecay(over: .steps(1), warmupStart: -1),
    .exponentialDecay(over: .epochs(1e30), rate: 0.5), .exponentialDecay(over: .steps(1), rate: 0),
    .piecewiseConstant(boundaries: [.steps(1)], factors: [1]),
    .piecewiseConstant(boundaries: [.steps(2), .steps(1)], factors: [1, 1, 1]),
    .piecewiseConstant(boundaries: [.steps(2)], factors: [1, -1]),
  ]

  @Test func wrongSchedulesAreRefused() {
    for schedule in Self.wrongSchedules { #expect(fault(of: schedule)?.place == "schedule", "\(schedule)") }
  }

  private func fault(of schedule: LearningRateSchedule) -> WhiskerError? {
    do {
      try Optimizer.sgd().following(schedule).check()
      return nil
    } catch {
      return error
    }
  }
}
