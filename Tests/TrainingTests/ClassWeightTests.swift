import Foundation
import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Classes that count more or less than others, against Keras's and scikit-learn's numbers
/// (`Tools/reference/keras_class_weights.py`).
@Suite struct ClassWeightTests {
  struct Fixture: Decodable {
    struct Balanced: Decodable {
      let counts: [Int]
      let isWeighted: Bool
      let weights: [Double]
    }

    struct Case: Decodable {
      let kind: String
      let classes: Int
      let labels: [Int]
      let isBalanced: Bool
      let classWeights: [Double]
      let history: [String: [Double]]
      let kernel: [Float]
      let bias: [Float]
    }

    struct Regression: Decodable {
      let classes: Int
      let labels: [Int]
      let isBalanced: Bool
      let classWeights: [Double]
      let kernel: [Double]
      let bias: [Double]
    }

    let batchSize: Int
    let balanced: [Balanced]
    let cases: [Case]
    let regressions: [Regression]
  }

  private let fixture: Fixture

  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/keras-class-weights.json")
    fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: file))
  }

  private static let losses: [String: Loss] = [
    "binary": .binaryCrossentropy, "categorical": .categoricalCrossentropy,
    "sparseCategorical": .sparseCategoricalCrossentropy,
  ]

  /// Labels as a loss takes them.
  private static func tensor(_ labels: [Int], _ kind: String, _ classes: Int) -> Tensor {
    guard kind == "categorical" else {
      return Tensor(shape: [labels.count], values: labels.map { Float($0) })
    }
    var tensor = Tensor(shape: [labels.count, classes])
    for (row, label) in labels.enumerated() { tensor.values[row * classes + label] = 1 }
    return tensor
  }

  // MARK: Balanced weights

  @Test func balancedWeightsAreScikitLearns() {
    #expect(fixture.balanced.count == 5)
    for item in fixture.balanced {
      let labels = item.counts.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
      let weights =
        item.isWeighted
        ? Formula.integers("balanced/\(labels.count)", count: labels.count, below: 8).map {
          (Double($0) + 1) / 4
        } : Array(repeating: 1, count: labels.count)
      let samples = LogisticRegression.Samples(
        features: Array(repeating: 0, count: labels.count), labels: labels, weights: weights, featureCount: 1)
      let found = samples.classBalance(classes: item.counts.count).balancedWeights
      #expect(zip(found, item.weights).allSatisfy { abs($0 - $1) <= 1e-12 * $1 }, "\(item.counts): \(found)")
      if !item.isWeighted { #expect(ClassBalance(item.counts).balancedWeights == found) }
    }
  }

  /// Any counts: every class weighs the same in all, and the weights of all samples add up to their number.
  @Test func balancedWeightsBalance() {
    var stream = RandomStream(RandomKey(seed: 7))
    for _ in 0..<200 {
      let counts = (0..<1 + stream.integer(below: 12)).map { _ in
        stream.chance(0.2) ? 0 : 1 + stream.integer(below: 5000)
      }
      let weights = ClassBalance(counts).balancedWeights
      let total = Double(counts.reduce(0, +))
      let present = Double(counts.count { $0 > 0 })
      for (count, weight) in zip(counts, weights) {
        #expect(count == 0 ? weight == 1 : abs(Double(count) * weight - total / present) <= 1e-9 * total)
      }
      let present3 = counts.filter { $0 > 0 }
      let isUneven = (present3.max() ?? 0) > 3 * (present3.min() ?? 0)
      #expect(ClassBalance(counts).isUneven == isUneven)
    }
    #expect(!ClassBalance([3, 1]).isUneven && ClassBalance([4, 1]).isUneven && !ClassBalance([]).isUneven)
  }

  // MARK: Training

  @Test(arguments: EngineKind.allCases) func trainingIsKerass(kind: EngineKind) async throws {
    #expect(fixture.cases.count == 4)
    for item in fixture.cases {
      let outputs = item.kind == "binary" ? 1 : item.classes
      let model = Sequential(input: [4]) { Dense(outputs, activation: outputs == 1 ? .sigmoid : .softmax) }
      try model.setWeights([
        "dense/kernel": Formula.uniform("kernel", [4, outputs]),
        "dense/bias": Formula.uniform("bias", [outputs], limit: 0.5),
      ])
      let loss = try #require(Self.losses[item.kind])
      try model.compile(loss: loss, optimizer: .sgd(learningRate: 0.1), engine: kind.make())
      func data(_ name: String, _ labels: [Int]) throws -> ArrayDataset {
        try ArrayDataset(
          images: Formula.uniform(name, [labels.count, 4]),
          labels: Self.tensor(labels, item.kind, item.classes), batchSize: fixture.batchSize, shuffle: false)
      }
      var weights = item.classWeights
      if item.isBalanced {
        let counts = (0..<item.classes).map { index in item.labels.count { $0 == index } }
        weights = ClassBalance(counts).balancedWeights
        #expect(zip(weights, item.classWeights).allSatisfy { abs($0 - $1) < 1e-12 })
      }
      let history = try await model.fit(
        data("images", item.labels), epochs: 3, validation: data("others", (0..<6).map { $0 % item.classes }),
        classWeights: weights.map { Float($0) })
      for (name, keras) in [("loss", "loss"), ("val_loss", "val_loss")] {
        let expected = try #require(item.history[keras])
        #expect(
          zip(history[name], expected).allSatisfy { abs($0 - $1) < 2e-6 * max(1, $1) },
          "\(item.kind) \(name): \(history[name]), \(expected)")
      }
      for (name, keras) in [("acc", "accuracy"), ("val_acc", "val_accuracy")] {
        let expected = try #require(item.history[keras])
        #expect(zip(history[name], expected).allSatisfy { abs($0 - $1) < 1e-9 }, "\(item.kind) \(name)")
      }
      let trained = try await model.weights()
      for (name, expected) in [("dense/kernel", item.kernel), ("dense/bias", item.bias)] {
        let values = try #require(trained[name]).values
        #expect(zip(values, expected).allSatisfy { abs($0 - $1) < 2e-6 }, "\(item.kind) \(name)")
      }
    }
  }

  /// Weights of classes are weights of samples that go by the class; besides samples' own they multiply.
  @Test func theyMultiplyWithTheWeightsOfSamples() async throws {
    let toy = Toy(24, classes: 3)
    let classWeights: [Float] = [0.5, 2, 4]
    let own = toy.classes.indices.map { Float($0 % 4) / 2 }
    func trained(_ weights: [Float]?, _ classWeights: [Float]?) async throws -> [String: Tensor] {
      let model = toyModel(outputs: 3, last: .softmax)
      try model.compile(
        loss: .sparseCategoricalCrossentropy, optimizer: .sgd(learningRate: 0.1),
        engine: EngineKind.oneDNN.make())
      let data = try ArrayDataset(
        images: toy.images, labels: toy.labels,
        weights: weights.map { Tensor(shape: [24], values: $0) }, batchSize: 8)
      try await model.fit(data, epochs: 2, classWeights: classWeights)
      return try await model.weights()
    }
    let product = zip(own, toy.classes).map { $0 * classWeights[$1] }
    let plain = try await trained(nil, nil)
    #expect(try await trained(own, classWeights) == trained(product, nil))
    #expect(try await trained(nil, classWeights) == trained(toy.classes.map { classWeights[$0] }, nil))
    #expect(try await trained(nil, classWeights) != plain)
    // Ones change not a bit.
    #expect(try await trained(nil, [1, 1, 1]) == plain)
  }

  /// A label mixed of classes is the sum of its parts: a loss that is linear in the label counts each with its class's weight.
  @Test(arguments: ["binary", "categorical"]) func partsOfMixedLabelsCountByTheirClasses(kind: String)
    async throws
  {
    let weights: [Float] = kind == "binary" ? [0.5, 3] : [0.5, 3, 0]
    let classes = weights.count
    let shares: [[Float]] = kind == "binary" ? [[0.75, 0.25]] : [[0.25, 0.25, 0.5]]
    func loss(_ labels: Tensor, _ classWeights: [Float]?) async throws -> Double {
      let model = Sequential(input: [4], seed: 3) {
        Dense(kind == "binary" ? 1 : classes, activation: kind == "binary" ? .sigmoid : .softmax)
      }
      try model.compile(
        loss: try #require(Self.losses[kind]), optimizer: .sgd(learningRate: 0.1),
        engine: EngineKind.reference.make())
      let data = try ArrayDataset(
        images: Formula.uniform("mixed", [1, 4]), labels: labels, batchSize: 1, shuffle: false)
      return try #require(try await model.fit(data, classWeights: classWeights)["loss"].first)
    }
    func label(_ row: [Float]) -> Tensor {
      kind == "binary" ? Tensor(shape: [1], values: [row[1]]) : Tensor(shape: [1, classes], values: row)
    }
    var expected = 0.0
    for index in 0..<classes {
      var pure = [Float](repeating: 0, count: classes)
      pure[index] = 1
      expected += Double(shares[0][index] * weights[index]) * (try await loss(label(pure), nil))
    }
    let found = try await loss(label(shares[0]), weights)
    #expect(abs(found - expected) < 1e-6, "\(found), \(expected)")
  }

  @Test func metricsGoByTheSamplesAndNotByTheirClasses() async throws {
    let toy = Toy(32, classes: 2, seed: 5)
    func history(_ classWeights: [Float]?) async throws -> History {
      let model = toyModel(seed: 2)
      // So small a rate that both learn the same: nothing.
      try model.compile(
        loss: .binaryCrossentropy, optimizer: .sgd(learningRate: 1e-20),
        metrics: [.accuracy, .f1, .precision, .prAUC], engine: EngineKind.reference.make())
      return try await model.fit(toy.dataset(), validation: toy.dataset(), classWeights: classWeights)
    }
    let (plain, weighted) = (try await history(nil), try await history([1, 20]))
    #expect(plain["loss"] != weighted["loss"] && plain["val_loss"] == weighted["val_loss"])
    for key in ["acc", "f1", "precision", "pr_auc", "val_acc", "val_f1"] {
      #expect(plain[key] == weighted[key] && !plain[key].isEmpty, "\(key)")
    }
  }

  @Test func weightsThatMakeNoSenseAreRefused() async throws {
    let toy = Toy(8)
    func message(_ weights: [Float], _ loss: Loss = .binaryCrossentropy, outputs: Int = 1) async -> String? {
      let model = toyModel(outputs: outputs)
      let labels = outputs == 1 ? toy.labels : toy.oneHot(outputs)
      let error = await #expect(throws: WhiskerError.self) {
        try model.compile(loss: loss, engine: EngineKind.reference.make())
        try await model.fit(
          ArrayDataset(images: toy.images, labels: labels, batchSize: 4), classWeights: weights)
      }
      #expect(error?.place == "class weights" && error?.code == .invalidSetting)
      return error?.message
    }
    #expect(await message([1]) == "expected 2 of them, one for each class, got 1")
    #expect(await message([1, 1, 1]) == "expected 2 of them, one for each class, got 3")
    #expect(await message([1, -1]) == "expected numbers of at least 0, got -1.0")
    #expect(await message([.nan, 1]) == "expected numbers of at least 0, got nan")
    #expect(await message([1, .infinity]) == "expected numbers of at least 0, got inf")
    #expect(await message([0, 0]) == "expected one above 0, got only 0")
    #expect(
      await message([1, 1, 1], outputs: 3)
        == "expected none where each output is a yes or no of its own, got 3")
  }

  // MARK: Regression

  @Test func regressionIsScikitLearns() throws {
    #expect(fixture.regressions.count == 4)
    for item in fixture.regressions {
      let samples = LogisticRegression.Samples(
        features: Formula.uniform("logistic/features", [60, 4], limit: 2).values, labels: item.labels,
        weights: Formula.uniform("logistic/weights", [60], limit: 0.5, offset: 1).values.map(Double.init),
        featureCount: 4)
      let weights =
        item.isBalanced
        ? samples.classBalance(classes: item.classes).balancedWeights : item.classWeights
      var regression = LogisticRegression(featureCount: 4, classes: item.classes)
      try regression.fit(samples.weighed(by: weights), penalty: 0.05)
      let kernel = regression.kernel.values
      #expect(kernel.count == item.kernel.count)
      #expect(zip(kernel, item.kernel).allSatisfy { abs(Double($0) - $1) < 2e-5 }, "\(kernel)")
      let bias = regression.bias.values.map(Double.init)
      // All biases may move together.
      let mean = item.classes > 2 ? bias.reduce(0, +) / Double(bias.count) : 0
      #expect(zip(bias, item.bias).allSatisfy { abs($0 - mean - $1) < 2e-5 }, "\(bias)")
    }
  }

  /// A regression measures what a network with its weights would.
  @Test(arguments: [2, 3]) func regressionsMeasureMetrics(classes: Int) throws {
    let labels = Formula.integers("logistic/labels", count: 60, below: classes)
    let samples = LogisticRegression.Samples(
      features: Formula.uniform("logistic/features", [60, 4], limit: 2).values, labels: labels,
      weights: nil, featureCount: 4)
    var regression = LogisticRegression(featureCount: 4, classes: classes)
    try regression.fit(samples, penalty: 0.01)
    let score = regression.score(
      samples, measuring: [.accuracy, .balancedAccuracy, .rocAUC, .recall(.weighted)])
    #expect(score.metrics.metrics == [.balancedAccuracy, .rocAUC, .recall(.weighted)])
    // The mean of recalls by the classes' shares is the accuracy.
    #expect(abs(try #require(score.metrics[.recall(.weighted)]) - score.accuracy) < 1e-12)
    #expect(try #require(score.metrics[.rocAUC]) > 0.5)
    #expect(regression.score(samples, measuring: [.accuracy]).metrics.isEmpty)
  }
}
