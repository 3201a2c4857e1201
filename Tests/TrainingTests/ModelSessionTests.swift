import Synchronization
import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// An engine that wraps another one and records what moves in and out.
private actor CountingEngine: Engine {
  private nonisolated let engine = ReferenceEngine()
  nonisolated var unownedExecutor: UnownedSerialExecutor { engine.unownedExecutor }
  nonisolated var programs: ProgramLedger { engine.programs }
  private(set) var loaded: [[String]] = []
  private(set) var read: [[String]] = []
  private(set) var discarded: Set<String> = []
  private(set) var compiled = 0

  private func asEngine<Value: Sendable>(
    _ body: @Sendable (isolated ReferenceEngine) throws(WhiskerError) -> Value
  ) throws(WhiskerError) -> Value {
    let result = engine.assumeIsolated { engine in
      Result { () throws(WhiskerError) in try body(engine) }
    }
    return try result.get()
  }

  func compile(_ graph: Graph) throws(WhiskerError) -> Program {
    compiled += 1
    return try asEngine { engine throws(WhiskerError) in try engine.compile(graph) }
  }

  func load(_ states: [String: Tensor]) throws(WhiskerError) {
    loaded.append(states.keys.sorted())
    try asEngine { engine throws(WhiskerError) in try engine.load(states) }
  }

  func discard(_ names: [String]) {
    discarded.formUnion(names)
    engine.assumeIsolated { $0.discard(names) }
  }

  func read(_ names: [String]) throws(WhiskerError) -> [String: Tensor] {
    read.append(names)
    return try asEngine { engine throws(WhiskerError) in try engine.read(names) }
  }

  func run(_ program: Program, inputs: [String: Tensor]) throws(WhiskerError) -> [String: Tensor] {
    try asEngine { engine throws(WhiskerError) in try engine.run(program, inputs: inputs) }
  }
}

/// What one owner of all state means: nothing moves that wasn't requested.
@Suite struct ModelSessionTests {
  private func model(_ engine: any Engine, _ optimizer: Optimizer = .rmsprop()) throws -> Model {
    let model = toyModel()
    try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: engine)
    return model
  }

  @Test func predictingInALoopMakesAndLoadsNothingTwice() async throws {
    let engine = CountingEngine()
    let model = try model(engine)
    let images = Toy(5).images
    let first = try await model.predict(images)
    let counts = (await engine.loaded.count, await engine.compiled)
    #expect(counts == (1, 1))
    for _ in 0..<10 { #expect(try await model.predict(images) == first) }
    #expect((await engine.loaded.count, await engine.compiled) == counts)
    #expect(await engine.read.isEmpty)
  }

  @Test func anEpochReadsEveryTensorOnce() async throws {
    let engine = CountingEngine()
    let model = try model(engine)
    var reads: [Int] = []
    let store = Checkpointing(every: nil) { _ in }
    try await model.fit(
      Toy(16).dataset(), epochs: 3, validation: Toy(8, seed: 2).dataset(), saving: store
    ) { event in
      guard case .epochEnded = event else { return }
      // What a log, a model file and a checkpoint ask for.
      _ = try await model.weights()
      _ = try await model.state()
      reads.append(await engine.read.count)
    }
    #expect(reads == [1, 2, 3])
    let all = Set(try await model.state().weights.keys).union(try await model.state().slots.keys)
    for names in await engine.read {
      #expect(Set(names).isSubset(of: all) && Set(names).count == names.count)
    }
    #expect(await engine.loaded.count == 1, "nothing is loaded again between epochs")
    #expect(await engine.read.count == 3, "what the last epoch read is still right when training ends")
  }

  @Test func aValueIsAskedForByName() async throws {
    let engine = CountingEngine()
    let model = try model(engine)
    let name = try #require(try model.network().trainableWeights.first?.name)
    var seen: [[Float]] = []
    try await model.fit(Toy(16).dataset(), stepsPerEpoch: 3) { event in
      guard case .stepEnded = event else { return }
      seen.append(try await model.session().weights([name])[name]?.values ?? [])
      #expect(await engine.read.last == [name])
      let error = #expect(throws: WhiskerError.self) { try model.session().weightsAtHome() }
      #expect(error?.code == .engineFailure, "a copy of the weights as they were would be another truth")
    }
    #expect(seen.count == 3 && Set(seen.map { $0[0] }).count == 3)
    #expect(try model.session().weightsAtHome()[name]?.values == seen.last)
  }

  @Test func ruinedWeightsAreFoundWithoutCopyingTheOthers() async throws {
    let engine = CountingEngine()
    let model = try model(engine, .sgd(learningRate: 0.01))
    let name = try #require(try model.network().trainableWeights.last?.name)
    let before = try await model.weights()
    let error = await #expect(throws: WhiskerError.self) {
      try await model.fit(Toy(16).dataset(), stepsPerEpoch: 2) { event in
        guard case .stepEnded(let progress) = event, progress.step == 2 else { return }
        var weights = try await model.session().weights([name])
        for (name, tensor) in weights { weights[name] = Tensor(shape: tensor.shape, repeating: .infinity) }
        try model.session().replaceWeights(weights)
      }
    }
    #expect(error?.code == .lossNotFinite)
    #expect(error?.got == "inf in \(name)")
    for names in await engine.read { #expect(names == [name]) }
    #expect(try await model.weights() == before)
  }

  @Test func anotherOptimizersSlotsAreForgotten() async throws {
    let engine = CountingEngine()
    let model = try model(engine)
    try await model.fit(Toy(16).dataset())
    let old = Set(try await model.state().slots.keys)
    #expect(!old.isEmpty)
    try model.compile(loss: .binaryCrossentropy, optimizer: .sgd(), engine: engine)
    #expect(try await model.state().slots.isEmpty)
    try await model.fit(Toy(16).dataset())
    #expect(await engine.discarded == old)
    #expect(try await model.state().slots.isEmpty)
  }

  @Test func anotherEngineIsLentTheSameWeights() async throws {
    let (first, second) = (CountingEngine(), CountingEngine())
    let model = try model(first)
    try await model.fit(Toy(16).dataset())
    let prediction = try await model.predict(Toy(4).images)
    try model.compile(loss: .binaryCrossentropy, engine: second)
    #expect(try await model.predict(Toy(4).images) == prediction)
  }
}
