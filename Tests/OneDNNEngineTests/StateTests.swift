import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

@Suite struct StateTests {
  private let network: Network
  private let graph: Graph

  /// Channels that fill blocks of 16 and some that don't, so that states get padded layouts too.
  init() throws {
    network = try Network(
      input: [12, 12, 3],
      layers: [
        Conv2D(10, kernel: 3, activation: .relu), Conv2D(16, kernel: 3), Conv2D(32, kernel: 3, strides: 2),
        Flatten(), Dense(5), Dense(1, activation: .sigmoid),
      ])
    graph = try ModelGraphs(network).training(
      batchSize: 2, loss: .binaryCrossentropy, rule: Optimizer.rmsprop(momentum: 0.9, isCentered: true).rule)
  }

  private func randomStates(_ seed: UInt64) -> [String: Tensor] {
    var stream = RandomStream(RandomKey(seed: seed))
    var tensors: [String: Tensor] = [:]
    for (name, shape) in graph.states.sorted(by: { $0.key < $1.key }) {
      tensors[name] = Tensor(shape: shape, values: (0..<shape.count).map { _ in stream.normal() })
    }
    return tensors
  }

  @Test func whatIsLoadedIsReadBackExactly() async throws {
    let engine = OneDNNEngine()
    let (first, second) = (randomStates(1), randomStates(2))
    let names = first.keys.sorted()
    try await engine.load(first)
    #expect(try await engine.read(names) == first)
    let program = try await engine.compile(graph)
    #expect(try await engine.read(names) == first)
    try await engine.load(second)
    #expect(try await engine.read(names) == second)
    _ = try await engine.run(program, inputs: inputs(for: network, batchSize: 2))
    #expect(try await engine.read(names) != second)
    try await engine.load(first)
    #expect(try await engine.read(names) == first)
  }

  /// Loaded before or after compiling, whichever program fixed the layouts: the same bits follow.
  @Test func theOrderOfLoadingAndCompilingDoesNotMatter() async throws {
    let states = randomStates(1)
    let evaluation = try ModelGraphs(network).evaluation(batchSize: 2, loss: .binaryCrossentropy)
    var results: [[String: Tensor]] = []
    for order in 0..<3 {
      let engine = OneDNNEngine(.init(threads: 1))
      if order == 0 { try await engine.load(states) }
      if order == 2 { _ = try await engine.compile(evaluation) }
      let program = try await engine.compile(graph)
      if order > 0 { try await engine.load(states) }
      results.append(try await engine.run(program, inputs: inputs(for: network, batchSize: 2)))
    }
    #expect(results[0] == results[1])
    #expect(results[0]["predictions"] == results[2]["predictions"])
  }

  @Test func programsShareStates() async throws {
    let engine = OneDNNEngine(.init(threads: 1))
    try await engine.load(network.initialWeights(RandomKey(seed: 1)))
    let training = try await engine.compile(graph)
    let prediction = try await engine.compile(ModelGraphs(network).prediction(batchSize: 2))
    let batch = inputs(for: network, batchSize: 2)
    let before = try await engine.run(prediction, inputs: batch)
    _ = try await engine.run(training, inputs: batch)
    let after = try await engine.run(prediction, inputs: batch)
    #expect(before != after)

    let other = OneDNNEngine(.init(threads: 1))
    try await other.load(engine.read(network.weights.map(\.name)))
    let fresh = try await other.compile(ModelGraphs(network).prediction(batchSize: 2))
    #expect(try await other.run(fresh, inputs: batch)["predictions"] == after["predictions"])
  }

  @Test func statesBeginAtZero() async throws {
    let engine = OneDNNEngine()
    _ = try await engine.compile(graph)
    for tensor in try await engine.read(graph.states.keys.sorted()).values {
      #expect(tensor.values.allSatisfy { $0 == 0 })
    }
  }

  @Test func faultsAreErrorsThatNameThePlace() async throws {
    let engine = OneDNNEngine()
    let program = try await engine.compile(graph)
    let good = inputs(for: network, batchSize: 2)
    func error(_ body: () async throws -> Void) async -> WhiskerError? {
      await #expect(throws: WhiskerError.self) { try await body() }
    }
    let missing = await error {
      _ = try await engine.run(program, inputs: good.filter { $0.key != "labels" })
    }
    #expect(missing?.code == .badBinding)
    #expect(missing?.place == "input labels")
    let shape = await error {
      _ = try await engine.run(program, inputs: good.merging(["labels": Tensor(shape: [3])]) { $1 })
    }
    #expect(shape?.message == "expected (2), got (3)")
    let unknown = await error { _ = try await engine.read(["conv2d/kernel", "nothing"]) }
    #expect(unknown?.place == "state nothing")
    let loading = await error { try await engine.load(["conv2d/bias": Tensor(shape: [11])]) }
    #expect(loading?.message == "expected (10), got (11)")
    let other = try Network(input: [12, 12, 3], layers: [Conv2D(11, kernel: 3)])
    let compiling = await error { _ = try await engine.compile(ModelGraphs(other).prediction(batchSize: 1)) }
    #expect(compiling?.code == .badBinding)
    // The engine still works.
    #expect(try await engine.run(program, inputs: good)["loss"]?.values[0].isFinite == true)
  }

  /// 2⁵⁰ bytes are more than a process can address.
  @Test func memoryThatIsNotThereIsAnError() async throws {
    let engine = OneDNNEngine()
    var huge = Graph()
    let constant = huge.constant(1, [1 << 48])
    huge.output("sum", try huge.append(.sum, constant))
    let program = try await engine.compile(huge)
    let error = await #expect(throws: WhiskerError.self) { try await engine.run(program, inputs: [:]) }
    #expect(error?.code == .outOfMemory)
    #expect(error?.place == "memory")

    var state = Graph()
    state.output("w", try state.append(.scale(2), try state.state("w", [1 << 48])))
    let compiling = await #expect(throws: WhiskerError.self) { try await engine.compile(state) }
    #expect(compiling?.place == "memory")

    var small = Graph()
    let three = small.constant(3, [2])
    small.output("sum", try small.append(.sum, three))
    #expect(try await engine.run(engine.compile(small), inputs: [:])["sum"]?.values == [6])
  }
}
