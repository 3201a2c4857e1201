import Foundation
import Testing
import WhiskerLayers
import WhiskerTensors
import _TestSupport

/// What PyTorch and Keras compute with weights by formula (`Tools/reference/efficientnet_lite.py`,
/// `keras_pretrained.py`).
enum PretrainedFixtures {
  struct Lite: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let side: Int
    let logits: TensorDigest

    var testDescription: String { name }
  }

  struct Keras: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    /// The part of the channels that the small network has.
    let width: Double
    /// The layers of the whole network in Keras's order.
    let layers: [String]
    let parameters: Int
    let logits: TensorDigest

    var testDescription: String { name }
  }

  private struct File<Network: Decodable>: Decodable { let networks: [Network] }

  /// Empty if they can't be read; tests count them.
  static let lite: [Lite] = networks("efficientnet-lite.json")
  static let keras: [Keras] = networks("keras-pretrained.json")

  private static func networks<Network: Decodable>(_ name: String) -> [Network] {
    let url = Bundle.module.bundleURL.appendingPathComponent("Fixtures/\(name)")
    guard let data = try? Data(contentsOf: url) else { return [] }
    return (try? JSONDecoder().decode(File<Network>.self, from: data).networks) ?? []
  }

  /// The weights of a network by formula, by their names: spread enough to keep signals alive; scales and variances
  /// about 1.
  static func weights(of network: Network) -> [String: Tensor] {
    var weights: [String: Tensor] = [:]
    for entry in network.layers {
      for specification in entry.weights {
        let (name, shape) = (entry.stateName(of: specification), specification.shape)
        let isScale = ["gamma", "moving_variance"].contains(specification.name)
        let window = entry.layer is DepthwiseConv2D ? shape.sizes.prefix(2) : shape.sizes.dropLast()
        let limit = shape.rank > 1 ? Float((6 / Double(window.reduce(1, *))).squareRoot()) : 0.25
        weights[name] = Formula.uniform(name, shape, limit: limit, offset: isScale ? 1 : 0)
      }
    }
    return weights
  }
}
