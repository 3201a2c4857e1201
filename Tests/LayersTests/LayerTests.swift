import Foundation
import Testing
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerRuns
import WhiskerTensors
import WhiskerTraining
import Yams

/// What holds for every layer, whatever it computes.
@Suite struct LayerTests {
  @Test func everyClassHasACase() {
    let names = AnyLayer.classNames + AnyLayer.inertClasses.map { $0.className }
    #expect(Set(LayerCase.all.map { type(of: $0.layer).className }) == Set(names))
    #expect(Set(names).count == names.count)
  }

  @Test(arguments: LayerCase.all) func shapesAndCountsAreAsPromised(example: LayerCase) throws {
    let network = try example.network()
    #expect(network.output == example.output)
    #expect(network.parameterCount == example.parameters)
    for isTraining in [false, true] {
      var graph = Graph()
      let input = try graph.input("x", example.input.batched(2))
      let phase: Phase = isTraining ? .training(seed: try graph.input("seed", [4])) : .inference
      let output = try network.append(to: &graph, input: input, phase: phase)
      try graph.verify()
      #expect(graph.shape(of: output) == example.output.batched(2))
      #expect(graph.states.values.reduce(0) { $0 + $1.count } == example.parameters)
    }
  }

  /// A new layer with weights that forgets to store the setting would keep training.
  @Test(arguments: LayerCase.all) func whatHasWeightsCanBeFrozen(example: LayerCase) throws {
    let frozen = example.layer.frozen()
    let hasSetting = type(of: example.layer).settingNames.contains("trainable")
    #expect(frozen.isTrainable == !hasSetting)
    #expect(hasSetting || example.parameters == 0)
    let json = try JSONEncoder().encode(AnyLayer(frozen))
    #expect(try JSONDecoder().decode(AnyLayer.self, from: json).layer.isTrainable == frozen.isTrainable)
    let network = try Network(input: example.input, layers: example.times == 1 ? [frozen] : [])
    #expect(network.trainableWeights.isEmpty)
  }

  @Test(arguments: LayerCase.all) func filesKeepEverySetting(example: LayerCase) throws {
    let json = try JSONEncoder().encode(AnyLayer(example.layer))
    let fromJSON = try JSONDecoder().decode(AnyLayer.self, from: json).layer
    #expect("\(fromJSON)" == "\(example.layer)")

    let yaml = try YAMLEncoder().encode(AnyLayer(example.layer))
    let fromYAML = try YAMLDecoder().decode(AnyLayer.self, from: yaml).layer
    #expect("\(fromYAML)" == "\(example.layer)")

    let recipe = try YAMLEncoder().encode(RecipeLayer.layer(example.layer))
    guard AnyLayer.classNames.contains(type(of: example.layer).className) else {
      #expect(throws: (any Error).self) { try YAMLDecoder().decode(RecipeLayer.self, from: recipe) }
      return
    }
    let fromRecipe = try #require(
      try YAMLDecoder().decode(RecipeLayer.self, from: recipe).layers(classes: 2)?.first)
    #expect("\(fromRecipe)" == "\(example.layer)")
  }

  @Test(arguments: LayerCase.all) func unknownKeysAreRefused(example: LayerCase) throws {
    let json = try JSONEncoder().encode(AnyLayer(example.layer))
    var file = try #require(JSONSerialization.jsonObject(with: json) as? [String: Any])
    var config = try #require(file["config"] as? [String: Any])
    config["kernal_size"] = 3
    file["config"] = config
    let changed = try JSONSerialization.data(withJSONObject: file)
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(AnyLayer.self, from: changed)
    }
    #expect("\(try #require(error))".contains("kernal_size"))
  }

  @Test(arguments: LayerCase.all) func oneStepChangesEveryWeight(example: LayerCase) async throws {
    let flatten: [any Layer] = example.output.rank > 1 ? [Flatten()] : []
    let network = try example.network(head: flatten + [Dense(2, activation: .softmax, name: "head")])
    let model = Model(network, seed: 3)
    var stream = RandomStream(RandomKey(seed: 1))
    let shape = example.input.batched(6)
    let images = Tensor(shape: shape, values: (0..<shape.count).map { _ in stream.normal() })
    let labels = Tensor(shape: [6], values: [0, 1, 0, 1, 1, 0])
    let before = try await model.weights()
    try model.compile(
      loss: .sparseCategoricalCrossentropy, optimizer: .sgd(learningRate: 0.1), engine: ReferenceEngine())
    try await model.fit(ArrayDataset(images: images, labels: labels, batchSize: 6))
    let after = try await model.weights()
    #expect(after.keys == before.keys)
    for (name, tensor) in after {
      let stays = example.isFixed && !name.hasPrefix("head/")
      #expect((tensor == before[name]) == stays, "\(name)")
      #expect(tensor.norm.isFinite)
    }
  }

  @Test func shortFormsMeanDefaults() throws {
    let config = try JSONDecoder().decode(
      Conv2D.self, from: Data(#"{"filters": 8, "kernel_size": [3, 5]}"#.utf8))
    #expect("\(config)" == "\(Conv2D(8, kernel: [3, 5]))")
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(Conv2D(8, kernel: 3, activation: .relu)), as: UTF8.self)
    #expect(text == #"{"activation":"relu","filters":8,"kernel_size":3}"#)
    let linear = try JSONDecoder().decode(
      Dense.self, from: Data(#"{"units": 8, "activation": "linear"}"#.utf8))
    #expect(linear.activation == nil)
  }

  @Test(arguments: [
    #"{"class_name": "Conv3D", "config": {}}"#, #"{"class_name": "Dense", "config": {}}"#,
    #"{"class_name": "Dense", "config": {"units": "many"}}"#, #"{"class_name": "Dense"}"#, #"{}"#, "[]",
    #"{"class_name": "Conv2D", "config": {"filters": 1, "kernel_size": [1, 2, 3]}}"#,
    #"{"class_name": "Dense", "config": {"units": 1, "activation": "glu"}}"#,
    #"{"class_name": "Dense", "config": {"units": 1, "kernel_regularizer": {"l2": 1, "l1": 1}}}"#,
  ]) func nonsenseIsAnError(json: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode(AnyLayer.self, from: Data(json.utf8)) }
  }
}
