import Testing
import WhiskerGraph
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerTensors
import WhiskerTraining

/// `l2(factor)` adds `factor · Σw²` to the loss and `2 · factor · w` to the gradient of `w`.
@Suite struct RegularizerTests {
  private let factor: Float = 0.05

  private func network(_ regularizer: Regularizer?) throws -> Network {
    try Network(
      input: [5, 5, 2],
      layers: [
        Conv2D(3, kernel: 3, activation: .tanh, kernelRegularizer: regularizer), Flatten(),
        Dense(2, activation: .softmax, kernelRegularizer: regularizer),
      ])
  }

  private let inputs: [String: Tensor] = {
    var stream = RandomStream(RandomKey(seed: 4))
    return [
      "images": Tensor(shape: [3, 5, 5, 2], values: (0..<150).map { _ in stream.normal() }),
      "labels": Tensor(shape: [3], values: [0, 1, 1]), "seed": RandomKey(seed: 0).tensor,
    ]
  }()

  /// The loss and the gradient of every weight.
  private func results(
    _ regularizer: Regularizer?, _ weights: [String: Tensor]
  ) async throws -> [String: Tensor] {
    let graph = try ModelGraphs(network(regularizer), verifies: true)
      .gradients(batchSize: 3, loss: .sparseCategoricalCrossentropy)
    let engine = ReferenceEngine()
    try await engine.load(weights)
    return try await engine.run(engine.compile(graph), inputs: inputs)
  }

  @Test func lossAndGradientsGrowAsTheFormulaSays() async throws {
    let weights = try network(nil).initialWeights(RandomKey(seed: 9))
    let plain = try await results(nil, weights)
    let penalised = try await results(.l2(factor), weights)
    let kernels = weights.filter { $0.key.hasSuffix("kernel") }
    #expect(kernels.count == 2)

    let penalty = kernels.values.reduce(0.0) { $0 + Double(factor) * $1.norm * $1.norm }
    let (before, after) = try (#require(plain["loss"]).values[0], #require(penalised["loss"]).values[0])
    #expect(abs(Double(after - before) - penalty) < 1e-5)

    for (name, weight) in weights {
      let (without, with) = try (#require(plain[name]), #require(penalised[name]))
      let share: Float = name.hasSuffix("kernel") ? 2 * factor : 0
      for index in weight.values.indices {
        #expect(abs(with.values[index] - without.values[index] - share * weight.values[index]) < 1e-6)
      }
    }
  }

  @Test func gradientsAgreeWithFiniteDifferences() async throws {
    let weights = try network(nil).initialWeights(RandomKey(seed: 9))
    let gradients = try await results(.l2(factor), weights)
    var stream = RandomStream(RandomKey(seed: 2))
    for (name, weight) in weights {
      let gradient = try #require(gradients[name])
      for index in stream.permutation(weight.values.count).prefix(6) {
        var losses: [Double] = []
        for step: Float in [-1 / 64, 1 / 64] {
          var moved = weights
          moved[name]?.values[index] += step
          losses.append(Double(try #require(try await results(.l2(factor), moved)["loss"]).values[0]))
        }
        let difference = (losses[1] - losses[0]) * 32
        #expect(abs(difference - Double(gradient.values[index])) < 1e-3, "\(name) \(index)")
      }
    }
  }

  @Test func evaluationCountsThePenaltyToo() async throws {
    let weights = try network(nil).initialWeights(RandomKey(seed: 9))
    let graph = try ModelGraphs(network(.l2(factor)), verifies: true)
      .evaluation(batchSize: 3, loss: .sparseCategoricalCrossentropy)
    let engine = ReferenceEngine()
    try await engine.load(weights)
    let program = try await engine.compile(graph)
    let loss = try await engine.run(program, inputs: inputs)["loss"]
    #expect(try await loss == results(.l2(factor), weights)["loss"])
  }
}
