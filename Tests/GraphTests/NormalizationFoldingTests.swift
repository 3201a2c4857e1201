import Testing
import WhiskerGraph
import WhiskerReferenceEngine
import WhiskerTensors
import _TestSupport

@Suite struct NormalizationFoldingTests {
  private static let shapes: [String: Shape] = [
    "kernel": [3, 3, 3, 4], "bias": [4], "depthwise": [3, 3, 1, 4], "mean": [4], "variance": [4],
    "gamma": [4],
    "beta": [4],
  ]

  private static let states = Dictionary(
    uniqueKeysWithValues: shapes.map { name, shape in
      (name, Formula.uniform(name, shape, limit: 0.5, offset: name == "variance" ? 1 : 0))
    })

  private static let window = Window(height: 3, width: 3, rowStride: 1, columnStride: 1)

  /// A normalised convolution, then a normalised depthwise one without bias.
  private func graph(readsConvolution: Bool = false) throws -> Graph {
    var graph = Graph()
    let x = try graph.input("x", [2, 7, 7, 3])
    let statistics = try ["mean", "variance", "gamma", "beta"].map { name in
      try graph.state(name, Self.shapes[name] ?? [])
    }
    let first = try graph.append(
      .convolution(Convolution(window: Self.window)), x, graph.state("kernel", [3, 3, 3, 4]),
      graph.state("bias", [4]))
    let normalized = try graph.append(.normalization(epsilon: 1e-3), [first] + statistics)
    let second = try graph.append(
      .convolution(Convolution(window: Self.window, groups: 4)),
      graph.append(.activation(.relu6), normalized),
      graph.state("depthwise", [3, 3, 1, 4]))
    graph.output("y", try graph.append(.normalization(epsilon: 1e-3), [second] + statistics))
    if readsConvolution { graph.output("convolution", first) }
    return graph
  }

  private func run(_ graph: Graph) async throws -> [String: Tensor] {
    let engine = ReferenceEngine()
    try await engine.load(Self.states)
    return try await engine.run(
      engine.compile(graph), inputs: ["x": Formula.uniform("x", [2, 7, 7, 3])])
  }

  @Test func convolutionsTakeTheNormalisationIn() async throws {
    let graph = try graph()
    let folded = try graph.foldingNormalizations().fused()
    try folded.verify()
    let isFixed = folded.isFixed
    for (value, node) in zip(folded.values, folded.nodes) where node.op.kind == .normalization {
      #expect(isFixed[value.index], "\(node) normalises what isn't a weight")
    }
    #expect(folded.nodes.contains { $0.op.kind == .normalization })
    #expect(!folded.nodes.contains { $0.op.kind == .activation })
    let (expected, found) = (try await run(graph), try await run(folded))
    try #require(found["y"]).requireClose(to: #require(expected["y"]), 1e-5, "y")
  }

  @Test func aConvolutionThatOthersReadStays() async throws {
    let graph = try graph(readsConvolution: true)
    let folded = try graph.foldingNormalizations()
    try folded.verify()
    let isFixed = folded.isFixed
    #expect(
      zip(folded.values, folded.nodes).count { $1.op.kind == .normalization && !isFixed[$0.index] } == 1)
    let (expected, found) = (try await run(graph), try await run(folded))
    for name in ["y", "convolution"] {
      try #require(found[name]).requireClose(to: #require(expected[name]), 1e-5, name)
    }
  }

  @Test func whatChangesIsNotFixed() throws {
    var graph = Graph()
    let weight = try graph.state("w", [2])
    let doubled = try graph.append(.scale(2), weight)
    let x = try graph.input("x", [2])
    graph.output("y", try graph.append(.add, doubled, x))
    #expect(graph.isFixed == [true, true, false, false])
    try graph.append(.movingAverage(momentum: 0.5, state: "w"), x)
    #expect(graph.isFixed.allSatisfy { !$0 })
    #expect(graph.changedStates == ["w"])
    // Another state stays as it is.
    let other = try graph.state("v", [2])
    try graph.append(.scale(2), other)
    #expect(graph.isFixed.suffix(2) == [true, true])
  }
}
