import Testing
import Whisker
import WhiskerTraining
import _TestSupport

/// What follows from weights alone is computed once, and again when they were set.
@Suite struct PreparationTests {
  private let input: Shape = [40, 40, 3]

  private func network() throws -> Network {
    try PretrainedNetwork.efficientNetLite0.model(input: input, top: .features).network()
  }

  /// Weights that keep signals alive, others for each name.
  private func weights(_ network: Network, _ name: String) -> [String: Tensor] {
    var weights: [String: Tensor] = [:]
    for (state, specification) in network.weights {
      let isScale = state.hasSuffix("gamma") || state.hasSuffix("moving_variance")
      weights[state] = Formula.uniform(
        "\(name)/\(state)", specification.shape, limit: specification.shape.rank > 1 ? 0.3 : 0.2,
        offset: isScale ? 1 : 0)
    }
    return weights
  }

  @Test func aRunReordersNoWeightsAndUsesNoReferenceCode() async throws {
    let engine = OneDNNEngine()
    let program = try await engine.compile(ModelGraphs(network()).prediction(batchSize: 8))
    let steps = try await engine.stepNames(of: program)
    #expect(referenceImplementations(steps) == [])
    #expect(!steps.contains { $0.hasPrefix("normalization") || $0.hasPrefix("activation") })
    // What is left is the way in and out.
    #expect(steps.count { $0.hasPrefix("reorder") } <= 2, "\(steps.filter { $0.hasPrefix("reorder") })")
    let preparations = try await engine.preparationNames(of: program)
    #expect(preparations.count { $0.hasPrefix("normalization of weights") } == 2 * 49)
  }

  @Test func setWeightsAreSeen() async throws {
    let network = try network()
    let graph = try ModelGraphs(network).prediction(batchSize: 2)
    let images = ["images": Formula.uniform("images", input.batched(2))]
    let engine = OneDNNEngine()
    let program = try await engine.compile(graph)
    for name in ["first", "second"] {
      let weights = weights(network, name)
      try await engine.load(weights)
      let found = try #require(try await engine.run(program, inputs: images)["predictions"])
      let again = try #require(try await engine.run(program, inputs: images)["predictions"])
      #expect(found == again)
      let plain = OneDNNEngine()
      try await plain.load(weights)
      let unfolded = try await plain.compile(
        ModelGraphs(network, foldsNormalizations: false).prediction(batchSize: 2))
      let expected = try #require(try await plain.run(unfolded, inputs: images)["predictions"])
      try found.requireClose(to: expected, 1e-4, name)
    }
  }

  /// What disagrees is thrown.
  @Test func trainingIsSeenToo() async throws {
    let model = Sequential(input: [8, 8, 3]) {
      Conv2D(8, kernel: 3, usesBias: false)
      BatchNormalization()
      DepthwiseConv2D(kernel: 3)
      GlobalAveragePooling2D()
      Dense(1, activation: .sigmoid)
    }
    let data = try ArrayDataset(
      images: Formula.uniform("images", [16, 8, 8, 3]), labels: Formula.labels("labels", count: 16),
      batchSize: 8)
    let engines = [OneDNNEngine() as any Engine, ReferenceEngine()]
    var predictions: [Tensor] = []
    for engine in engines {
      let layers = try model.layers.map(\.layer)
      let copy = Sequential(input: [8, 8, 3], seed: 1) { layers }
      try copy.compile(loss: .binaryCrossentropy, optimizer: .sgd(learningRate: 0.5), engine: engine)
      _ = try await copy.predict(data.images)
      try await copy.fit(data, epochs: 2)
      predictions.append(try await copy.predict(data.images))
    }
    #expect(predictions[0].values.allSatisfy { $0 > 0 && $0 < 1 })
    try predictions[0].requireClose(to: predictions[1], 1e-3, "after training")
  }

  /// Kernels of a frozen part are prepared once; what is trained after frozen statistics is updated each step.
  @Test func frozenPartsOfTrainingArePreparedOnce() async throws {
    let model = Sequential(input: [12, 12, 3], seed: 2) {
      Conv2D(8, kernel: 3, usesBias: false, name: "first")
      BatchNormalization(name: "first_bn")
      ReLU()
      Conv2D(8, kernel: 3, usesBias: false, name: "second")
      BatchNormalization(name: "second_bn")
      ReLU()
      GlobalAveragePooling2D()
      Dense(1, activation: .sigmoid)
    }
    var start = try await model.weights()
    for (name, tensor) in start where tensor.shape.rank == 1 {
      let isScale = name.hasSuffix("gamma") || name.hasSuffix("moving_variance")
      start[name] = Formula.uniform(name, tensor.shape, limit: 0.3, offset: isScale ? 1 : 0)
    }
    let data = try ArrayDataset(
      images: Formula.uniform("images", [16, 12, 12, 3]), labels: Formula.labels("labels", count: 16),
      batchSize: 8)
    var weights: [[String: Tensor]] = []
    for engine in [OneDNNEngine() as any Engine, ReferenceEngine()] {
      let layers = try model.layers.map(\.layer)
      let copy = Sequential(input: [12, 12, 3]) { layers }
      for name in ["first", "first_bn", "second_bn"] { try copy.freeze(name) }
      try copy.compile(loss: .binaryCrossentropy, optimizer: .sgd(learningRate: 0.5), engine: engine)
      try copy.setWeights(start)
      try await copy.fit(data, epochs: 2)
      // Weights that are set anew are seen by what was prepared.
      var changed = try await copy.weights()
      changed["first/kernel"] = Formula.uniform("anew", [3, 3, 3, 8], limit: 0.3)
      try copy.setWeights(changed)
      try await copy.fit(data, epochs: 2)
      weights.append(try await copy.weights())
    }
    for (name, tensor) in weights[0] {
      try tensor.requireClose(to: #require(weights[1][name]), 1e-4, name)
    }
    #expect(weights[0]["second/kernel"] != start["second/kernel"])

    for name in ["first", "first_bn", "second_bn"] { try model.freeze(name) }
    let graph = try ModelGraphs(model.network()).training(
      batchSize: 8, loss: .binaryCrossentropy, rule: .sgd(momentum: 0, isNesterov: false))
    let engine = OneDNNEngine()
    let program = try await engine.compile(graph)
    let (steps, preparations) = (
      try await engine.stepNames(of: program), try await engine.preparationNames(of: program)
    )
    #expect(preparations.count { $0.hasPrefix("normalization of weights") } >= 2)
    #expect(steps.count { $0.hasPrefix("normalization of weights") } == 2)
    #expect(!steps.contains { $0.hasPrefix("normalization") && !$0.contains("of weights") })
  }
}
