import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// A small residual network with batch normalisation and separable convolutions against Keras, from the same weights
/// and batches.
@Suite struct KerasResidualTests {
  private let fixture: KerasFixtures.Residual

  init() throws { fixture = try KerasFixtures.residual() }

  private func model(_ fixture: KerasFixtures.Residual) throws -> Model {
    let input = Input([fixture.side, fixture.side, 3])
    var x = Conv2D(16, kernel: 3, strides: 2, padding: .same, usesBias: false)(input)
    let first = ReLU(maximum: 6)(BatchNormalization()(x))
    x = SeparableConv2D(16, kernel: 3, padding: .same, usesBias: false)(first)
    x = Activation(.silu)(BatchNormalization(momentum: 0.9)(x))
    x = DepthwiseConv2D(kernel: 3, padding: .same, usesBias: false)(x)
    let second = Activation(.relu)(Add()(BatchNormalization()(x), first))
    x = ZeroPadding2D(EdgePadding(bottom: 1, right: 1))(second)
    x = BatchNormalization()(SeparableConv2D(24, kernel: 3, strides: 2)(x))
    x = Concatenate()(x, Conv2D(8, kernel: 1, strides: 2)(second))
    x = Reshape([32])(GlobalAveragePooling2D(keepsAxes: true)(x))
    return Model(input: input, output: Dense(1, activation: .sigmoid)(x))
  }

  /// Keras's names of the classes' layers are ours but for `re_lu` and those numbered in another order, of which this
  /// network has none.
  @Test func layersAreOrderedAsInKeras() throws {
    let network = try model(fixture).network()
    #expect([network.inputName] + network.layers.map(\.name) == fixture.layers)
    #expect(Set(network.weights.map(\.name)) == Set(fixture.initial.keys))
  }

  @Test(arguments: EngineKind.allCases) func tenStepsAgree(kind: EngineKind) async throws {
    try await agree(
      fixture, .sgd(learningRate: fixture.learningRate, momentum: try #require(fixture.momentum)), kind)
  }

  /// The stem is frozen, and a batch normalisation in the midst of what is trained, which therefore takes its moving
  /// statistics and leaves them.
  ///
  /// Adam makes whole steps of what rounding leaves of gradients that are 0, so only the engine that computes
  /// with as many bits as Keras did is compared.
  @Test func tenStepsWithFrozenLayersAgree() async throws {
    let fixture = try KerasFixtures.frozen()
    let decay = try #require(fixture.weightDecay)
    try await agree(
      fixture, .adamW(learningRate: fixture.learningRate, weightDecay: decay), EngineKind.reference)
  }

  private func agree(
    _ fixture: KerasFixtures.Residual, _ optimizer: Optimizer, _ kind: EngineKind
  ) async throws {
    let first = fixture.initial.reduce(into: [String: Tensor]()) { weights, entry in
      let weight = entry.value
      weights[entry.key] = Formula.uniform(
        entry.key, weight.shape, limit: weight.limit, offset: weight.offset)
    }
    var (photos, labels): ([Float], [Float]) = ([], [])
    for step in fixture.losses.indices {
      let name = "residual/\(step)"
      photos +=
        Formula.photos(name, count: fixture.batchSize, height: fixture.side, width: fixture.side).values
      labels += Formula.labels(name, count: fixture.batchSize).values
    }
    let shape: Shape = [fixture.side, fixture.side, 3]
    let data = try ArrayDataset(
      images: Tensor(shape: shape.batched(labels.count), values: photos),
      labels: Tensor(shape: [labels.count], values: labels), batchSize: fixture.batchSize, shuffle: false)
    let batch = Tensor(
      shape: shape.batched(fixture.batchSize), values: Array(photos.prefix(shape.count * fixture.batchSize)))

    let model = try model(fixture)
    try model.setWeights(first)
    for name in fixture.frozen ?? [] { try model.freeze(name) }
    try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: kind.make())
    for (value, expected) in zip(try await model.predict(batch).values, fixture.before) {
      #expect(abs(value - expected) < 1e-5)
    }
    let history = try await model.fit(data, epochs: fixture.losses.count, stepsPerEpoch: 1)
    for (loss, expected) in zip(history["loss"], fixture.losses) { #expect(abs(loss / expected - 1) < 1e-3) }
    let weights = try await model.weights()
    for (name, digest) in fixture.weights {
      let weight = try #require(weights[name])
      #expect(digest.distance(to: weight) < 1e-3, "\(name)")
      let change = Tensor(
        shape: weight.shape, values: zip(weight.values, try #require(first[name]).values).map { $0 - $1 })
      let expected = try #require(fixture.changes[name])
      let isFrozen = fixture.frozen?.contains { name.hasPrefix("\($0)/") } ?? false
      #expect(!isFrozen || weight == first[name], "\(name)")
      // A bias in front of batch normalisation has no effect: in Keras's double precision it doesn't move.
      let isIdle = expected.norm < 1e-12
      #expect(isIdle ? change.norm < 1e-5 : expected.distance(to: change) < 1e-2, "\(name)")
    }
    for (value, expected) in zip(try await model.predict(batch).values, fixture.after) {
      #expect(abs(value - expected) < 1e-3)
    }
  }
}
