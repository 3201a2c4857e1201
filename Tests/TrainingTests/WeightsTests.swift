import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Samples that count more or less than others.
@Suite struct WeightsTests {
  private static let losses: [String: Loss] = [
    "binary": .binaryCrossentropy, "categorical": .categoricalCrossentropy,
    "sparseCategorical": .sparseCategoricalCrossentropy,
  ]

  @Test(arguments: EngineKind.allCases) func lossesAndTrainingAreKerass(kind: EngineKind) async throws {
    let fixture = try KerasFixtures.weights()
    let count = fixture.classes.count
    for item in fixture.cases {
      let outputs = item.bias.count
      let model = Sequential(input: [4]) { Dense(outputs, activation: outputs == 1 ? .sigmoid : .softmax) }
      try model.setWeights([
        "dense/kernel": Formula.uniform("kernel", [4, outputs]),
        "dense/bias": Formula.uniform("bias", [outputs], limit: 0.5),
      ])
      let loss = try #require(Self.losses[item.kind])
      try model.compile(loss: loss, optimizer: .sgd(learningRate: 0.1), engine: kind.make())
      var labels = Tensor(shape: [count], values: fixture.classes.map { Float($0) })
      if item.kind == "categorical" {
        labels = Tensor(shape: [count, 2], values: fixture.classes.flatMap { $0 == 0 ? [1, 0] : [0, 1] })
      }
      let data = try ArrayDataset(
        images: Formula.uniform("images", [count, 4]), labels: labels,
        weights: Tensor(shape: [count], values: fixture.weights), batchSize: fixture.batchSize, shuffle: false
      )

      let evaluation = try await model.evaluate(data)
      #expect(abs(evaluation.loss - (item.evaluation["loss"] ?? .nan)) < 1e-6)
      #expect(abs(evaluation.accuracy - (item.evaluation["accuracy"] ?? .nan)) < 1e-9)
      let history = try await model.fit(data, epochs: 2)
      for (loss, expected) in zip(history["loss"], item.history["loss"] ?? []) {
        #expect(abs(loss - expected) < 1e-6)
      }
      #expect(history["acc"] == item.history["accuracy"])
      let weights = try await model.weights()
      for (name, expected) in [("dense/kernel", item.kernel), ("dense/bias", item.bias)] {
        let values = try #require(weights[name]).values
        #expect(zip(values, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(item.kind) \(name)")
      }
    }
  }

  /// A weight of 1 for each changes not a bit; a weight of 0 excludes a sample from training.
  @Test(arguments: EngineKind.allCases) func onesAreNoneAndZerosAreAbsent(kind: EngineKind) async throws {
    let toy = Toy(16)
    func trained(_ labels: Tensor, _ weights: Tensor?) async throws -> [String: Tensor] {
      let model = toyModel()
      try model.compile(loss: .binaryCrossentropy, optimizer: .sgd(learningRate: 0.1), engine: kind.make())
      let data = try ArrayDataset(images: toy.images, labels: labels, weights: weights, batchSize: 8)
      try await model.fit(data, epochs: 2)
      return try await model.weights()
    }
    let plain = try await trained(toy.labels, nil)
    #expect(try await trained(toy.labels, Tensor(shape: [16], repeating: 1)) == plain)

    var weights = Tensor(shape: [16], repeating: 1)
    var wrong = toy.labels
    for index in [2, 9] {
      weights.values[index] = 0
      wrong.values[index] = 1 - wrong.values[index]
    }
    let reference = try await trained(toy.labels, weights)
    #expect(reference != plain)
    #expect(try await trained(wrong, weights) == reference)
  }

  @Test func weightsThatMakeNoSenseAreRefused() throws {
    let toy = Toy(4)
    for weights in [[1, 1, 1, -1], [1, 1, .nan, 1], [1, 1, 1], [1, .infinity, 1, 1]] as [[Float]] {
      #expect(throws: WhiskerError.self) {
        try ArrayDataset(
          images: toy.images, labels: toy.labels, weights: Tensor(shape: [weights.count], values: weights))
      }
    }
  }

  @Test func withoutWeightsTheGraphHasNoneEither() throws {
    let network = try toyModel().network()
    func inputs(_ isWeighted: Bool) throws -> Bool {
      try ModelGraphs(network, isWeighted: isWeighted, verifies: true)
        .training(batchSize: 4, loss: .binaryCrossentropy, rule: .sgd(momentum: 0, isNesterov: false)).dump()
        .contains("\"weights\"")
    }
    #expect(try inputs(true))
    #expect(try !inputs(false))
  }
}
