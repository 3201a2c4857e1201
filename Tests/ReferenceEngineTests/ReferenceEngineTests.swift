import Testing
import WhiskerGraph
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct ReferenceEngineTests {
  @Test func statesStartAtZeroAndAreReadFromBeforeTheRun() async throws {
    var graph = Graph()
    let weight = try graph.state("w", [2])
    let rule = UpdateRule.sgd(momentum: 0, isNesterov: false)
    try graph.append(.update(rule, state: "w"), try graph.input("g", [2]), graph.constant(0.5))
    graph.output("w", try graph.append(.scale(1), weight))
    let engine = ReferenceEngine()
    let program = try await engine.compile(graph)
    let inputs = ["g": Tensor(shape: [2], values: [2, -4])]
    #expect(try await engine.run(program, inputs: inputs)["w"]?.values == [0, 0])
    #expect(try await engine.run(program, inputs: inputs)["w"]?.values == [-1, 2])
    #expect(try await engine.read(["w"]) == ["w": Tensor(shape: [2], values: [-2, 4])])
    try await engine.load(["w": Tensor(shape: [2], values: [5, 6])])
    #expect(try await engine.run(program, inputs: inputs)["w"]?.values == [5, 6])
  }

  @Test func programsShareStates() async throws {
    var training = Graph()
    let rule = UpdateRule.sgd(momentum: 0, isNesterov: false)
    try training.append(.update(rule, state: "w"), try training.input("g", [2]), training.constant(1))
    var inference = Graph()
    inference.output("w", try inference.state("w", [2]))
    let engine = ReferenceEngine()
    let step = try await engine.compile(training)
    let look = try await engine.compile(inference)
    _ = try await engine.run(step, inputs: ["g": Tensor(shape: [2], values: [1, 2])])
    #expect(try await engine.run(look, inputs: [:])["w"]?.values == [-1, -2])
  }

  /// 2²⁴ + 1 isn't a Float: steps of 1 would be lost if states were.
  @Test func statesAreKeptInDouble() async throws {
    var graph = Graph()
    let rule = UpdateRule.sgd(momentum: 0, isNesterov: false)
    try graph.append(.update(rule, state: "w"), try graph.input("g", []), graph.constant(1))
    let engine = ReferenceEngine()
    try await engine.load(["w": Tensor(0x1p24)])
    let program = try await engine.compile(graph)
    for _ in 0..<4 { _ = try await engine.run(program, inputs: ["g": Tensor(-1)]) }
    #expect(try await engine.read(["w"])["w"] == Tensor(0x1p24 + 4))
  }

  @Test func wrongBindingsAreNamed() async throws {
    var graph = Graph()
    graph.output("y", try graph.append(.add, try graph.input("x", [2]), try graph.state("w", [2])))
    let engine = ReferenceEngine()
    let program = try await engine.compile(graph)
    await #expect(throws: WhiskerError(.badBinding, "input x", expected: "a tensor (2)", got: "none")) {
      try await engine.run(program, inputs: [:])
    }
    await #expect(throws: WhiskerError(.badBinding, "input x", expected: "(2)", got: "(3)")) {
      try await engine.run(program, inputs: ["x": Tensor(shape: [3])])
    }
    await #expect(throws: WhiskerError(.badBinding, "state w", expected: "(2)", got: "(5)")) {
      try await engine.load(["fine": Tensor(1), "w": Tensor(shape: [5])])
    }
    await #expect(
      throws: WhiskerError(
        .badBinding, "state fine", expected: "a state of the engine", got: "an unknown name")
    ) {
      try await engine.read(["fine"])
    }
    var other = Graph()
    other.output("w", try other.state("w", [3]))
    await #expect(throws: WhiskerError(.badBinding, "state w", expected: "(2)", got: "(3)")) {
      try await engine.compile(other)
    }
    let malformed = Graph(nodes: [], outputs: ["y": Value(index: 0)])
    await #expect(throws: WhiskerError.self) { try await engine.compile(malformed) }
  }

  @Test(arguments: [Float(3), -1, 0.5, .nan]) func labelsBeyondTheClassesAreRefused(label: Float) async throws
  {
    var graph = Graph()
    let loss = Op.crossentropy(Crossentropy(kind: .sparseCategorical, isFromLogits: true))
    graph.output("y", try graph.append(loss, try graph.input("x", [1, 3]), try graph.input("t", [1])))
    let engine = ReferenceEngine()
    let program = try await engine.compile(graph)
    let error = await #expect(throws: WhiskerError.self) {
      try await engine.run(
        program, inputs: ["x": Tensor(shape: [1, 3]), "t": Tensor(shape: [1], values: [label])])
    }
    #expect(error?.message.hasPrefix("expected classes 0 to 2 as targets, got") == true)
  }

  /// The first of equal elements wins, and nothing before ReLU's zero has a gradient.
  @Test func poolingTiesGoToTheFirst() async throws {
    let two = Window(height: 2, width: 2, rowStride: 2, columnStride: 2)
    let x = Tensor(shape: [1, 2, 6, 1], values: [1, 3, -1, -1, 0, 0, 3, 3, -1, -1, 0, 0])
    let expected: [Bool: [Float]] = [
      false: [0, 5, 6, 0, 7, 0, 0, 0, 0, 0, 0, 0],
      true: [0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    ]
    for (hasReLU, expected) in expected {
      var graph = Graph()
      let input = try graph.input("x", x.shape)
      let pooling = Pooling(kind: .maximum, window: two, hasReLU: hasReLU)
      let y = try graph.append(.pooling(pooling), input)
      let g = try graph.input("g", [1, 1, 3, 1])
      graph.output("gradient", try graph.append(.poolingGradient(pooling), input, y, g))
      graph.output("y", y)
      let engine = ReferenceEngine()
      let results = try await engine.run(
        try await engine.compile(graph),
        inputs: ["x": x, "g": Tensor(shape: [1, 1, 3, 1], values: [5, 6, 7])])
      #expect(results["y"]?.values == (hasReLU ? [3, 0, 0] : [3, -1, 0]))
      #expect(results["gradient"]?.values == expected)
    }
  }

  @Test func dropoutKeepsItsShareAndItsMean() async throws {
    var graph = Graph()
    let x = try graph.input("x", [100, 100])
    let seed = try graph.input("seed", [4])
    for salt in 0..<2 {
      graph.output("\(salt)", try graph.append(.dropout(rate: 0.25, salt: salt), x, seed))
    }
    let engine = ReferenceEngine()
    let program = try await engine.compile(graph)
    let ones = Tensor(shape: [100, 100], repeating: 1)
    let results = try await engine.run(program, inputs: ["x": ones, "seed": RandomKey(seed: 77).tensor])
    let first = try #require(results["0"])
    #expect(Set(first.values) == [0, Float(1 / 0.75)])
    #expect(abs(first.values.filter { $0 == 0 }.count - 2500) < 200)
    #expect(results["1"] != first)
    // Element i: word i mod 4 of block i / 4 of the key derived by the salt.
    let key = RandomKey(seed: 77).derived(0)
    for index in first.values.indices {
      let isKept = Float(key.block(at: UInt64(index / 4))[index % 4] >> 8) * 0x1p-24 >= 0.25
      #expect((first.values[index] != 0) == isKept)
    }
  }
}
