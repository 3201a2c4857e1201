import Foundation
import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerOneDNNEngine
import WhiskerPretrained
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

@Suite struct KerasApplicationsTests {
  private func small(_ fixture: PretrainedFixtures.Keras) throws -> Model {
    let layers = try PretrainedNetwork(named: fixture.name).layers(
      input: [40, 40, 3], top: .classes(10, activation: nil), width: fixture.width)
    return Model(input: layers.input, output: layers.output)
  }

  @Test func theNetworksAreThere() {
    #expect(PretrainedFixtures.keras.map(\.name) == ["vgg16", "mobilenet-v2", "resnet50"])
  }

  @Test(arguments: PretrainedFixtures.keras)
  func layersAreKerass(_ fixture: PretrainedFixtures.Keras) throws {
    let network = try PretrainedNetwork(named: fixture.name).model().network()
    #expect(network.layers.map(\.name) == fixture.layers)
    #expect(network.parameterCount == fixture.parameters)
  }

  @Test(arguments: PretrainedFixtures.keras)
  func logitsEqualKerass(_ fixture: PretrainedFixtures.Keras) async throws {
    let model = try small(fixture)
    try model.setWeights(PretrainedFixtures.weights(of: model.network()))
    try model.compile(loss: .sparseCategoricalCrossentropy, engine: OneDNNEngine())
    let images = Formula.uniform("keras-pretrained/images", [2, 40, 40, 3])
    let distance = fixture.logits.distance(to: try await model.predict(images))
    #expect(distance < 2e-5, "\(distance)")
  }

  /// A file of the older form: groups by layer names, with weight names that nothing relies on.
  private func legacyFile(
    _ network: Network, _ weights: [String: Tensor], naming: (Int, String) -> String
  ) -> HDF5Group {
    var root = HDF5Group()
    var names: [String] = []
    for (index, entry) in network.layers.enumerated() {
      let name = naming(index, entry.name)
      names.append(name)
      var group = HDF5Group()
      var weightNames: [String] = []
      for (number, specification) in entry.weights.enumerated() {
        guard let tensor = weights[entry.stateName(of: specification)] else { continue }
        weightNames.append("\(name)_W_\(number):0")
        group.set(HDF5Dataset(tensor), at: "\(name)_W_\(number):0")
      }
      group.attributes["weight_names"] = HDF5Value(weightNames)
      root.set(group, at: name)
    }
    root.attributes["layer_names"] = HDF5Value(names)
    return root
  }

  @Test(arguments: ["name", "order"])
  func weightsAloneAreRead(by way: String) async throws {
    try await withTemporaryFolder { folder in
      let whole = PretrainedNetwork.mobileNetV2.model(input: [32, 32, 3], top: .classes(10))
      let network = try whole.network()
      let weights = PretrainedFixtures.weights(of: network)
      let url = folder.appendingPathComponent("weights.h5")
      try HDF5File.write(
        legacyFile(network, weights) { index, name in way == "name" ? name : "layer_\(index)" }, to: url)
      #expect(try KerasWeightsFile.weights(contentsOf: url, for: network) == weights)

      // A base with a new head takes the weights that it knows; the head keeps its own.
      let base = PretrainedNetwork.mobileNetV2.layers(input: [32, 32, 3], top: .features)
      let model = Model(input: base.input, output: Dense(1, activation: .sigmoid, name: "mine")(base.output))
      let head = try await model.weights()["mine/kernel"]
      try await PretrainedNetwork.mobileNetV2.loadWeights(contentsOf: url, into: model)
      #expect(try await model.weights()["Conv1/kernel"] == weights["Conv1/kernel"])
      #expect(try await model.weights()["mine/kernel"] == head)
    }
  }

  @Test func wholeModelsAreReadInEveryFormat() async throws {
    try await withTemporaryFolder { folder in
      let model = PretrainedNetwork.mobileNetV2.model(input: [32, 32, 3], top: .classes(3))
      let weights = PretrainedFixtures.weights(of: try model.network())
      try model.setWeights(weights)
      let stored = StoredModel(network: try model.network(), state: try await model.state())
      for ending in ["h5", "keras", "safetensors"] {
        let url = folder.appendingPathComponent("model.\(ending)")
        try stored.write(to: url)
        let read = try PretrainedNetwork.mobileNetV2.weights(contentsOf: url, for: model.network())
        #expect(read == weights, "\(ending)")
      }
    }
  }

  @Test func whatDoesNotFitIsNamed() async throws {
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("weights.h5")
      let model = PretrainedNetwork.mobileNetV2.model(input: [32, 32, 3], top: .features)
      let network = try model.network()
      var weights = PretrainedFixtures.weights(of: network)
      weights["Conv1/kernel"] = Tensor(shape: [3, 3, 3, 8])
      try HDF5File.write(legacyFile(network, weights) { $1 }, to: url)
      let wrong = #expect(throws: WhiskerError.self) {
        try KerasWeightsFile.weights(contentsOf: url, for: network)
      }
      #expect(wrong?.message == "Conv1/kernel: expected (3, 3, 3, 32), got (3, 3, 3, 8)")
      weights["Conv1/kernel"] = nil
      try HDF5File.write(legacyFile(network, weights) { $1 }, to: url)
      let missing = #expect(throws: WhiskerError.self) {
        try KerasWeightsFile.weights(contentsOf: url, for: network)
      }
      #expect(missing?.message == "layer 'Conv1': expected 1 weights, got none")
      let stranger = Sequential(input: [32, 32, 3]) {
        Flatten()
        Dense(2)
      }
      #expect(throws: WhiskerError.self) {
        try PretrainedNetwork.vgg16.weights(contentsOf: url, for: stranger.network())
      }
    }
  }
}
