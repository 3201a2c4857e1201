import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Training that changes its samples and its dropout from an epoch on.
@Suite struct StageTests {
  /// A network for photos of any size.
  private static func model(dropout: Float = 0.3, optimizer: Optimizer = .sgd(momentum: 0.9)) throws
    -> Sequential
  {
    let model = Sequential(input: [8, 8, 1], seed: 3) {
      Conv2D(4, kernel: 3, padding: .same, activation: .relu)
      BatchNormalization(momentum: 0.8)
      GlobalAveragePooling2D()
      Dropout(dropout)
      Dense(1, activation: .sigmoid)
    }
    try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: EngineKind.oneDNN.make())
    return model
  }

  /// Pictures of a size with the classes of a toy's, or with the others'.
  private static func pictures(
    _ side: Int, count: Int = 24, seed: UInt64 = 1, swapped: Bool = false
  ) throws -> ArrayDataset {
    let toy = Toy(count, seed: seed)
    var stream = RandomStream(RandomKey(seed: seed + 9))
    let values = toy.classes.flatMap { label in
      (0..<side * side).map { _ in Float(label) * 0.5 + 0.5 * stream.uniform() }
    }
    let labels = swapped ? toy.classes.map { 1 - $0 } : toy.classes
    return try ArrayDataset(
      images: Tensor(shape: [count, side, side, 1], values: values),
      labels: Tensor(shape: [count], values: labels.map { Float($0) }), batchSize: 8)
  }

  private static func stage(
    _ side: Int, after epoch: Int, dropoutFactor: Float = 1, swapped: Bool = false
  ) -> TrainingStage {
    TrainingStage("side \(side)", afterEpoch: epoch, dropoutFactor: dropoutFactor) {
      .init(
        train: try pictures(side), validation: try pictures(side, count: 10, seed: 7, swapped: swapped))
    }
  }

  @Test("A stage with the same samples changes nothing")
  func same() async throws {
    let (plain, staged) = (try Self.model(), try Self.model())
    let data = try Self.pictures(8)
    let expected = try await plain.fit(data, epochs: 4, validation: data, seed: 1)
    let same = TrainingStage("same", afterEpoch: 2) { .init(train: data) }
    let found = try await staged.fit(data, epochs: 4, validation: data, seed: 1, stages: [same])
    #expect(found.epochs == expected.epochs)
    #expect(try await staged.weights() == plain.weights())
  }

  @Test("Photos grow, and the network and what is measured with them")
  func sizes() async throws {
    let model = try Self.model()
    var events: [String] = []
    let history = try await model.fit(
      Self.pictures(8), epochs: 4, validation: Self.pictures(8, count: 10, seed: 7),
      stages: [Self.stage(5, after: 0), Self.stage(12, after: 3)]
    ) { event in
      switch event {
      case .stageBegan(let epoch, let name): events.append("\(epoch) \(name)")
      case .epochBegan(let epoch, _, _): events.append("\(epoch)")
      default: break
      }
    }
    #expect(events == ["1 side 5", "1", "2", "3", "4 side 12", "4"])
    // The last was measured on pictures of 12 × 12.
    let network = try Model(model.network().taking([12, 12, 1]))
    try await network.setWeights(model.weights())
    try network.compile(loss: .binaryCrossentropy, engine: EngineKind.oneDNN.make())
    let score = try await network.evaluate(Self.pictures(12, count: 10, seed: 7))
    #expect(score.loss == history.epochs.last?.validation?.loss)
    #expect(try await model.evaluate(Self.pictures(8)).count == 24)
  }

  @Test("Without dropout in a stage it is as without the layer")
  func dropout() async throws {
    let (none, factor) = (try Self.model(dropout: 0), try Self.model(dropout: 0.6))
    try await none.fit(Self.pictures(8), epochs: 2, stages: [Self.stage(8, after: 0)])
    try await factor.fit(Self.pictures(8), epochs: 2, stages: [Self.stage(8, after: 0, dropoutFactor: 0)])
    #expect(try await factor.weights() == none.weights())
    let half = try Self.model(dropout: 0.3)
    let twice = try Self.model(dropout: 0.6)
    try await half.fit(Self.pictures(8), epochs: 2, stages: [Self.stage(8, after: 0)])
    try await twice.fit(Self.pictures(8), epochs: 2, stages: [Self.stage(8, after: 0, dropoutFactor: 0.5)])
    #expect(try await half.weights() == twice.weights())
    #expect(try await half.weights() != none.weights())
  }

  /// With averages, growing pictures, a plateau and early stopping at once.
  @Test("Resumed after any step, stages, averages, plateau and early stopping leave no trace")
  func resumed() async throws {
    var optimizer = Optimizer.sgd(learningRate: 0.3, momentum: 0.9, isNesterov: true)
    optimizer.averaging = .exponential(momentum: 0.8)
    optimizer.clipping = .globalNorm(1)
    // With labels swapped the loss rises once anything is learned.
    let stages = [
      Self.stage(5, after: 0, dropoutFactor: 0.5, swapped: true), Self.stage(8, after: 2, swapped: true),
      Self.stage(12, after: 4, swapped: true),
    ]
    let stopping = EarlyStopping(patience: 3, restoresBestWeights: true, startFromEpoch: 3)
    let plateau = ReduceOnPlateau(factor: 0.5, patience: 1)
    func train(
      from checkpoint: Checkpoint? = nil, saving: Checkpointing? = nil
    ) async throws -> (History, [String: Tensor]) {
      let model = try Self.model(optimizer: optimizer)
      let history = try await model.fit(
        Self.pictures(8), epochs: 12, validation: Self.pictures(8), seed: 5, earlyStopping: stopping,
        reduceOnPlateau: plateau, stages: stages, from: checkpoint, saving: saving)
      return (history, try await model.weights())
    }
    var checkpoints: [Checkpoint] = []
    let (history, weights) = try await train(
      saving: Checkpointing(every: nil, steps: 1) { checkpoints.append($0) })
    // Everything took part.
    #expect(history.epochs.count < 12 && history.epochs.count > 5)
    #expect(Set(history.epochs.map(\.learningRate)).count > 1)
    #expect(checkpoints.contains { $0.state.slots.keys.contains("dense/kernel:average") })
    for checkpoint in checkpoints where !checkpoint.progress.phase.isOver {
      let (other, result) = try await train(from: checkpoint)
      #expect(other.epochs == history.epochs, "\(checkpoint.progress.stepsDone)")
      #expect(result == weights, "\(checkpoint.progress.stepsDone)")
    }
  }

  @Test("Stages that don't fit are refused before they begin")
  func faults() async throws {
    func message(_ model: Model, _ stages: [TrainingStage]) async throws -> String {
      let error = try await #require(throws: WhiskerError.self) {
        try await model.fit(Self.pictures(8), stages: stages)
      }
      return error.description
    }
    let flat = toyModel()
    try flat.compile(loss: .binaryCrossentropy, engine: EngineKind.oneDNN.make())
    let other = try await message(flat, [Self.stage(12, after: 0)])
    #expect(other.contains("dense") && other.contains("no other size of photos"))
    let model = try Self.model()
    let dropout = try await message(model, [Self.stage(8, after: 0, dropoutFactor: 4)])
    #expect(dropout.contains("dropout") && dropout.contains("below 1"))
    let order = try await message(model, [Self.stage(8, after: 2), Self.stage(8, after: 2)])
    #expect(order.hasPrefix("stages: expected epochs of at least 0, in order"))
    let fewer = TrainingStage("fewer", afterEpoch: 0) { .init(train: try Self.pictures(8, count: 16)) }
    #expect(try await message(model, [fewer]).hasPrefix("fewer: expected 24 samples"))
  }
}
