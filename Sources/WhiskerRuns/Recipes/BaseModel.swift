import WhiskerDatasets
import WhiskerLayers
import WhiskerPretrained
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// The network of a recipe's base file, from photos to features `[F]`.
struct BaseModel: Sendable {
  /// What the model is called, else its file.
  let name: String
  /// What decides the features: the file's bytes, and what of it is used.
  let identity: String
  let network: Network
  let weights: [String: Tensor]
  /// How photos become its input.
  let preparation: PhotoPreparation
  /// What the user should know: which layer's features these are, and how photos are prepared.
  let note: String
}

extension Recipe {
  /// The base, from prepared photos to features; that of a file is read before.
  ///
  /// - Returns: what the network is called, and what tells it apart from all others besides its weights.
  func featureNetwork() throws(WhiskerError) -> (name: String, identity: String, network: Network) {
    if let baseModel { return (baseModel.name, baseModel.identity, baseModel.network) }
    guard let network = base?.published else {
      throw WhiskerError(
        .badRecipe, "base", expected: "a network whose features are computed",
        got: base == nil ? "none" : "a file that wasn't read yet")
    }
    let layers = network.layers(input: image.sampleShape, top: .features)
    return (
      network.rawValue, network.rawValue, try Model(input: layers.input, output: layers.output).network()
    )
  }

  /// What was found in the base's file, in words; nil for no file, or one that wasn't read.
  public var baseNote: String? { baseModel?.note }
}
