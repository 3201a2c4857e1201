import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerTensors
import WhiskerTraining

@Suite struct EvaluateTests {
  private func trained(_ kind: EngineKind, classes: Int = 2) async throws -> Sequential {
    let model =
      classes == 2 ? toyModel(dropout: 0.3) : toyModel(outputs: classes, last: .softmax, dropout: 0.3)
    try model.compile(
      loss: classes == 2 ? .binaryCrossentropy : .sparseCategoricalCrossentropy, engine: kind.make())
    try await model.fit(Toy(24, classes: classes).dataset(), epochs: 1, stepsPerEpoch: 4)
    return model
  }

  /// 13 samples in batches of 4 are the same as in one: the mean counts samples, not batches.
  @Test(arguments: EngineKind.allCases) func theLastBatchWeighsWhatItHolds(kind: EngineKind) async throws {
    let model = try await trained(kind)
    let toy = Toy(13, seed: 3)
    let atOnce = try await model.evaluate(toy.dataset(batchSize: 13))
    let inFours = try await model.evaluate(toy.dataset(batchSize: 4))
    #expect(abs(atOnce.loss - inFours.loss) < 1e-6)
    #expect(atOnce.accuracy == inFours.accuracy)
    #expect(inFours.count == 13)
    #expect(inFours.classes == atOnce.classes)
    #expect(inFours.classes.map(\.count).reduce(0, +) == 13)
    let correct = inFours.classes.map(\.correct).reduce(0, +)
    #expect(inFours.accuracy == Double(correct) / 13)
  }

  @Test func stepsLimitWhatIsMeasured() async throws {
    let model = try await trained(.oneDNN)
    let toy = Toy(13, seed: 3)
    var told: [String] = []
    let limited = try await model.evaluate(toy.dataset(batchSize: 4), steps: 2) { told.append("\($0)/\($1)") }
    #expect(limited.count == 8)
    #expect(told == ["1/2", "2/2"])
    // 8 of 13, spread evenly.
    let spread = [0, 1, 3, 4, 6, 8, 9, 11]
    let images = spread.flatMap { toy.images.values[$0 * 64..<($0 + 1) * 64] }
    var same = try await model.evaluate(
      ArrayDataset(
        images: Tensor(shape: [8, 8, 8, 1], values: images),
        labels: Tensor(shape: [8], values: spread.map { toy.labels.values[$0] }), batchSize: 4))
    #expect(same.indices == Array(0..<8))
    same.indices = spread
    #expect(limited == same)
    #expect(try await model.evaluate(toy.dataset(batchSize: 4), steps: 99).count == 13)
  }

  @Test func classesHaveNamesOrNumbers() async throws {
    let model = try await trained(.oneDNN, classes: 3)
    let toy = Toy(30, classes: 3, seed: 3)
    #expect(try await model.evaluate(toy.dataset()).classes.map(\.name) == ["0", "1", "2"])
    let named = try ArrayDataset(
      images: toy.images, labels: toy.labels, classNames: ["고양이", "dogs", "red panda"])
    let scores = try await model.evaluate(named).classes
    #expect(scores.map(\.name) == ["고양이", "dogs", "red panda"])
    for (index, score) in scores.enumerated() {
      #expect(score.count == toy.classes.count { $0 == index })
    }
  }

  @Test(arguments: EngineKind.allCases) func predictionsAreProbabilities(kind: EngineKind) async throws {
    let model = try await trained(kind, classes: 3)
    let predictions = try await model.predict(Toy(7, classes: 3).images)
    #expect(predictions.shape == [7, 3])
    for row in 0..<7 {
      let values = predictions.values[row * 3..<row * 3 + 3]
      #expect(abs(values.reduce(0, +) - 1) < 1e-5)
      #expect(values.allSatisfy { $0 > 0 })
    }
  }

  @Test(arguments: EngineKind.allCases) func portionsDoNotShow(kind: EngineKind) async throws {
    let model = try await trained(kind)
    let images = Toy(11).images
    let atOnce = try await model.predict(images, batchSize: 11)
    for batchSize in [1, 4, 1000] {
      let inPortions = try await model.predict(images, batchSize: batchSize)
      #expect(inPortions == atOnce, "batches of \(batchSize)")
    }
    #expect(try await model.predict(images) == atOnce)
  }

  @Test func newWeightsAreUsedAtOnce() async throws {
    let model = try await trained(.oneDNN)
    let images = Toy(3).images
    let before = try await model.predict(images)
    let weights = try await model.weights()
    try model.setWeights(weights.mapValues { Tensor(shape: $0.shape) })
    #expect(try await model.predict(images).values == [0.5, 0.5, 0.5])
    try model.setWeights(weights)
    #expect(try await model.predict(images) == before)
  }
}
