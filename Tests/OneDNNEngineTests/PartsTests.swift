import Testing
import WhiskerGraph
import WhiskerOneDNNEngine
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Convolution and pooling computed for a few samples of the batch at a time.
@Suite struct PartsTests {
  private func settings(partByteCount: Int) -> OneDNNEngine.Settings {
    var settings = OneDNNEngine.Settings()
    settings.partByteCount = partByteCount
    return settings
  }

  /// One sample at a time, and parts of unequal sizes; the check throws what disagrees.
  @Test(arguments: [1, 5000]) func networksAgreeWithTheReference(partByteCount: Int) async throws {
    for example in OpExample.all where example.kind == nil {
      let engine = OneDNNEngine(settings(partByteCount: partByteCount))
      try await example.check(engine: engine, tolerance: 1e-4)
    }
  }

  /// Two pictures of 148 × 148 × 32 floats are 5.6 MB, three are 8.4: two parts.
  @Test func aBatchIsTakenApartBySizeAlone() async throws {
    let graphs = try ModelGraphs(baseline(side: 150))
    for (batchSize, isInParts) in [(2, false), (3, true), (20, true)] {
      let engine = OneDNNEngine()
      let graph = try graphs.gradients(batchSize: batchSize, loss: .binaryCrossentropy)
      let names = try await engine.stepNames(of: try await engine.compile(graph))
      #expect(names.contains("sum of parts") == isInParts, "\(batchSize)")
    }
  }

  /// The forward pass doesn't change by a bit; gradients are summed in another order.
  @Test func partsComputeWhatTheWholeBatchDoes() async throws {
    let network = try baseline(side: 46, channels: [16, 32, 32], dense: 24)
    let graph = try ModelGraphs(network).gradients(batchSize: 7, loss: .binaryCrossentropy)
    var results: [[String: Tensor]] = []
    for partByteCount in [1, 300_000, 1 << 30] {
      let engine = OneDNNEngine(settings(partByteCount: partByteCount))
      try await engine.load(network.initialWeights(RandomKey(seed: 3)))
      let program = try await engine.compile(graph)
      let names = try await engine.stepNames(of: program)
      #expect(names.contains("sum of parts") == (partByteCount < 1 << 30))
      results.append(try await engine.run(program, inputs: inputs(for: network, batchSize: 7)))
    }
    for (name, tensor) in results[2] {
      for result in results {
        let other = try #require(result[name])
        if name == "loss" { #expect(other == tensor) } else { #expect(relativeError(other, tensor) < 1e-5) }
      }
    }
  }
}
