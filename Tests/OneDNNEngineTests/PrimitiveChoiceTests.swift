import Testing
import Whisker
import _TestSupport

/// The implementations in a program's steps that are oneDNN's slow reference code.
///
/// Steps are called "what implementation"; loops of ours have no implementation.
func referenceImplementations(_ stepNames: [String]) -> [String] {
  stepNames.filter { name in
    name.split(separator: " ").dropFirst().contains {
      $0.split(separator: ":").contains { $0.hasPrefix("ref") }
    }
  }
}

/// Which implementations oneDNN is made to use; compiling is enough to see them.
@Suite struct PrimitiveChoiceTests {
  private func stepNames(_ graph: Graph, _ settings: OneDNNEngine.Settings = .init()) async throws -> [String]
  {
    let engine = OneDNNEngine(settings)
    return await engine.stepNames(of: try await engine.compile(graph))
  }

  @Test func theCheckForReferenceCodeCanFail() {
    #expect(referenceImplementations(["pooling ref:any", "pooling jit:avx512_core"]) == ["pooling ref:any"])
    #expect(referenceImplementations(["convolution gemm:ref", "reorder ref"]).count == 2)
    #expect(referenceImplementations(["update", "preferred jit:any", "constant"]).isEmpty)
  }

  @Test(arguments: Recipe.builtInNames, [2, 10])
  func builtInRecipesUseNoReferenceCode(name: String, classes: Int) async throws {
    let recipe = try Recipe(named: name)
    let network = try recipe.model(classes: classes, seed: 0).network()
    let graphs = ModelGraphs(network)
    let loss = recipe.loss(classes: classes)
    for batchSize in [recipe.training.batchSize, 7, 1] {
      var all = [try graphs.prediction(batchSize: batchSize)]
      if recipe.head == nil {
        all.append(try graphs.training(batchSize: batchSize, loss: loss, rule: recipe.optimizer.rule))
        all.append(try graphs.evaluation(batchSize: batchSize, loss: loss))
      }
      for graph in all {
        let names = try await stepNames(graph)
        #expect(names.contains { $0.hasPrefix("convolution ") })
        #expect(referenceImplementations(names) == [], "batch \(batchSize)")
      }
    }
  }

  /// Whole blocks of 16 channels, and 8, which are half of one.
  @Test(arguments: [[32, 64, 128, 128], [8, 16, 32, 32]])
  func networksWithBatchNormalizationUseNoReferenceCode(channels: [Int]) async throws {
    for model in [
      try mobileNet(side: 48, channels: channels), try separableResidual(side: 48, channels: channels),
    ] {
      let graphs = ModelGraphs(try model.network())
      for batchSize in [32, 1] {
        for graph in [
          try graphs.training(
            batchSize: batchSize, loss: .binaryCrossentropy, rule: Optimizer.rmsprop().rule),
          try graphs.prediction(batchSize: batchSize),
        ] {
          let names = try await stepNames(graph)
          #expect(names.contains { $0.lowercased().contains("normalization ") })
          #expect(referenceImplementations(names) == [], "batch \(batchSize)")
        }
      }
    }
  }

  /// Three inner convolutions, and for each a step in every direction.
  @Test(.enabled(if: hasAVX512, "needs AVX-512"), arguments: [1, 2, 20, 32])
  func innerConvolutionsUseWinogradAtEveryBatchSize(batchSize: Int) async throws {
    let graphs = try ModelGraphs(baseline(side: 150))
    let training = try graphs.training(
      batchSize: batchSize, loss: .binaryCrossentropy, rule: Optimizer.rmsprop().rule)
    let names = try await stepNames(training)
    for direction in ["convolution", "convolutionInputGradient", "convolutionKernelGradient"] {
      let steps = names.filter { $0.hasPrefix(direction + " ") }
      #expect(steps.count { $0.contains("wino") } == 3, "\(steps)")
      #expect(steps.count == (direction == "convolutionInputGradient" ? 3 : 4))
    }
    for graph in [
      try graphs.prediction(batchSize: batchSize),
      try graphs.evaluation(batchSize: batchSize, loss: .binaryCrossentropy),
    ] {
      let steps = try await stepNames(graph).filter { $0.hasPrefix("convolution ") }
      #expect(
        steps == names.filter { $0.hasPrefix("convolution ") }, "prediction must compute as training does")
    }
  }

  @Test func winogradCanBeSwitchedOff() async throws {
    let graph = try ModelGraphs(baseline(side: 150)).training(
      batchSize: 4, loss: .binaryCrossentropy, rule: Optimizer.sgd().rule)
    let names = try await stepNames(graph, .init(usesWinograd: false))
    #expect(names.contains { $0.hasPrefix("convolution ") })
    #expect(!names.contains { $0.contains("wino") })
  }

  /// Loss and every gradient of one step.
  @Test func withAndWithoutWinogradAgree() async throws {
    let network = try baseline(side: 62, channels: [32, 64, 64], dense: 32)
    let graph = try ModelGraphs(network).gradients(batchSize: 3, loss: .binaryCrossentropy)
    var results: [[String: Tensor]] = []
    for usesWinograd in [true, false] {
      let engine = OneDNNEngine(.init(usesWinograd: usesWinograd))
      try await engine.load(network.initialWeights(RandomKey(seed: 3)))
      let program = try await engine.compile(graph)
      results.append(try await engine.run(program, inputs: inputs(for: network, batchSize: 3)))
    }
    #expect(results[0].keys == results[1].keys)
    for (name, tensor) in results[0] {
      let expected = try #require(results[1][name])
      #expect(relativeError(tensor, expected) < 1e-3, "\(name)")
    }
    if hasAVX512 { #expect(results[0] != results[1]) }
  }
}
