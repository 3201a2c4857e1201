import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerTensors
import WhiskerTraining

@Suite struct RepeatabilityTests {
  /// The predictions of the first 7 of 20 photos are those of 7 alone, bit for bit where oneDNN has AVX-512.
  ///
  /// Without it the order in which oneDNN sums a product of matrices depends on the number of rows (of 20 rows the first
  /// is another than alone, of 8 or of 32), so that only the last bits may differ.
  @Test(arguments: [1, 2], [true, false]) func aPartialBatchComputesTheSameBits(
    threads: Int, prefersOwnConvolutions: Bool
  ) async throws {
    let network = try baseline(side: 150)
    var settings = OneDNNEngine.Settings(threads: threads)
    settings.prefersOwnConvolutions = prefersOwnConvolutions
    let engine = OneDNNEngine(settings)
    try await engine.load(network.initialWeights(RandomKey(seed: 3)))
    let graphs = ModelGraphs(network)
    let images = try #require(inputs(for: network, batchSize: 20)["images"])
    let whole = try await engine.run(
      engine.compile(graphs.prediction(batchSize: 20)), inputs: ["images": images])
    let expected = try #require(whole["predictions"]).values
    for count in [1, 7] {
      let part = Tensor(
        shape: network.input.batched(count), values: Array(images.values.prefix(count * network.input.count)))
      let results = try await engine.run(
        engine.compile(graphs.prediction(batchSize: count)), inputs: ["images": part])
      let found = try #require(results["predictions"]).values
      #expect(found.count == count)
      if hasAVX512 {
        #expect(found == Array(expected.prefix(count)))
      } else {
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-6 }, "\(found), \(expected)")
      }
    }
  }

  @Test(arguments: [1, 2, 3]) func trainingRepeatsBitForBit(threads: Int) async throws {
    let network = try baseline(side: 46, channels: [16, 32, 32], dense: 24)
    let graph = try ModelGraphs(network).training(
      batchSize: 6, loss: .binaryCrossentropy, rule: Optimizer.rmsprop(momentum: 0.5).rule)
    let names = graph.states.keys.sorted()
    var runs: [[String: Tensor]] = []
    for _ in 0..<2 {
      let engine = OneDNNEngine(.init(threads: threads))
      try await engine.load(network.initialWeights(RandomKey(seed: 3)))
      let program = try await engine.compile(graph)
      for step in 0..<3 {
        _ = try await engine.run(program, inputs: inputs(for: network, batchSize: 6, seed: UInt64(step)))
      }
      runs.append(try await engine.read(names))
    }
    #expect(runs[0] == runs[1])
  }

  /// Sums over the batch too: each is made by one thread, over chunks of tiles whatever the thread count.
  @Test(.enabled(if: hasAVX2, "needs AVX2")) func ourOwnConvolutionsDoNotDependOnThreads() async throws {
    var graph = Graph()
    let (x, g) = (try graph.input("x", [5, 21, 30, 24]), try graph.input("g", [5, 19, 28, 40]))
    let kernel = try graph.input("kernel", [3, 3, 24, 40])
    let convolution = Convolution(window: Window(height: 3, width: 3, rowStride: 1, columnStride: 1))
    graph.output("y", try graph.append(.convolution(convolution), x, kernel))
    graph.output("dx", try graph.append(.convolutionInputGradient(convolution, [5, 21, 30, 24]), kernel, g))
    graph.output(
      "dkernel", try graph.append(.convolutionKernelGradient(convolution, [3, 3, 24, 40]), x, g))
    graph.output("dbias", try graph.append(.biasGradient, g))
    let photos = try graph.input("photos", [5, 21, 30, 3])
    graph.output(
      "dfirst", try graph.append(.convolutionKernelGradient(convolution, [3, 3, 3, 40]), photos, g))
    var stream = RandomStream(RandomKey(seed: 8))
    let inputs = Dictionary(
      uniqueKeysWithValues: graph.inputs.sorted { $0.key < $1.key }.map { name, shape in
        (name, Tensor(shape: shape, values: (0..<shape.count).map { _ in stream.uniform() - 0.5 }))
      })
    var results: [[String: Tensor]] = []
    for threads in 1...3 {
      var settings = OneDNNEngine.Settings.ownConvolutions
      settings.threads = threads
      let engine = OneDNNEngine(settings)
      let program = try await engine.compile(graph)
      #expect(
        try await engine.stepNames(of: program).count { $0.hasSuffix(":avx2") && $0.hasPrefix("convolution") }
          == 4)
      results.append(try await engine.run(program, inputs: inputs))
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  /// What another program leaves in the shared memory doesn't show.
  @Test func programsDoNotDisturbEachOther() async throws {
    let network = try baseline(side: 46, channels: [16, 32, 32], dense: 24)
    let graphs = ModelGraphs(network)
    let engine = OneDNNEngine(.init(threads: 1))
    try await engine.load(network.initialWeights(RandomKey(seed: 3)))
    let small = try await engine.compile(graphs.evaluation(batchSize: 2, loss: .binaryCrossentropy))
    let large = try await engine.compile(graphs.prediction(batchSize: 9))
    let (few, many) = (inputs(for: network, batchSize: 2), inputs(for: network, batchSize: 9))
    let before = try await engine.run(small, inputs: few)
    let other = try await engine.run(large, inputs: many)
    #expect(try await engine.run(small, inputs: few) == before)
    #expect(try await engine.run(large, inputs: many) == other)
  }
}
