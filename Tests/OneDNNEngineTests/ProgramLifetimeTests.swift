import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// Programs belong to their engine, and are freed with the last reference.
@Suite struct ProgramLifetimeTests {
  private func graph() throws -> Graph {
    var graph = Graph()
    graph.output("y", try graph.append(.activation(.relu), graph.input("x", [2])))
    return graph
  }

  private let inputs = ["x": Tensor(shape: [2], values: [1, -1])]

  @Test func anotherEnginesProgramIsRefused() async throws {
    let engines: [any Engine] = [OneDNNEngine(.init(threads: 1)), ReferenceEngine()]
    let others: [any Engine] = [OneDNNEngine(.init(threads: 1)), ReferenceEngine()]
    for engine in engines {
      let program = try await engine.compile(graph())
      #expect(try await engine.run(program, inputs: inputs)["y"]?.values == [1, 0])
      for other in others {
        let error = await #expect(throws: WhiskerError.self) {
          try await other.run(program, inputs: inputs)
        }
        #expect(error?.code == .foreignProgram)
      }
    }
  }

  @Test func aProgramGoesWithItsLastHolder() async throws {
    for engine in [OneDNNEngine(.init(threads: 1)), ReferenceEngine()] as [any Engine] {
      var program: Program? = try await engine.compile(graph())
      #expect(engine.programs.count == 1 && engine.programs.byteCount > 0)
      var other = program
      program = nil
      #expect(engine.programs.count == 1)
      if let other { _ = try await engine.run(other, inputs: inputs) }
      other = nil
      #expect(engine.programs.count == 0 && engine.programs.byteCount == 0)
    }
  }

  @Test func aStateThatWasForgottenIsMissedAndMayComeBack() async throws {
    for engine in [OneDNNEngine(.init(threads: 1)), ReferenceEngine()] as [any Engine] {
      var graph = Graph()
      graph.output("y", try graph.append(.add, graph.input("x", [2]), graph.state("w", [2])))
      try await engine.load(["w": Tensor(shape: [2], values: [1, 2])])
      let program = try await engine.compile(graph)
      #expect(try await engine.run(program, inputs: inputs)["y"]?.values == [2, 1])
      await engine.discard(["w", "unheard"])
      let error = await #expect(throws: WhiskerError.self) { try await engine.run(program, inputs: inputs) }
      #expect(error?.code == .badBinding)
      try await engine.load(["w": Tensor(shape: [2], values: [5, 5])])
      #expect(try await engine.run(program, inputs: inputs)["y"]?.values == [6, 4])
    }
  }

  // MARK: Memory stays flat

  private func network(seed: UInt64 = 0) -> Sequential {
    Sequential(input: [12, 12, 1], seed: seed) {
      Conv2D(4, kernel: 3, activation: .relu)
      MaxPooling2D(2)
      Flatten()
      Dense(1, activation: .sigmoid)
    }
  }

  private func data(_ count: Int = 12, batchSize: Int = 4) throws -> ArrayDataset {
    var stream = RandomStream(RandomKey(seed: 7))
    let values = (0..<count * 144).map { _ in stream.uniform() }
    return try ArrayDataset(
      images: Tensor(shape: [count, 12, 12, 1], values: values),
      labels: Tensor(shape: [count], values: (0..<count).map { Float($0 % 2) }), batchSize: batchSize)
  }

  @Test func aHundredBatchSizesLeaveAFewPrograms() async throws {
    let engine = OneDNNEngine(.init(threads: 1))
    let model = network()
    try model.compile(loss: .binaryCrossentropy, engine: engine)
    let images = try data(100).images
    for size in 1...100 {
      let part = Tensor(shape: [size, 12, 12, 1], values: Array(images.values.prefix(size * 144)))
      _ = try await model.predict(part, batchSize: size)
      #expect(engine.programs.count <= 8)
    }
    let last = engine.programs.byteCount
    for _ in 0..<3 { _ = try await model.predict(images, batchSize: 100) }
    #expect(engine.programs.byteCount == last)
  }

  @Test func twentyFoldsLeaveNothing() async throws {
    let engine = OneDNNEngine(.init(threads: 1))
    let data = try data()
    var counts: Set<[Int]> = []
    for fold in 0..<20 {
      let model = network(seed: UInt64(fold))
      try model.compile(loss: .binaryCrossentropy, engine: engine)
      try await model.fit(data, epochs: 1, validation: data)
      counts.insert([engine.programs.count, engine.programs.byteCount])
    }
    #expect(counts.count == 1, "\(counts)")
    #expect(engine.programs.count == 0, "the last model has gone")
  }

  @Test func tenPhasesLeaveThoseOfTheLast() async throws {
    let engine = OneDNNEngine(.init(threads: 1))
    let model = network()
    try model.compile(loss: .binaryCrossentropy, engine: engine)
    let data = try data()
    let phases = (0..<10).map { index in
      TrainingPhase(
        "\(index)", epochs: index < 9 ? 1 : nil, training: index.isMultiple(of: 2) ? ["*"] : ["dense"],
        optimizer: index.isMultiple(of: 3) ? .adam() : .rmsprop())
    }
    var counts: Set<Int> = []
    try await model.fit(data, phases: phases, epochs: 10, validation: data) { event in
      if case .epochEnded = event { counts.insert(engine.programs.count) }
    }
    #expect(counts.count == 1, "\(counts)")
  }
}
