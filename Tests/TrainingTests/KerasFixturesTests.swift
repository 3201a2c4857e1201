import Testing
import WhiskerTensors
import _TestSupport

@Suite struct KerasFixturesTests {
  @Test func `The baseline's fixture is whole`() throws {
    let baseline = try KerasFixtures.baseline()
    #expect(baseline.logits.count == baseline.batchSize)
    #expect(baseline.probabilities.count == baseline.batchSize)
    #expect(baseline.firstWeights.values.reduce(0) { $0 + $1.values.count } == 3_453_121)
    for digests in [baseline.gradients, baseline.sgd.weights, baseline.sgd.changes] {
      #expect(digests.mapValues(\.shape) == baseline.initial.mapValues(\.shape))
    }
    #expect(baseline.sgd.losses.count == 10)
    #expect(baseline.rmsprop.map(\.losses.count) == [10, 10])
  }

  @Test func `A digest knows its tensor from another`() throws {
    let baseline = try KerasFixtures.baseline()
    let name = "conv2d_2/kernel"
    let first = try #require(baseline.firstWeights[name])
    let digest = try #require(baseline.sgd.weights[name])
    let change = try #require(baseline.sgd.changes[name])
    // Keras's ten steps moved the weights by this part of their norm, and the digest shows it.
    let moved = change.norm / digest.norm
    #expect((0.3 * moved...3 * moved).contains(digest.distance(to: first)))
    #expect(digest.distance(to: Tensor(shape: first.shape)) >= 1)
    #expect(digest.distance(to: first.reshaped([first.shape.count])) == .infinity)
    #expect(digest.distance(to: Tensor(shape: first.shape, repeating: .nan)) == .infinity)
  }

  @Test func `Fixtures of layers, losses and optimizers can be read`() throws {
    #expect(try KerasFixtures.layers().count == 416)
    #expect(try KerasFixtures.losses().contains { $0.name == "binary from logits" && $0.losses.contains(40) })
    let optimizers = try KerasFixtures.optimizers()
    #expect(optimizers.initial == Formula.uniform("weight", optimizers.shape).values)
    #expect(optimizers.cases.allSatisfy { $0.weights.count == optimizers.gradients.count })
  }
}
