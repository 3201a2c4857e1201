import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerTensors

/// What layers do that only training has: shares, means and variances over many elements.
@Suite struct NoiseTests {
  private static let shape: Shape = [64, 8, 8, 4]

  /// The result of a layer in training, for an input of so many ones or other numbers.
  private func result(
    _ layer: any Layer, seed: UInt64 = 1, _ input: (inout RandomStream) -> Float = { _ in 1 }
  ) async throws -> (input: [Float], output: [Float]) {
    var random = RandomStream(RandomKey(seed: 9))
    let values = (0..<Self.shape.count).map { _ in input(&random) }
    let network = try Network(input: Self.shape.withoutBatch, layers: [layer])
    var graph = Graph()
    let x = try graph.input("x", Self.shape)
    let phase = Phase.training(seed: try graph.input("seed", [4]))
    graph.output("y", try network.append(to: &graph, input: x, phase: phase))
    let engine = ReferenceEngine()
    let results = try await engine.run(
      engine.compile(graph),
      inputs: ["x": Tensor(shape: Self.shape, values: values), "seed": RandomKey(seed: seed).tensor])
    return (values, try #require(results["y"]).values)
  }

  private func moments(_ values: [Float]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (mean, squares / Double(values.count))
  }

  @Test func `Added noise is normal with its deviation`() async throws {
    let (input, output) = try await result(GaussianNoise(0.5))
    let noise = zip(input, output).map { $1 - $0 }
    let (mean, variance) = moments(noise)
    #expect(abs(mean) < 0.02)
    #expect(abs(variance - 0.25) < 0.02)
    // A normal number lies within one deviation with probability 0.683, within two with 0.954.
    for (bound, share) in [(0.5, 0.683), (1.0, 0.954)] {
      let within = Double(noise.count { abs(Double($0)) < bound }) / Double(noise.count)
      #expect(abs(within - share) < 0.02)
    }
    #expect(try await result(GaussianNoise(0.5)).output == output)
    #expect(try await result(GaussianNoise(0.5), seed: 2).output != output)
  }

  @Test func `Multiplied noise has the variance of dropout`() async throws {
    let (mean, variance) = moments(try await result(GaussianDropout(0.4)).output)
    #expect(abs(mean - 1) < 0.02)
    #expect(abs(variance - 0.4 / 0.6) < 0.04)
  }

  @Test func `SELU's dropout keeps mean and variance, and drops to its lower bound`() async throws {
    let (input, output) = try await result(AlphaDropout(0.3)) { $0.normal() }
    let (mean, variance) = moments(output)
    #expect(abs(mean) < 0.03)
    #expect(abs(variance - 1) < 0.05)
    // What is dropped is the same everywhere, whatever was there.
    let counts = Dictionary(grouping: output) { $0 }.mapValues(\.count)
    let dropped = try #require(counts.max { $0.value < $1.value })
    #expect(abs(Double(dropped.value) / Double(input.count) - 0.3) < 0.02)
    let bound = -1.758_099_3
    let factor = 1 / (0.7 * (1 + 0.3 * bound * bound)).squareRoot()
    #expect(abs(Double(dropped.key) - (factor * bound - factor * bound * 0.3)) < 1e-5)
  }

  /// The values of each group of elements that share a draw: 0 or `1 / (1 − rate)`, the same in the whole group.
  private func check(
    _ layer: any Layer, rate: Double, groups: Int, _ group: (Int) -> Int
  ) async throws {
    let output = try await result(layer).output
    var drawn = [Float?](repeating: nil, count: groups)
    for (index, value) in output.enumerated() {
      let known = drawn[group(index)] ?? value
      #expect(value == known, "element \(index)")
      drawn[group(index)] = known
    }
    for value in drawn.compactMap({ $0 }) where value != 0 {
      #expect(abs(Double(value) - 1 / (1 - rate)) < 1e-6)
    }
    let share = Double(drawn.count { $0 == 0 }) / Double(groups)
    // Four deviations of a share of so many draws.
    #expect(abs(share - rate) < 4 * (rate * (1 - rate) / Double(groups)).squareRoot())
    #expect(drawn.contains(0) && drawn.contains { $0 != 0 })
  }

  @Test func `What is dropped together is what the layer says`() async throws {
    let (pixels, channels) = (64, 4)
    func channel(_ index: Int) -> Int { index / (pixels * channels) * channels + index % channels }
    func sample(_ index: Int) -> Int { index / (pixels * channels) }
    try await check(SpatialDropout2D(0.3), rate: 0.3, groups: 64 * channels, channel)
    let spatial = Dropout(0.3, noiseShape: [nil, 1, 1, nil])
    try await check(spatial, rate: 0.3, groups: 64 * channels, channel)
    try await check(StochasticDepth(0.4), rate: 0.4, groups: 64, sample)
    let samples = Dropout(0.4, noiseShape: [nil, 1, 1, 1])
    try await check(samples, rate: 0.4, groups: 64, sample)
    let shared = Dropout(0.5, noiseShape: [1, nil, nil, nil])
    try await check(shared, rate: 0.5, groups: pixels * channels) { $0 % (pixels * channels) }
    try await check(Dropout(0.5), rate: 0.5, groups: Self.shape.count) { $0 }
  }
}
