import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Fine-tuning in phases, and resuming in each of them.
@Suite struct PhasesTests {
  static let phases = [
    TrainingPhase("head", epochs: 2, training: ["dense*"], optimizer: .adam(learningRate: 0.01)),
    TrainingPhase(
      "slowly", epochs: 3, training: ["dense*", "conv2d"], optimizer: .rmsprop(learningRate: 0.02),
      earlyStopping: EarlyStopping(monitor: .accuracy, patience: 1, restoresBestWeights: true)),
    TrainingPhase(
      "all", optimizer: .adamW(learningRate: 0.004, weightDecay: 0.01),
      reduceOnPlateau: ReduceOnPlateau(monitor: .validationLoss, patience: 1, minimumChange: 0.5)),
  ]
  static let (epochs, steps) = (8, 3)

  struct Result: Equatable {
    var history: [History.Epoch]
    var state: TrainingState
  }

  private func model(seed: UInt64 = 0) throws -> Model {
    let model = Sequential(input: [8, 8, 1], seed: seed) {
      Conv2D(4, kernel: 3, activation: .relu)
      BatchNormalization()
      MaxPooling2D(2)
      Flatten()
      Dropout(0.3)
      Dense(1, activation: .sigmoid)
    }
    try model.compile(loss: .binaryCrossentropy, engine: EngineKind.oneDNN.make())
    return model
  }

  private func train(
    from checkpoint: Checkpoint? = nil, saving: Checkpointing? = nil,
    onEvent: (TrainingEvent, Model) async throws -> Void = { _, _ in }
  ) async throws -> Result {
    let model = try model(seed: checkpoint == nil ? 0 : 99)
    let history = try await model.fit(
      Toy(24).dataset(), phases: Self.phases, epochs: Self.epochs, stepsPerEpoch: Self.steps,
      validation: Toy(10, seed: 7).dataset(), seed: 3, from: checkpoint, saving: saving
    ) { try await onEvent($0, model) }
    return Result(history: history.epochs, state: try await model.state())
  }

  @Test func eachPhaseTrainsItsLayers() async throws {
    var phases: [String] = []
    var weights: [[String: Tensor]] = [try await model().weights()]
    var optimizerSteps: [Int] = []
    let result = try await train { event, model in
      if case .phaseBegan(let number, let count, let phase) = event {
        phases.append("\(number)/\(count) \(phase.name)")
      }
      guard case .epochEnded = event else { return }
      weights.append(try await model.weights())
      optimizerSteps.append(try await model.state().optimizerStep)
    }
    #expect(phases == ["1/3 head", "2/3 slowly", "3/3 all"])
    #expect(result.history.count == Self.epochs)
    #expect(result.state.step == Self.epochs * Self.steps)
    // Each phase's optimizer starts anew.
    #expect(optimizerSteps.prefix(3) == [3, 6, 3])
    for name in ["conv2d/kernel", "conv2d/bias"] {
      #expect(weights[2][name] == weights[0][name])
      #expect(weights[3][name] != weights[2][name])
    }
    #expect(weights[1]["dense/kernel"] != weights[0]["dense/kernel"])
    // Statistics, scale and offset of batch normalisation stay unless a phase says otherwise.
    for (name, weight) in result.state.weights where name.hasPrefix("batch_normalization") {
      #expect(weight == weights[0][name], "\(name)")
    }
    #expect(result.history.map(\.learningRate).prefix(3) == [0.01, 0.01, 0.02])
    #expect(result.history.last?.learningRate ?? 1 < 0.004, "a plateau was reached")
  }

  @Test func fromEveryStepOnTheBitsAreTheSame() async throws {
    let whole = try await train()
    var all: [Checkpoint] = []
    _ = try await train(saving: Checkpointing(every: nil, steps: 1) { all.append($0) })
    #expect(all.count == Self.epochs * Self.steps)
    try await withTemporaryFolder { folder in
      for checkpoint in all {
        let url = folder.appendingPathComponent("checkpoint.safetensors")
        try checkpoint.write(to: url)
        let read = try Checkpoint(contentsOf: url)
        #expect(read == checkpoint)
        #expect(try await train(from: read) == whole, "\(checkpoint.progress.stepsDone)")
      }
    }
  }

  private func refusal(of phases: [TrainingPhase]) async throws -> WhiskerError? {
    let (model, data) = (try model(), try Toy(16).dataset())
    do {
      try await model.fit(data, phases: phases, epochs: 3)
      return nil
    } catch let error as WhiskerError {
      return error
    }
  }

  @Test func phasesThatDoNotFitAreRefused() async throws {
    let all = TrainingPhase("all")
    #expect(try await refusal(of: [TrainingPhase("head", training: ["block*"])])?.place == "block*")
    #expect(try await refusal(of: [TrainingPhase("head", training: ["flatten"])])?.place == "head")
    #expect(
      try await refusal(of: [TrainingPhase("norm", training: ["batch_normalization"])])?.place == "norm")
    #expect(try await refusal(of: [TrainingPhase("head", epochs: 2)])?.place == "head")
    #expect(try await refusal(of: [TrainingPhase("head"), all])?.place == "head")
    #expect(try await refusal(of: [TrainingPhase("head", epochs: 0), all])?.place == "head")
    #expect(try await refusal(of: [TrainingPhase("head", optimizer: .adam(beta1: 2))])?.place == "beta 1")
    #expect(try await refusal(of: [all]) == nil)
  }
}
