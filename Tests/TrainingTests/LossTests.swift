import Foundation
import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerTensors
import WhiskerTraining

@Suite struct LossTests {
  /// Trains in one way and returns losses and weights.
  private func trained(
    _ model: Sequential, _ loss: Loss, _ data: ArrayDataset, _ kind: EngineKind
  ) async throws -> (losses: [Double], weights: [String: Tensor]) {
    try model.compile(loss: loss, optimizer: .sgd(learningRate: 0.1), engine: kind.make())
    let history = try await model.fit(data, epochs: 3, stepsPerEpoch: 2)
    return (history["loss"], try await model.weights())
  }

  @Test(arguments: EngineKind.allCases) func oneHotAndNumbersAgree(kind: EngineKind) async throws {
    let toy = Toy(24, classes: 3)
    let oneHot = try ArrayDataset(images: toy.images, labels: toy.oneHot(3), batchSize: 8)
    let sparse = try await trained(
      toyModel(outputs: 3, last: .softmax), .sparseCategoricalCrossentropy, toy.dataset(), kind)
    let categorical = try await trained(
      toyModel(outputs: 3, last: .softmax), .categoricalCrossentropy, oneHot, kind)
    #expect(sparse.losses == categorical.losses)
    #expect(sparse.weights == categorical.weights)
    #expect(sparse.losses[2] < sparse.losses[0])
  }

  /// A last activation that is the loss's own is trained on its logits; one that isn't seen as such, because it
  /// is scaled by 1 afterwards, on its probabilities.
  @Test(arguments: EngineKind.allCases) func logitsAndProbabilitiesAgree(kind: EngineKind) async throws {
    for (outputs, last, loss) in [
      (1, ActivationFunction.sigmoid, Loss.binaryCrossentropy),
      (3, .softmax, .sparseCategoricalCrossentropy),
    ] {
      let data = try Toy(24, classes: max(2, outputs)).dataset()
      let fromLogits = toyModel(outputs: outputs, last: last)
      let fromProbabilities = toyModel(outputs: outputs, last: last)
      fromProbabilities.append(Rescaling(1))
      let graph = try ModelGraphs(fromProbabilities.network(), verifies: true)
        .evaluation(batchSize: 2, loss: loss)
      #expect(graph.dump().contains("rescale"))
      let a = try await trained(fromLogits, loss, data, kind)
      let b = try await trained(fromProbabilities, loss, data, kind)
      for (x, y) in zip(a.losses, b.losses) { #expect(abs(x - y) < 1e-5) }
      #expect(relativeDifference(a.weights, b.weights) < 1e-4)
    }
  }

  /// Two classes as one sigmoid unit or as two softmax units are the same problem.
  @Test func binaryAndTwoClassesBothLearn() async throws {
    for (model, loss) in [
      (toyModel(), Loss.binaryCrossentropy),
      (toyModel(outputs: 2, last: .softmax), .sparseCategoricalCrossentropy),
    ] {
      try model.compile(
        loss: loss, optimizer: .rmsprop(learningRate: 0.01), engine: EngineKind.oneDNN.make())
      let history = try await model.fit(Toy(32).dataset(), epochs: 8)
      #expect(history["acc"].last == 1)
    }
  }

  /// A logit of 40 against label 0 costs 40, though the probability is 1 in single precision.
  @Test(arguments: EngineKind.allCases) func surenessIsNotClippedOnLogits(kind: EngineKind) async throws {
    let model = Sequential(input: [1]) { Dense(1, activation: .sigmoid) }
    try model.setWeights([
      "dense/kernel": Tensor(shape: [1, 1], values: [40]), "dense/bias": Tensor(shape: [1]),
    ])
    try model.compile(loss: .binaryCrossentropy, engine: kind.make())
    let data = try ArrayDataset(
      images: Tensor(shape: [1, 1], values: [1]), labels: Tensor(shape: [1], values: [0]), batchSize: 1)
    #expect(try await model.evaluate(data).loss == 40)
  }

  @Test(arguments: EngineKind.allCases) func smoothingMovesTargetsToTheMiddle(kind: EngineKind) async throws {
    let model = Sequential(input: [1]) { Dense(1, activation: .sigmoid) }
    try model.setWeights([
      "dense/kernel": Tensor(shape: [1, 1], values: [1]), "dense/bias": Tensor(shape: [1]),
    ])
    try model.compile(loss: .binaryCrossentropy(labelSmoothing: 0.2), engine: kind.make())
    let data = try ArrayDataset(
      images: Tensor(shape: [1, 1], values: [2]), labels: Tensor(shape: [1], values: [1]), batchSize: 1)
    let p = 1 / (1 + exp(-2.0))
    let expected = -0.9 * log(p) - 0.1 * log(1 - p)
    #expect(abs(try await model.evaluate(data).loss - expected) < 1e-6)
  }
}
