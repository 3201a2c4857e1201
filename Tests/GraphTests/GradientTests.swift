import Testing
import WhiskerGraph
import WhiskerReferenceEngine
import WhiskerSystem
import WhiskerTensors
import _TestSupport

@Suite struct GradientTests {
  /// The check throws ``Disagreement``, which fails the test.
  @Test(arguments: OpExample.all.filter { !$0.variables.isEmpty })
  func gradientsMatchFiniteDifferences(example: OpExample) async throws {
    try await example.checkGradients()
  }

  /// The ops that only gradients and optimizers make; everything else with operands must be checked above.
  private static let withoutGradient: [Op.Kind] = [
    .activationGradient, .convolutionKernelGradient, .biasGradient, .poolingGradient, .crossentropyGradient,
    .rectifierGradient, .channelMean, .channelVariance,
    .batchNormalizationGradient, .batchNormalizationScaleGradient, .layerNormalizationGradient,
    .layerNormalizationScaleGradient, .resampleGradient, .clipNorm,
  ]

  @Test(arguments: Op.Kind.allCases) func everyOpIsCheckedOrNamedInAnError(kind: Op.Kind) throws {
    let examples = OpExample.examples(of: kind)
    if Self.withoutGradient.contains(kind) {
      for example in examples {
        let error = try #require(throws: WhiskerError.self) { try example.graphWithGradients(for: ["x0"]) }
        #expect(error.code == .noGradient)
        #expect(error.place == kind.rawValue)
        #expect(example.variables.isEmpty)
      }
    } else if ![.state, .constant, .noise, .update, .movingAverage, .blend].contains(kind) {
      #expect(examples.contains { !$0.variables.isEmpty })
    }
  }

  @Test func targetsAndTransposedProductsHaveNoGradient() throws {
    for example in OpExample.examples(of: .crossentropy) {
      let error = try #require(throws: WhiskerError.self) { try example.graphWithGradients(for: ["x1"]) }
      #expect(error.code == .noGradient)
      #expect(error.description.hasPrefix("crossentropy: expected"))
    }
    for example in OpExample.examples(of: .matrixProduct) where example.name.contains("transposed") {
      let error = try #require(throws: WhiskerError.self) { try example.graphWithGradients(for: ["x0"]) }
      #expect(error.description.contains("transposed"))
    }
  }

  @Test func fixedStatisticsHaveNoGradient() throws {
    for example in OpExample.examples(of: .normalization) {
      for operand in ["x1", "x2"] {
        let error = try #require(throws: WhiskerError.self) { try example.graphWithGradients(for: [operand]) }
        #expect(error.code == .noGradient)
        #expect(error.description.hasPrefix("normalization: expected"))
      }
    }
  }

  @Test func onlyAScalarHasGradients() throws {
    var graph = Graph()
    let x = try graph.input("x", [3])
    let error = #expect(throws: WhiskerError.self) { try graph.gradients(of: x, for: [x]) }
    #expect(error?.message == "expected a scalar, got (3)")
  }

  /// `Σ (x·x + x)` has the gradient `2x + 1`: three uses, summed.
  @Test func gradientsOfAValueUsedOftenAreSummed() async throws {
    var graph = Graph()
    let x = try graph.input("x", [3])
    let sum = try graph.append(.sum, try graph.append(.add, try graph.append(.multiply, x, x), x))
    graph.output("gradient", try graph.gradients(of: sum, for: [x])[0])
    let engine = ReferenceEngine()
    let results = try await engine.run(
      try await engine.compile(graph), inputs: ["x": Tensor(shape: [3], values: [0, 1, -2.5])])
    #expect(results["gradient"]?.values == [1, 3, -4])
  }

  @Test func gradientsReachIntermediateValuesAndAreZeroElsewhere() async throws {
    var graph = Graph()
    let x = try graph.input("x", [2])
    let unused = try graph.input("unused", [2, 2])
    let doubled = try graph.append(.scale(2), x)
    let loss = try graph.append(.sum, try graph.append(.multiply, doubled, doubled))
    let later = try graph.input("later", [1])
    for (index, gradient) in try graph.gradients(of: loss, for: [doubled, x, unused, later, loss])
      .enumerated()
    {
      graph.output("\(index)", gradient)
    }
    try graph.verify()
    let engine = ReferenceEngine()
    let results = try await engine.run(
      try await engine.compile(graph),
      inputs: [
        "x": Tensor(shape: [2], values: [1, -3]), "unused": Tensor(shape: [2, 2]),
        "later": Tensor(shape: [1]),
      ])
    #expect(results["0"]?.values == [4, -12])
    #expect(results["1"]?.values == [8, -24])
    #expect(results["2"] == Tensor(shape: [2, 2]))
    #expect(results["3"] == Tensor(shape: [1]))
    #expect(results["4"] == Tensor(1))
  }

  /// A wanted value may itself come from an op without gradient, if nothing wanted comes before it.
  @Test func gradientsStopAtTheValuesAskedFor() throws {
    var graph = Graph()
    let x = try graph.input("x", [2, 3])
    let channels = try graph.append(.biasGradient, x)
    let loss = try graph.append(.sum, channels)
    let gradients = try graph.gradients(of: loss, for: [channels])
    #expect(graph.shape(of: gradients[0]) == [3])
    #expect(throws: WhiskerError.self) { try graph.gradients(of: loss, for: [x]) }
  }
}
