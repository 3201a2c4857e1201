import Foundation
import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// The arguments of `compile` stay as they were, whatever is done with the model.
@Suite struct CompilationTests {
  private func model(_ optimizer: Optimizer, seed: UInt64 = 0) throws -> Model {
    let model = toyModel(dropout: 0.4, seed: seed)
    try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: EngineKind.oneDNN.make())
    return model
  }

  static let schedules: [LearningRateSchedule] = [
    .cosineDecay(over: .epochs(3)), .cosineDecay(over: .epochs(3), warmup: .epochs(0.5), warmupStart: 0.1),
    .exponentialDecay(over: .epochs(1), rate: 0.5),
    .piecewiseConstant(boundaries: [.epochs(1), .epochs(2)], factors: [1, 0.5, 0.25]),
  ]

  /// Measuring before training resolves no schedule.
  @Test(arguments: schedules) func evaluatingBeforeFittingChangesNothing(schedule: LearningRateSchedule)
    async throws
  {
    let optimizer = Optimizer.sgd(learningRate: 0.5).following(schedule)
    var states: [TrainingState] = []
    var rates: [[Double]] = []
    for measures in [false, true] {
      let model = try model(optimizer)
      if measures {
        _ = try await model.evaluate(Toy(9).dataset())
        _ = try await model.predict(Toy(9).images)
        #expect(model.compilation?.optimizer == optimizer)
      }
      let history = try await model.fit(
        Toy(24).dataset(), epochs: 3, stepsPerEpoch: 5, validation: Toy(10, seed: 7).dataset()
      ) { event in
        // As a listener may, that draws something after each epoch.
        if measures, case .epochEnded = event { _ = try await model.evaluate(Toy(9).dataset()) }
      }
      #expect(model.compilation?.optimizer == optimizer)
      rates.append(history["learning_rate"])
      states.append(try await model.state())
    }
    #expect(rates[1] == rates[0])
    #expect(
      rates[0] == [4, 9, 14].map { Double(optimizer.rate(at: $0, in: TrainingLength(stepsPerEpoch: 5))) })
    #expect(rates[0].allSatisfy { $0 > 0 })
    #expect(states[1] == states[0])
  }

  /// Each training counts epochs by its own steps.
  @Test func aSecondTrainingHasItsOwnEpochs() async throws {
    let optimizer = Optimizer.sgd(learningRate: 0.5).following(.exponentialDecay(over: .epochs(1), rate: 0.5))
    let model = try model(optimizer)
    let first = try await model.fit(Toy(24).dataset(), epochs: 2, stepsPerEpoch: 2)
    #expect(
      first["learning_rate"]
        == [1, 3].map { Double(optimizer.rate(at: $0, in: TrainingLength(stepsPerEpoch: 2))) })
    let second = try await model.fit(Toy(24).dataset(), epochs: 2, stepsPerEpoch: 8)
    #expect(
      second["learning_rate"]
        == [11, 19].map { Double(optimizer.rate(at: $0, in: TrainingLength(stepsPerEpoch: 8))) })
  }

  /// Keras's files take a schedule in steps, which are known only after training.
  @Test func filesHaveTheScheduleOfTheLastTraining() async throws {
    let schedule = LearningRateSchedule.cosineDecay(over: .epochs(3))
    let model = try model(.sgd(learningRate: 0.5).following(schedule))
    let saved = SavedModel(
      model: model, preparation: PhotoPreparation(height: 8, width: 8, channels: 1), classNames: ["a", "b"],
      loss: .binaryCrossentropy)
    try await withTemporaryFolder { folder in
      func written() async throws -> LearningRateSchedule? {
        let file = folder.appendingPathComponent("model.keras")
        try await saved.write(to: file)
        return try SavedModel(contentsOf: file).optimizer?.schedule
      }
      #expect(try await written() == nil)
      _ = try await model.evaluate(Toy(9).dataset())
      #expect(try await written() == nil)
      try await model.fit(Toy(24).dataset(), stepsPerEpoch: 5)
      #expect(try await written() == .cosineDecay(over: .steps(15)))
      try await model.fit(Toy(24).dataset(), stepsPerEpoch: 2)
      #expect(try await written() == .cosineDecay(over: .steps(6)))
    }
  }

  /// A rate that a plateau has lowered stays so in the next training and in its checkpoints; from a checkpoint
  /// before it was lowered, training resumes with the earlier rate.
  @Test func checkpointsKnowTheRate() async throws {
    let plateau = ReduceOnPlateau(monitor: .accuracy, factor: 0.5, patience: 1, minimumChange: 2)
    var checkpoints: [Checkpoint] = []
    let model = try model(.sgd(learningRate: 0.5))
    let train = try Toy(24).dataset()
    let first = try await model.fit(
      train, epochs: 4, stepsPerEpoch: 2, reduceOnPlateau: plateau,
      saving: Checkpointing(every: nil) { checkpoints.append($0) })
    #expect(first["learning_rate"] == [0.5, 0.5, 0.25, 0.125])
    let end = try await model.state()

    let again = try await model.fit(
      train, epochs: 4, stepsPerEpoch: 2, reduceOnPlateau: plateau, from: checkpoints[0])
    #expect(again["learning_rate"] == first["learning_rate"])
    #expect(try await model.state() == end)

    let other = try self.model(.sgd(learningRate: 0.5), seed: 99)
    #expect(
      try await other.fit(
        train, epochs: 4, stepsPerEpoch: 2, reduceOnPlateau: plateau, from: checkpoints[2]
      ).epochs
        == first.epochs)
    #expect(try await other.state() == end)

    // The next training begins at the lowered rate, also where another process resumes it.
    var later: [Checkpoint] = []
    let next = try await model.fit(
      train, epochs: 2, stepsPerEpoch: 2, saving: Checkpointing(every: nil) { later.append($0) })
    #expect(next["learning_rate"] == [0.0625, 0.0625])
    let fresh = try self.model(.sgd(learningRate: 0.5), seed: 99)
    let resumed = try await fresh.fit(train, epochs: 2, stepsPerEpoch: 2, from: later[0])
    #expect(resumed.epochs == next.epochs)
    #expect(try await fresh.state() == model.state())
    // Compiling starts at the given rate.
    #expect(model.compilation?.optimizer.learningRate == 0.5)
  }

  /// A phase's own optimizer isn't that of phases without one in the next training.
  @Test func phasesLeaveTheOptimizerAsItWas() async throws {
    let model = try model(.sgd(learningRate: 0.5))
    let phases = [
      TrainingPhase("usual", epochs: 1), TrainingPhase("own", optimizer: .adam(learningRate: 0.001)),
    ]
    for _ in 0..<2 {
      let history = try await model.fit(Toy(24).dataset(), phases: phases, epochs: 2, stepsPerEpoch: 2)
      #expect(history["learning_rate"] == [0.5, Double(Float(0.001))])
    }
  }
}
