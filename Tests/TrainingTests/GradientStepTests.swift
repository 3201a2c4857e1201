import Testing
import WhiskerDatasets
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Gradients that are clipped, and such that are summed up over batches; `keras_continues.py` compares both with Keras.
@Suite struct GradientStepTests {
  private static func optimizer(
    _ clipping: GradientClipping? = nil, accumulating steps: Int = 1, momentum: Float = 0
  ) -> Optimizer {
    var optimizer = Optimizer.sgd(learningRate: 0.5, momentum: momentum)
    optimizer.clipping = clipping
    optimizer.accumulationSteps = steps
    return optimizer
  }

  private static func model(_ optimizer: Optimizer, _ kind: EngineKind) throws -> Sequential {
    let model = toyModel(seed: 2)
    try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: kind.make())
    return model
  }

  /// What one plain step changes in each weight, divided by the rate: its gradient.
  private static func step(_ clipping: GradientClipping?, _ kind: EngineKind) async throws -> [String:
    [Double]]
  {
    let model = try model(optimizer(clipping), kind)
    let before = try await model.weights()
    try await model.fit(Toy(8).dataset(), stepsPerEpoch: 1)
    let after = try await model.weights()
    return before.mapValues { _ in [] }.merging(
      before.map { name, tensor in
        (name, zip(tensor.values, after[name]?.values ?? []).map { Double($0 - $1) / 0.5 })
      }
    ) { $1 }
  }

  private static func norm(_ values: some Sequence<Double>) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// Whether two sets of gradients are alike, but for rounding of weights of about 1.
  private func expect(_ found: [String: [Double]], _ expected: [String: [Double]]) {
    for (name, values) in expected {
      for (mine, theirs) in zip(found[name] ?? [], values) {
        #expect(abs(mine - theirs) < 1e-6 + 1e-5 * abs(theirs), "\(name)")
      }
    }
  }

  @Test("Gradients are clipped by the norm of all", arguments: EngineKind.allCases)
  func globalNorm(kind: EngineKind) async throws {
    let gradients = try await Self.step(nil, kind)
    let norm = Self.norm(gradients.values.joined())
    let clipped = try await Self.step(.globalNorm(Float(norm / 4)), kind)
    expect(clipped, gradients.mapValues { $0.map { $0 / 4 } })
    // A bound that isn't reached changes nothing.
    #expect(try await Self.step(.globalNorm(Float(norm * 2)), kind) == gradients)
  }

  @Test("Gradients are clipped by their own norm", arguments: EngineKind.allCases)
  func ownNorm(kind: EngineKind) async throws {
    let gradients = try await Self.step(nil, kind)
    let norms = gradients.mapValues(Self.norm).values.sorted()
    let bound = norms[norms.count / 2]
    let clipped = try await Self.step(.norm(Float(bound)), kind)
    expect(clipped, gradients.mapValues { values in values.map { $0 * min(1, bound / Self.norm(values)) } })
  }

  @Test("Gradients are clipped number by number", arguments: EngineKind.allCases)
  func values(kind: EngineKind) async throws {
    let gradients = try await Self.step(nil, kind)
    let bound = (gradients.values.joined().map(abs).max() ?? 0) / 3
    let clipped = try await Self.step(.value(Float(bound)), kind)
    expect(clipped, gradients.mapValues { $0.map { max(-bound, min(bound, $0)) } })
  }

  @Test("Three batches for one step are one larger batch", arguments: EngineKind.allCases)
  func accumulation(kind: EngineKind) async throws {
    let toy = Toy(24)
    func data(_ size: Int) throws -> ArrayDataset {
      try ArrayDataset(images: toy.images, labels: toy.labels, batchSize: size, shuffle: false)
    }
    let parts = try Self.model(Self.optimizer(.globalNorm(0.1), accumulating: 3, momentum: 0.9), kind)
    try await parts.fit(data(4), epochs: 2, stepsPerEpoch: 6)
    let whole = try Self.model(Self.optimizer(.globalNorm(0.1), momentum: 0.9), kind)
    try await whole.fit(data(12), epochs: 2, stepsPerEpoch: 2)
    #expect(try await relativeDifference(parts.weights(), whole.weights()) < 1e-5)

    // Before the third batch no weight changes.
    let untouched = try Self.model(Self.optimizer(accumulating: 3), kind)
    let before = try await untouched.weights()
    try await untouched.fit(data(4), stepsPerEpoch: 2)
    #expect(try await untouched.weights() == before)
    try await untouched.fit(data(4), stepsPerEpoch: 1)
    #expect(try await untouched.weights() != before)
  }

  @Test("Schedules and averages count the optimizer's steps, and resuming amid one leaves no trace")
  func resumed() async throws {
    var optimizer = Self.optimizer(accumulating: 3, momentum: 0.9)
    optimizer.schedule = .cosineDecay(over: .share(1), warmup: .steps(1))
    optimizer.averaging = .exponential(momentum: 0.7)
    var checkpoints: [Checkpoint] = []
    let saving = Checkpointing(every: nil, steps: 1) { checkpoints.append($0) }
    let model = try Self.model(optimizer, .oneDNN)
    let history = try await model.fit(Toy(24).dataset(), epochs: 3, stepsPerEpoch: 4, saving: saving)
    // The last step of each epoch belongs to the first, the second and the fourth of the optimizer's four.
    let length = TrainingLength(stepsPerEpoch: 4, epochs: 3, accumulationSteps: 3)
    #expect(history.epochs.map(\.learningRate) == [1, 2, 3].map { optimizer.rate(at: $0, in: length) })
    #expect(optimizer.rate(at: 4, in: length) < 1e-8)
    for checkpoint in checkpoints {
      let resumed = try Self.model(optimizer, .oneDNN)
      try await resumed.fit(Toy(24).dataset(), epochs: 3, stepsPerEpoch: 4, from: checkpoint)
      #expect(try await resumed.weights() == model.weights(), "\(checkpoint.progress.stepsDone)")
    }
  }

  @Test("Bounds and counts that can't be are named") func faults() throws {
    for (change, expected) in [
      ({ $0.clipping = .norm(0) }, "gradient clipping: expected a bound above 0, got 0.0"),
      ({ $0.accumulationSteps = 0 }, "accumulation steps: expected 1 to 1000000, got 0.0"),
    ] as [((inout Optimizer) -> Void, String)] {
      var optimizer = Optimizer.sgd()
      change(&optimizer)
      let error = #expect(throws: WhiskerError.self) { try optimizer.check() }
      #expect(error?.description == expected)
    }
  }
}
