import Testing
import Whisker
import WhiskerTraining
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
    return try await engine.stepNames(of: try await engine.compile(graph))
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
        let training = try graphs.training(
          batchSize: batchSize, loss: .binaryCrossentropy, rule: Optimizer.rmsprop().rule)
        // For inference, normalization is folded into the convolution before it.
        for (graph, normalizes) in [(training, true), (try graphs.prediction(batchSize: batchSize), false)] {
          let names = try await stepNames(graph)
          #expect(names.contains { $0.lowercased().contains("normalization ") } == normalizes)
          #expect(referenceImplementations(names) == [], "batch \(batchSize)")
        }
      }
    }
  }

  /// Three inner convolutions, and for each a step in every direction: oneDNN's where it has one, else ours.
  @Test(.enabled(if: hasAVX512 || hasAVX2, "needs AVX2"), arguments: [1, 2, 20, 32])
  func innerConvolutionsUseWinogradAtEveryBatchSize(batchSize: Int) async throws {
    let implementation = hasAVX512 ? "wino_4x3:avx512" : "wino_4x3:avx2"
    let graphs = try ModelGraphs(baseline(side: 150))
    let training = try graphs.training(
      batchSize: batchSize, loss: .binaryCrossentropy, rule: Optimizer.rmsprop().rule)
    let names = try await stepNames(training)
    for direction in directions {
      let steps = names.filter { $0.hasPrefix(direction + " ") }
      #expect(steps.count { $0.contains(implementation) } == 3, "\(steps)")
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

  private let directions = ["convolution", "convolutionInputGradient", "convolutionKernelGradient"]

  /// Ours takes whole blocks of 8 channels and kernels of 3 × 3 at stride 1 whose results fill half of their tiles.
  @Test(
    .enabled(if: hasAVX2, "needs AVX2"),
    arguments: [
      ([1, 6, 6, 8], [3, 3, 8, 24], 1, true), ([7, 74, 74, 32], [3, 3, 32, 64], 1, true),
      ([1, 8, 8, 8], [3, 3, 8, 8], 1, true), ([1, 8, 7, 8], [3, 3, 8, 8], 1, false),
      ([9, 7, 7, 8], [3, 3, 8, 8], 1, false), ([1, 6, 6, 8], [3, 3, 8, 12], 1, false),
      ([1, 6, 6, 12], [3, 3, 12, 8], 1, false), ([1, 6, 6, 8], [3, 3, 8, 8], 2, false),
      ([1, 8, 8, 8], [5, 5, 8, 8], 1, false), ([1, 6, 6, 16], [3, 3, 8, 16], 1, false),
    ] as [([Int], [Int], Int, Bool)])
  func ourOwnWinogradTakesWhatItCan(input: [Int], kernel: [Int], stride: Int, isTaken: Bool) async throws {
    let window = Window(height: kernel[0], width: kernel[1], rowStride: stride, columnStride: stride)
    let convolution = Convolution(window: window, groups: input[3] / kernel[2])
    let (input, kernel) = (Shape(input), Shape(kernel))
    let size = try #require(window.outputSize(height: input[1], width: input[2]))
    let output: Shape = [input[0], size.height, size.width, kernel[3]]
    let operations: [(Op, Shape, Shape)] = [
      (.convolution(convolution), input, kernel),
      (.convolutionInputGradient(convolution, input), kernel, output),
      (.convolutionKernelGradient(convolution, kernel), input, output),
    ]
    for (direction, (op, first, second)) in zip(directions, operations) {
      var graph = Graph()
      graph.output("y", try graph.append(op, try graph.input("a", first), try graph.input("b", second)))
      let names = try await stepNames(graph, .ownConvolutions)
      #expect(names.contains("\(direction) wino_4x3:avx2") == isTaken, "\(names)")
      #expect(names.contains { $0.hasPrefix(direction + " ") })
    }
  }

  /// oneDNN takes kernels of 5 × 5 apart into a matrix product for each channel.
  @Test(arguments: [(3, 1), (5, 1), (5, 2)])
  func depthwiseKernelGradientsAreNoMatrixProducts(size: Int, stride: Int) async throws {
    let padding = EdgePadding(top: size / 2, left: size / 2, bottom: size / 2, right: size / 2)
    let window = Window(
      height: size, width: size, rowStride: stride, columnStride: stride, padding: padding)
    let (input, kernel): (Shape, Shape) = ([4, 14, 14, 32], [size, size, 1, 32])
    let op = Op.convolutionKernelGradient(Convolution(window: window, groups: 32), kernel)
    var graph = Graph()
    let output: Shape = [4, 14 / stride, 14 / stride, 32]
    graph.output("y", try graph.append(op, try graph.input("x", input), try graph.input("g", output)))
    let names = try await stepNames(graph)
    #expect(names.contains { $0.hasPrefix("convolutionKernelGradient ") && !$0.contains("gemm") }, "\(names)")
  }

  /// The first layer's kernel gradient: few input channels, whole blocks of 8 outputs, no padding.
  @Test(
    .enabled(if: hasAVX2, "needs AVX2"),
    arguments: [
      ([2, 9, 8, 3], [3, 3, 3, 8], 0, true), ([1, 9, 8, 4], [5, 4, 4, 40], 0, true),
      ([1, 9, 8, 5], [3, 3, 5, 8], 0, false), ([1, 9, 8, 3], [3, 3, 3, 12], 0, false),
      ([1, 9, 8, 3], [3, 3, 3, 8], 1, false),
    ] as [([Int], [Int], Int, Bool)])
  func ourOwnGradientServesTheFirstLayer(input: [Int], kernel: [Int], padding: Int, isTaken: Bool)
    async throws
  {
    let window = Window(
      height: kernel[0], width: kernel[1], rowStride: 2, columnStride: 1, padding: EdgePadding(top: padding))
    let (input, kernel) = (Shape(input), Shape(kernel))
    let size = try #require(window.outputSize(height: input[1], width: input[2]))
    var graph = Graph()
    let x = try graph.input("x", input)
    let g = try graph.input("g", [input[0], size.height, size.width, kernel[3]])
    let op = Op.convolutionKernelGradient(Convolution(window: window), kernel)
    graph.output("y", try graph.append(op, x, g))
    let names = try await stepNames(graph, .ownConvolutions)
    #expect(names.contains("convolutionKernelGradient rows:avx2") == isTaken, "\(names)")
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
    for settings in [.init(usesWinograd: false), .init(), OneDNNEngine.Settings.ownConvolutions] {
      let engine = OneDNNEngine(settings)
      try await engine.load(network.initialWeights(RandomKey(seed: 3)))
      let program = try await engine.compile(graph)
      results.append(try await engine.run(program, inputs: inputs(for: network, batchSize: 3)))
    }
    for result in results.dropFirst() {
      #expect(result.keys == results[0].keys)
      for (name, tensor) in result {
        let expected = try #require(results[0][name])
        #expect(relativeError(tensor, expected) < 1e-3, "\(name)")
      }
    }
    if hasAVX512 || hasAVX2 { #expect(results[0] != results[1]) }
    if hasAVX2 { #expect((results[1] == results[2]) == !hasAVX512) }
  }
}
