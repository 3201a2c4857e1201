import Foundation
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors

/// The codec of models in safetensors files: weights as tensors, the architecture as JSON in the metadata.
///
/// The metadata holds `format` ("whisker-model"), `version` ("1") and `architecture`, which is Keras's form of a
/// Sequential model with the input's shape next to the layers:
///
/// ```json
/// {"class_name": "Sequential", "config": {"input_shape": [150, 150, 3], "layers": [
///   {"class_name": "Conv2D", "config": {"name": "conv2d", "filters": 32, "kernel_size": 3, …}}, …]}}
/// ```
/// Settings that have Keras's default values are left out. The layers of a functional model name their inputs,
/// the model names its input and the layer of its result:
///
/// ```json
/// {"class_name": "Functional", "config": {"input_name": "input_layer", "input_shape": [150, 150, 3], "layers": [
///   {"class_name": "Conv2D", "config": {…}, "inputs": ["input_layer"]}, …], "output": "dense"}}
/// ```
///
/// Tensors are named `layer/weight` and laid out as in Keras: kernels `[H, W, I, O]` and `[I, O]`. A writer may
/// add its own metadata, such as class names.
enum ModelFile {
  private enum Key {
    static let format = "format"
    static let version = "version"
    static let architecture = "architecture"
  }
  private static let format = "whisker-model"
  private static let version = "1"

  /// Reads a file.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if it isn't there, isn't safetensors, or holds no model of this version.
  static func model(contentsOf url: URL) throws(WhiskerError) -> StoredModel {
    let file = try SafeTensorsFile(contentsOf: url)
    var metadata = file.metadata
    func take(_ key: String) throws(WhiskerError) -> String {
      guard let text = metadata.removeValue(forKey: key) else {
        throw WhiskerError(
          .notThisFormat, url.path, expected: "a model with \"\(key)\" in its metadata",
          got: "tensors without it")
      }
      return text
    }
    let format = try take(Key.format)
    guard format == ModelFile.format else {
      throw WhiskerError(
        .notThisFormat, url.path, expected: "the format \"\(ModelFile.format)\"", got: "\"\(format)\"")
    }
    let version = try take(Key.version)
    guard version == ModelFile.version else {
      throw WhiskerError(
        .notThisFormat, url.path, expected: "version \(ModelFile.version)", got: "\"\(version)\"",
        note: "made by a newer Whisker?")
    }
    let architecture = try take(Key.architecture)
    let network: Network
    do {
      network = try JSONDecoder().decode(Architecture.self, from: Data(architecture.utf8)).network
    } catch {
      throw WhiskerError(.corruptHeader, url.path, "architecture: \(JSONValue.explain(error))", cause: error)
    }
    let (all, names) = (try file.tensors(), Set(network.weights.map(\.name)))
    // What isn't a weight of the network belongs to the notes.
    return StoredModel(
      network: network, state: TrainingState(weights: all.filter { names.contains($0.key) }),
      metadata: metadata, tensors: all.filter { !names.contains($0.key) })
  }

  /// Writes the file, atomically: whatever was there stays until the new one is whole.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  static func write(_ model: StoredModel, to url: URL) throws(WhiskerError) {
    let architecture: String
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      architecture = String(decoding: try encoder.encode(Architecture(model.network)), as: UTF8.self)
    } catch {
      throw WhiskerError(.cannotWrite, url.path, "architecture: \(JSONValue.explain(error))", cause: error)
    }
    let own = [
      Key.format: ModelFile.format, Key.version: ModelFile.version, Key.architecture: architecture,
    ]
    try SafeTensorsFile.write(
      model.state.weights.merging(model.tensors) { weight, _ in weight },
      metadata: model.metadata.merging(own) { _, own in own }, to: url)
  }
}
