import Foundation
import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// The baseline network against Keras, from the same weights and batches.
///
/// One after another: each trains a network of full size.
@Suite(.serialized) struct KerasBaselineTests {
  private let fixture: KerasFixtures.Baseline

  init() throws { fixture = try KerasFixtures.baseline() }

  private func model(last: ActivationFunction? = .sigmoid) throws -> Sequential {
    let model = Sequential(input: [150, 150, 3]) {
      for filters in [32, 64, 128, 128] {
        Conv2D(filters, kernel: 3, activation: .relu)
        MaxPooling2D(2)
      }
      Flatten()
      Dense(512, activation: .relu)
      Dense(1, activation: last)
    }
    try model.setWeights(fixture.firstWeights)
    return model
  }

  /// The batches of the first ten steps, in order.
  private static let batches = Result { try makeBatches() }

  private static func makeBatches() throws -> ArrayDataset {
    let fixture = try KerasFixtures.baseline()
    var (photos, labels): ([Float], [Float]) = ([], [])
    for step in fixture.sgd.losses.indices {
      let batch = fixture.batch(step)
      photos += batch.photos.values
      labels += batch.labels.values
    }
    return try ArrayDataset(
      images: Tensor(shape: [labels.count, 150, 150, 3], values: photos),
      labels: Tensor(shape: [labels.count], values: labels), batchSize: fixture.batchSize, shuffle: false)
  }

  @Test(arguments: [true, false]) func theForwardPassAgrees(usesWinograd: Bool) async throws {
    let photos = fixture.batch(0).photos
    for (last, expected) in [(nil, fixture.logits), (.sigmoid, fixture.probabilities)]
      as [(ActivationFunction?, [Float])]
    {
      let model = try model(last: last)
      try model.compile(
        loss: .binaryCrossentropy, engine: OneDNNEngine(.init(usesWinograd: usesWinograd)))
      let found = try await model.predict(photos)
      #expect(found.shape == [fixture.batchSize, 1])
      for (value, expected) in zip(found.values, expected) { #expect(abs(value - expected) < 1e-4) }
    }
  }

  @Test(arguments: [true, false]) func everyGradientAgrees(usesWinograd: Bool) async throws {
    let model = try model()
    let graph = try ModelGraphs(model.network(), verifies: true)
      .gradients(batchSize: fixture.batchSize, loss: .binaryCrossentropy)
    let engine = OneDNNEngine(.init(usesWinograd: usesWinograd))
    try await engine.load(fixture.firstWeights)
    let batch = fixture.batch(0)
    let results = try await engine.run(
      engine.compile(graph),
      inputs: ["images": batch.photos, "labels": batch.labels, "seed": RandomKey(seed: 0).tensor])
    #expect(abs(Double(try #require(results["loss"]).values[0]) - fixture.loss) < 1e-5)
    for (name, digest) in fixture.gradients {
      let distance = digest.distance(to: try #require(results[name]))
      #expect(distance < 1e-3, "\(name)")
    }
  }

  /// Ten epochs of one step each, so that the history holds the loss of every step.
  private func trained(_ optimizer: Optimizer) async throws -> (losses: [Double], weights: [String: Tensor]) {
    let model = try model()
    try model.compile(loss: .binaryCrossentropy, optimizer: optimizer, engine: OneDNNEngine())
    let history = try await model.fit(KerasBaselineTests.batches.get(), epochs: 10, stepsPerEpoch: 1)
    return (history["loss"], try await model.weights())
  }

  @Test func tenStepsOfSGDAgree() async throws {
    let (losses, weights) = try await trained(.sgd(learningRate: fixture.sgd.learningRate))
    for (loss, expected) in zip(losses, fixture.sgd.losses) { #expect(abs(loss / expected - 1) < 1e-3) }
    let first = fixture.firstWeights
    for (name, digest) in fixture.sgd.weights {
      let weight = try #require(weights[name])
      #expect(digest.distance(to: weight) < 1e-4, "\(name)")
      // What was learned is a small part of a weight: it must agree for itself too.
      let change = Tensor(
        shape: weight.shape, values: zip(weight.values, try #require(first[name]).values).map { $0 - $1 })
      #expect(try #require(fixture.sgd.changes[name]).distance(to: change) < 1e-2, "\(name)")
    }
  }

  @Test func tenLossesOfRMSpropAgree() async throws {
    let expected = try #require(fixture.rmsprop.first)
    let losses = try await trained(.rmsprop(learningRate: expected.learningRate)).losses
    #expect(losses.count == expected.losses.count)
    for (loss, expected) in zip(losses, expected.losses) { #expect(abs(loss / expected - 1) < 1e-3) }
  }
}
