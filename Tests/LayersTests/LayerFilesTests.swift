import Foundation
import Testing
import WhiskerFormats
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Every layer in Keras's files and back.
@Suite struct LayerFilesTests {
  /// A model with the layer, with first values that aren't all 0 or 1.
  private func stored(_ example: LayerCase) async throws -> StoredModel {
    let flatten: [any Layer] = example.output.rank > 1 ? [Flatten()] : []
    let network = try example.network(head: flatten + [Dense(2, activation: .softmax, name: "head")])
    var weights: [String: Tensor] = [:]
    for weight in network.weights {
      weights[weight.name] = Formula.uniform(weight.name, weight.specification.shape, limit: 0.5, offset: 1)
    }
    return StoredModel(network: network, state: TrainingState(weights: weights))
  }

  /// The layers without their names, which files always have.
  private func descriptions(_ network: Network) -> [String] {
    network.layers.map { entry in
      var layer = entry.layer
      layer.name = nil
      return "\(entry.name): \(layer)"
    }
  }

  @Test(arguments: LayerCase.all, ["keras", "h5"])
  func everySettingAndWeightComesBack(example: LayerCase, ending: String) async throws {
    let model = try await stored(example)
    try await withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("model.\(ending)")
      try model.write(to: url)
      let file = try StoredModel(contentsOf: url)
      #expect(descriptions(file.network) == descriptions(model.network))
      #expect(file.network.output == model.network.output)
      #expect(file.state.weights == model.state.weights)
    }
  }

  @Test func `A function without a name in Keras is refused in its files, and kept in ours`() async throws {
    let layer = Dense(3, activation: .approximateGELU, name: "curved")
    let model = try await stored(LayerCase(layer, [4], gives: [3], parameters: 15))
    try await withTemporaryFolder { folder in
      for ending in ["keras", "h5"] {
        let url = folder.appendingPathComponent("model.\(ending)")
        let error = #expect(throws: WhiskerError.self) { try model.write(to: url) }
        #expect(error?.code == .unsupported)
        #expect(try #require(error).description.contains("curved"))
        #expect(!FileManager.default.fileExists(atPath: url.path))
      }
      let own = folder.appendingPathComponent("model.safetensors")
      try model.write(to: own)
      #expect(try descriptions(StoredModel(contentsOf: own).network) == descriptions(model.network))
    }
  }
}
