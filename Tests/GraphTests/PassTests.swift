import Testing
import WhiskerGraph
import WhiskerReferenceEngine
import WhiskerTensors
import _TestSupport

@Suite struct PassTests {
  private func forward(dropoutRate: Float = 0) throws -> Graph {
    var graph = Graph()
    graph.output("y", try SmallConvnet.logits(&graph, dropoutRate: dropoutRate))
    try graph.verify()
    return graph
  }

  /// Checks that two graphs give the same outputs and leave the same states, three runs long.
  private func requireEqual(_ graph: Graph, _ rewritten: Graph) async throws {
    let (engine, other) = (ReferenceEngine(), ReferenceEngine())
    try await engine.load(SmallConvnet.weights)
    try await other.load(SmallConvnet.weights)
    let program = try await engine.compile(graph)
    let otherProgram = try await other.compile(rewritten)
    for run in 0..<3 {
      let inputs = SmallConvnet.inputs(run: UInt64(run))
      let expected = try await engine.run(program, inputs: inputs)
      let results = try await other.run(otherProgram, inputs: inputs)
      #expect(Set(results.keys) == Set(expected.keys))
      for (name, tensor) in expected {
        try #require(results[name]).requireClose(to: tensor, 1e-6, "output \(name), run \(run)")
      }
      let names = Array(graph.states.keys)
      let states = try await other.read(names)
      for (name, tensor) in try await engine.read(names) {
        try #require(states[name]).requireClose(to: tensor, 1e-6, "state \(name), run \(run)")
      }
    }
  }

  @Test func fusionKeepsPredictions() async throws {
    let graph = try forward()
    let fused = try graph.fused()
    try fused.verify()
    #expect(fused.nodes.count == graph.nodes.count - 3)
    #expect(!fused.nodes.contains { $0.op.kind == .activation })
    try await requireEqual(graph, fused)
  }

  /// What isn't equal is thrown.
  @Test(arguments: [Float(0), 0.5]) func fusionKeepsTraining(dropoutRate: Float) async throws {
    let rule = UpdateRule.sgd(momentum: 0.9, isNesterov: false)
    var graph = try forward(dropoutRate: dropoutRate)
    var fused = try graph.fused()
    try SmallConvnet.appendTraining(&graph, rule: rule)
    try SmallConvnet.appendTraining(&fused, rule: rule)
    try fused.verify()
    try await requireEqual(graph, fused)
    let simplified = try fused.simplified()
    try simplified.verify()
    try await requireEqual(graph, simplified)
  }

  @Test func simplifyingDoesArithmeticOnConstants() async throws {
    var graph = Graph()
    let seven = graph.constant(7)
    let spread = try graph.append(.broadcast([2, 3]), seven)
    let scaled = try graph.append(.scale(2), spread)
    let moved = try graph.append(.rescale(factor: 0.5, offset: 1), scaled)
    let flat = try graph.append(.reshape([6]), moved)
    graph.output("flat", flat)
    graph.output("sum", try graph.append(.sum, flat))
    graph.output("mean", try graph.append(.mean, flat))
    let simplified = try graph.simplified()
    try simplified.verify()
    #expect(simplified.nodes.map(\.op.kind) == [.constant, .constant, .constant])
    let engine = ReferenceEngine()
    let results = try await engine.run(try await engine.compile(simplified), inputs: [:])
    #expect(results == ["flat": Tensor(shape: [6], repeating: 8), "sum": Tensor(48), "mean": Tensor(8)])
    #expect(try await engine.run(try await engine.compile(graph), inputs: [:]) == results)
  }

  @Test func pruningDropsWhatNothingReads() async throws {
    var graph = Graph()
    let x = try graph.input("x", [2])
    let unread = try graph.append(.scale(3), x)
    try graph.append(.add, unread, x)
    let y = try graph.append(.scale(2), x)
    try graph.append(.update(.sgd(momentum: 0, isNesterov: false), state: "w"), y, graph.constant(1))
    graph.output("y", y)
    let pruned = graph.pruned()
    try pruned.verify()
    #expect(pruned.nodes.map(\.op.kind) == [.input, .scale, .constant, .update])
    #expect(pruned.outputs == ["y": Value(index: 1)])
    let engine = ReferenceEngine()
    let inputs = ["x": Tensor(shape: [2], values: [1, 2])]
    #expect(try await engine.run(try await engine.compile(pruned), inputs: inputs)["y"]?.values == [2, 4])
    #expect(try await engine.read(["w"])["w"]?.values == [-2, -4])
  }

  /// Gradients change nothing: moving averages go with the effects.
  @Test func pruningDropsEffectsOnRequest() throws {
    var graph = Graph()
    let x = try graph.input("x", [2, 3])
    let mean = try graph.append(.channelMean, x)
    try graph.append(.movingAverage(momentum: 0.9, state: "mean"), mean)
    graph.output("y", try graph.append(.scale(2), x))
    #expect(graph.pruned().nodes.count == 4)
    #expect(graph.pruned(keepingEffects: false).nodes.map(\.op.kind) == [.input, .scale])
  }

