import Foundation
import Testing
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerReferenceEngine
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Functions whose formula Keras has changed under the same name.
@Suite struct KerasFunctionsTests {
  /// What a file of a version of Keras with a hard sigmoid after a product by 1 makes of numbers.
  private func results(of activation: JSONValue, isAlone: Bool, version: String?) async throws -> [Float] {
    let numbers: [Float] = [-4, -2.7, -1, 0, 0.5, 2, 2.8]
    let network = try Network(
      input: [1], layers: [Dense(1, name: "product"), Activation(.relu, name: "last")])
    let weights = ["product/kernel": Tensor(shape: [1, 1], values: [1]), "product/bias": Tensor(shape: [1])]
    return try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      try StoredModel(network: network, state: TrainingState(weights: weights)).write(to: url)
      var root = try HDF5File(contentsOf: url).root
      root.attributes["keras_version"] = version.map { HDF5Value($0) }
      var description = try #require(root.attributes["model_config"]?.string)
      let (old, new) = (#""activation":"relu""#, "\"activation\":\(activation.text)")
      if isAlone {
        description = description.replacingOccurrences(of: old, with: new)
      } else {
        description = description.replacingOccurrences(of: #""units":1"#, with: #""units":1,"# + new)
          .replacingOccurrences(of: old, with: #""activation":"linear""#)
      }
      #expect(description.contains("hard_sigmoid"))
      root.attributes["model_config"] = HDF5Value(description)
      try HDF5File.write(root, to: url)

      let model = try StoredModel(contentsOf: url)
      var graph = Graph()
      let x = try graph.input("x", [numbers.count, 1])
      graph.output("y", try model.network.append(to: &graph, input: x, phase: .inference))
      let engine = ReferenceEngine()
      try await engine.load(model.state.weights)
      let input = Tensor(shape: [numbers.count, 1], values: numbers)
      let results = try await engine.run(engine.compile(graph), inputs: ["x": input])
      return try #require(results["y"]).values
    }
  }

  @Test(
    arguments: [
      "hard_sigmoid",
      ["class_name": "function", "config": "hard_sigmoid", "registered_name": "hard_sigmoid"],
    ] as [JSONValue], [true, false])
  func `The hard sigmoid of Keras 2 is that of Keras 2`(activation: JSONValue, isAlone: Bool) async throws {
    for (version, slope) in [("2.15.0", 0.2), ("2.0.8-tf", 0.2), ("3.4.1", 1 / 6.0)] as [(String?, Float)] {
      let found = try await results(of: activation, isAlone: isAlone, version: version)
      let expected = ([-4, -2.7, -1, 0, 0.5, 2, 2.8] as [Float]).map { min(max($0 * slope + 0.5, 0), 1) }
      for (y, right) in zip(found, expected) { #expect(abs(y - right) < 1e-6, "\(version ?? "")") }
    }
  }

  /// Keras 3 writes it for every layer that changes photos at random, and for those that resize; when it predicts, it says
  /// anew what a call is for.
  @Test func `What Keras 3's layers were called for doesn't matter`() async throws {
    let network = try Network(
      input: [4],
      connections: [
        .init(Dropout(0.5, name: "drop"), reads: [.input]),
        .init(Add(name: "sum"), reads: [.input, .layer(0)]),
      ], output: .layer(1))
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.h5")
      try StoredModel(network: network, state: TrainingState(weights: [:])).write(to: url)
      var root = try HDF5File(contentsOf: url).root
      let description = try #require(root.attributes["model_config"]?.string)
      let changed = description.replacingOccurrences(
        of: #""kwargs":{}"#, with: #""kwargs":{"training":true}"#)
      #expect(changed != description)
      root.attributes["model_config"] = HDF5Value(changed)
      try HDF5File.write(root, to: url)
      #expect(try StoredModel(contentsOf: url).network.layers.map(\.name) == ["drop", "sum"])
    }
  }
}
