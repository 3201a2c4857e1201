public import Foundation
import WhiskerFormats
public import WhiskerLayers
import WhiskerSystem
public import WhiskerTensors
public import WhiskerTraining

extension PretrainedNetwork {
  /// Reads the weights of those layers of a network that are the published ones, by their names.
  ///
  /// EfficientNet-Lite comes from PyTorch's `.pth`; every network from Keras's `.h5`, `.weights.h5` and `.keras` or
  /// from Whisker's own `.safetensors`, if the layers have the names of ``layers(input:top:)``.
  ///
  /// - Parameters:
  ///   - url: The file, whose extension says the format.
  ///   - network: The network that gets them; it may have layers of other names, such as a new head.
  /// - Returns: the weights by name: `block1_conv1/kernel`.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `weightMismatch`, or `WhiskerError`.
  public func weights(contentsOf url: URL, for network: Network) throws -> [String: Tensor] {
    let own = try publishedPart(of: network)
    switch url.pathExtension.lowercased() {
    case "pth", "pt":
      guard let names = torchNames else {
        throw WhiskerError(
          .weightMismatch, url.path,
          expected: "a file of Keras's for \(rawValue), such as vgg16_weights_tf_dim_ordering_tf_kernels.h5",
          got: "PyTorch's")
      }
      let file = try TorchFile(contentsOf: url)
      return try TorchWeights(path: url.path) { file.shape(of: $0) == nil ? nil : try file.tensor($0) }
        .weights(of: own.layers, named: names)
    case "safetensors":
      let file = try SafeTensorsFile(contentsOf: url)
      var weights: [String: Tensor] = [:]
      for (name, specification) in own.weights {
        weights[name] = try file.tensor(name, shape: specification.shape)
      }
      return weights
    default: return try KerasWeightsFile.weights(contentsOf: url, for: own)
    }
  }

  /// Loads the published weights into a model's layers with published names; the others keep theirs.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``, such as `weightMismatch`.
  public func loadWeights(contentsOf url: URL, into model: Model) async throws {
    let published = try weights(contentsOf: url, for: model.network())
    try model.setWeights(await model.weights().merging(published) { _, new in new })
  }

  /// The published layers among those of a network, as the network that Keras numbers them in.
  private func publishedPart(of network: Network) throws -> Network {
    let classes = network.layers.last { $0.name == "predictions" }?.output.count
    var tops = [Top.featureMap]
    if let classes { tops.insert(.classes(classes), at: 0) }
    for top in tops {
      let layers = layers(input: network.input, top: top)
      let published = try Model(input: layers.input, output: layers.output).network()
      if isPart(published, of: network) { return published }
    }
    throw WhiskerError(
      .weightMismatch, rawValue, expected: "a network with the layers of \(rawValue)", got: "another")
  }

  private func isPart(_ part: Network, of whole: Network) -> Bool {
    let known = Dictionary(
      whole.weights.map { ($0.name, $0.specification.shape) }, uniquingKeysWith: { first, _ in first })
    return part.weights.allSatisfy { known[$0.name] == $0.specification.shape }
  }

  /// What PyTorch's port calls the layers; nil if there is none.
  package var torchNames: [String: String]? {
    switch self {
    case .efficientNetLite0, .efficientNetLite1, .efficientNetLite2: EfficientNetLite(self).torchNames
    case .mobileNetV2, .resNet50, .vgg16: nil
    }
  }
}
