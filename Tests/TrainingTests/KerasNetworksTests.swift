import Foundation
import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Networks of `keras.applications`, small, from Keras's own descriptions (`Tools/reference/keras_networks.py`).
@Suite struct KerasNetworksTests {
  static let all = (try? KerasFixtures.networks())?.networks ?? []

  @Test func `VGG16, MobileNet and a residual network are there`() {
    #expect(Self.all.map(\.name) == ["vgg16", "mobilenet", "residual"])
  }

  @Test(arguments: all)
  func `A network predicts what Keras predicts, also when Whisker has written it`(
    _ network: KerasFixtures.Networks.Network
  ) async throws {
    try await withTemporaryFolder { folder in
      let source = folder.appendingPathComponent("keras.h5")
      try HDF5File.write(network.file, to: source)
      let stored = try StoredModel(contentsOf: source)
      try await expectPredictions(of: stored, network)
      for ending in ["h5", "keras"] {
        let url = folder.appendingPathComponent("whisker.\(ending)")
        try stored.write(to: url)
        let again = try StoredModel(contentsOf: url)
        #expect(again.state == stored.state)
        try await expectPredictions(of: again, network)
      }
      // Keras finds weights by the order of layers, which it works out anew.
      let written = try HDF5File(contentsOf: folder.appendingPathComponent("whisker.h5"))
      let names = written.root.group("model_weights")?.attributes["layer_names"]?.strings
      #expect(names == network.layers)
    }
  }

  private func expectPredictions(
    of stored: StoredModel, _ network: KerasFixtures.Networks.Network
  ) async throws {
    let model = Model(stored.network)
    try model.setWeights(stored.state.weights)
    try model.compile(loss: .categoricalCrossentropy, engine: EngineKind.oneDNN.make())
    let images = Formula.uniform(
      "keras-networks/images", stored.network.input.batched(2), limit: 0.5, offset: 0.5)
    let distance = network.predictions.distance(to: try await model.predict(images))
    #expect(distance < 1e-5, "\(network.name): \(distance)")
  }
}

extension KerasFixtures {
  /// Descriptions of networks, how their weights are made, and what they predict.
  struct Networks: Decodable, Sendable {
    struct Network: Decodable, Sendable, CustomTestStringConvertible {
      struct Weight: Decodable, Sendable {
        let layer: String
        let name: String
        let shape: Shape
        let limit: Float
        let offset: Float
      }

      let name: String
      /// The layers in Keras's order.
      let layers: [String]
      let weights: [Weight]
      let predictions: TensorDigest
      /// The description, as `.h5` files have it.
      let config: String
      /// Photos are uniform from 0 to twice this; nil for 0 to 1.
      let imageLimit: Float?
      /// The learning rate of SGD, and the losses of two steps.
      let rate: Float?
      let losses: [Float]?

      var testDescription: String { name }

      /// The file that Keras would write.
      var file: HDF5Group {
        var groups: [String: HDF5Group] = [:]
        for weight in weights {
          var group = groups[weight.layer] ?? HDF5Group()
          let names = group.attributes["weight_names"]?.strings ?? []
          group.attributes["weight_names"] = HDF5Value(names + [weight.name])
          let tensor = Formula.uniform(weight.name, weight.shape, limit: weight.limit, offset: weight.offset)
          group.set(HDF5Dataset(tensor), at: weight.name)
          groups[weight.layer] = group
        }
        var root = HDF5Group(attributes: ["model_config": HDF5Value(config)])
        // A group may lie in another: that of "conv/bn" in that of "conv".
        for (name, group) in groups.sorted(by: { $0.key < $1.key }) {
          root.set(group, at: "model_weights/\(name)")
        }
        return root
      }
    }

    let networks: [Network]
  }

  static func networks() throws -> Networks {
    try JSONDecoder().decode(Networks.self, from: Data(contentsOf: url("keras-networks.json")))
  }
}