  @Test func zerosJoinTheConvolutionThatReadsThem() throws {
    var graph = Graph()
    let (x, kernel) = (try graph.input("x", [1, 4, 4, 2]), try graph.state("w", [3, 3, 2, 5]))
    let padded = try graph.append(.pad(EdgePadding(bottom: 1, right: 2)), x)
    let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1, padding: EdgePadding(top: 1))
    graph.output("y", try graph.append(.convolution(Convolution(window: window)), padded, kernel))
    #expect(
      try graph.fused().dump() == """
        %0 = input "x" : (1, 4, 4, 2)
        %1 = state "w" : (3, 3, 2, 5)
        %2 = convolution 3×3 stride 1×1 padding 1,0,1,2 (%0, %1) : (1, 4, 4, 5)
        output y = %2
        """)
  }

  /// Where others read the padded picture too, or a window would see nothing but zeros.
  @Test(arguments: [
    (EdgePadding(top: 1), true), (EdgePadding(top: 3), false), (EdgePadding(right: 9), false),
  ])
  func otherZerosStay(edges: EdgePadding, isReadTwice: Bool) throws {
    var graph = Graph()
    let (x, kernel) = (try graph.input("x", [1, 4, 4, 2]), try graph.state("w", [3, 3, 2, 5]))
    let padded = try graph.append(.pad(edges), x)
    let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
    graph.output("y", try graph.append(.convolution(Convolution(window: window)), padded, kernel))
    if isReadTwice { graph.output("padded", padded) }
    #expect(try graph.fused().dump() == graph.dump())
  }

  /// SiLU's derivative takes its operand, which a fused activation doesn't leave.
  @Test func siluStaysBehindItsConvolution() throws {
    var graph = Graph()
    let (x, kernel) = (try graph.input("x", [1, 4, 4, 2]), try graph.state("w", [3, 3, 2, 5]))
    let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)
    let y = try graph.append(.convolution(Convolution(window: window)), x, kernel)
    graph.output("y", try graph.append(.activation(.silu), y))
    #expect(try graph.fused().dump() == graph.dump())
  }

  private static let two = Window(height: 2, width: 2, rowStride: 2, columnStride: 2)

  @Test func reluMovesBehindMaximumPooling() throws {
    var graph = Graph()
    let x = try graph.input("x", [1, 4, 4, 2])
    let active = try graph.append(.activation(.relu), x)
    graph.output("y", try graph.append(.pooling(Pooling(kind: .maximum, window: Self.two)), active))
    #expect(
      try graph.fused().dump() == """
        %0 = input "x" : (1, 4, 4, 2)
        %1 = pooling maximum 2×2 stride 2×2 relu (%0) : (1, 2, 2, 2)
        output y = %1
        """)
  }

  @Test(arguments: [ActivationFunction.sigmoid, .tanh, .softmax])
  func otherActivationsStayBeforePooling(activation: ActivationFunction) throws {
    var graph = Graph()
    let x = try graph.input("x", [1, 4, 4, 2])
    let active = try graph.append(.activation(activation), x)
    graph.output("y", try graph.append(.pooling(Pooling(kind: .maximum, window: Self.two)), active))
    #expect(try graph.fused().dump() == graph.dump())
  }

  @Test func reluStaysBeforeAveragePooling() throws {
    var graph = Graph()
    let x = try graph.input("x", [1, 4, 4, 2])
    let active = try graph.append(.activation(.relu), x)
    graph.output("y", try graph.append(.pooling(Pooling(kind: .average, window: Self.two)), active))
    #expect(try graph.fused().dump() == graph.dump())
  }

  @Test(arguments: ActivationFunction.allCases) func activationsJoinTheirProduct(
    activation: ActivationFunction
  ) throws {
    var graph = Graph()
    let product = try graph.append(
      .matrixProduct(MatrixProduct()), try graph.input("x", [2, 3]), try graph.state("w", [3, 4]))
    graph.output("y", try graph.append(.activation(activation), product))
    let kinds = try graph.fused().nodes.map(\.op.kind)
    #expect(kinds == [.input, .state, .matrixProduct] + (activation.isFusible ? [] : [.activation]))
  }

  @Test func nothingFusesOverAnIntermediateThatIsReadElsewhere() throws {
    for readsByNode in [true, false] {
      var graph = Graph()
      let product = try graph.append(
        .matrixProduct(MatrixProduct()), try graph.input("x", [2, 3]), try graph.state("w", [3, 4]))
      let active = try graph.append(.activation(.relu), product)
      graph.output("y", active)
      graph.output("linear", readsByNode ? try graph.append(.scale(2), product) : product)
      #expect(try graph.fused().dump() == graph.dump())
    }
    var graph = Graph()
    let active = try graph.append(.activation(.relu), try graph.input("x", [1, 4, 4, 2]))
    graph.output("y", try graph.append(.pooling(Pooling(kind: .maximum, window: Self.two)), active))
    graph.output("active", active)
    #expect(try graph.fused().dump() == graph.dump())
  }

  @Test func aSecondActivationDoesNotFuse() throws {
    var graph = Graph()
    let product = try graph.append(
      .matrixProduct(MatrixProduct()), try graph.input("x", [2, 3]), try graph.state("w", [3, 4]))
    let first = try graph.append(.activation(.tanh), product)
    graph.output("y", try graph.append(.activation(.relu), first))
    #expect(
      try graph.fused().dump() == """
        %0 = input "x" : (2, 3)
        %1 = state "w" : (3, 4)
        %2 = matrixProduct tanh (%0, %1) : (2, 4)
        %3 = activation relu (%2) : (2, 4)
        output y = %3
        """)
  }
}
