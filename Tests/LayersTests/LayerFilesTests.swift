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
      // The linear function is read as what it is.
      if let activation = layer as? Activation, activation.activation == nil { layer = Identity() }
      // Keras 3's RandomCrop does nothing to a photo of another size.
      if let crop = layer as? RandomCrop, entry.inputs[0] != entry.output {
        layer = Resizing(height: crop.height, width: crop.width, cropsToAspectRatio: true)
      }
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

  /// Keras's classes ask for some settings that have defaults.
  @Test func `Keras's files have the settings with default values too`() throws {
    func keys(_ layer: any Layer) throws -> Set<String> {
      let json = try JSONEncoder().encode(WholeLayer(layer))
      return Set(try #require(JSONSerialization.jsonObject(with: json) as? [String: Any]).keys)
    }
    #expect(try keys(AveragePooling2D()) == ["pool_size", "padding"])
    #expect(try keys(Rescaling(2)) == ["scale", "offset"])
    for example in LayerCase.all {
      var plain = type(of: example.layer).standard
      plain.name = "plain"
      // What has no value isn't written; every other setting is.
      let missing = type(of: plain).settingNames.subtracting(try keys(plain))
      let values: Set = [
        "activation", "strides", "max_value", "mean", "variance", "shared_axes", "noise_shape",
        "kernel_regularizer", "depthwise_regularizer", "pointwise_regularizer", "alpha_regularizer",
        "output_padding",
      ]
      #expect(missing.isSubset(of: values), "\(example): \(missing)")
    }
  }

  @Test func `A function without a name in Keras is an operation in its files`() async throws {
    let layer = Dense(3, activation: .approximateGELU, name: "curved")
    let model = try await stored(LayerCase(layer, [4], gives: [3], parameters: 15))
    try await withTemporaryFolder { folder in
      for ending in ["keras", "h5", "safetensors"] {
        let url = folder.appendingPathComponent("model.\(ending)")
        try model.write(to: url)
        #expect(try descriptions(StoredModel(contentsOf: url).network) == descriptions(model.network))
      }
      let bytes = try Data(contentsOf: folder.appendingPathComponent("model.h5"))
      #expect(bytes.range(of: Data("keras.src.ops.nn".utf8)) != nil)
    }
  }
}
