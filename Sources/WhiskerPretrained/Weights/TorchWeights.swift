package import WhiskerLayers
import WhiskerSystem
package import WhiskerTensors

/// Takes a network's weights out of a PyTorch state dict: names and axes are PyTorch's there.
package struct TorchWeights {
  /// The file, for errors.
  private let path: String
  /// A tensor by PyTorch's name; nil if there is none.
  private let tensor: (String) throws -> Tensor?

  /// Tensors by PyTorch's names; errors call their file by `path`.
  package init(path: String, tensor: @escaping (String) throws -> Tensor?) {
    self.path = path
    self.tensor = tensor
  }

  /// The weights of some layers by their names in the network.
  ///
  /// - Parameter torchNames: what PyTorch calls each layer.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `weightMismatch`, naming the tensor; what reading throws.
  package func weights(of layers: [Network.Entry], named torchNames: [String: String]) throws -> [String:
    Tensor]
  {
    var weights: [String: Tensor] = [:]
    for entry in layers {
      guard let prefix = torchNames[entry.name] else { continue }
      for specification in entry.weights {
        let name = "\(prefix).\(Self.torchName(of: specification.name))"
        guard let found = try tensor(name) else {
          throw WhiskerError(.weightMismatch, path, expected: "a tensor '\(name)'", got: "none")
        }
        let weight = Self.inOrderOfKeras(found, isDepthwise: entry.layer is DepthwiseConv2D)
        guard weight.shape == specification.shape else {
          throw WhiskerError(
            .weightMismatch, path,
            "\(name): expected a tensor for \(entry.stateName(of: specification)) \(specification.shape), got "
              + "\(found.shape) in PyTorch's order")
        }
        weights[entry.stateName(of: specification)] = weight
      }
    }
    return weights
  }

  private static func torchName(of weight: String) -> String {
    switch weight {
    case "kernel", "gamma": "weight"
    case "beta": "bias"
    case "moving_mean": "running_mean"
    case "moving_variance": "running_var"
    default: weight
    }
  }

  /// `[O, I, H, W]` as `[H, W, I, O]`, that of a depthwise convolution as `[H, W, O, I]` with `I = 1`; `[O, I]` as
  /// `[I, O]`.
  private static func inOrderOfKeras(_ tensor: Tensor, isDepthwise: Bool) -> Tensor {
    let sizes = tensor.shape.sizes
    guard sizes.count == 2 || sizes.count == 4 else { return tensor }
    let (outputs, inputs) = (sizes[0], sizes[1])
    let window = sizes.dropFirst(2).reduce(1, *)
    var values = [Float](repeating: 0, count: tensor.values.count)
    for output in 0..<outputs {
      for input in 0..<inputs {
        for place in 0..<window {
          values[(place * inputs + input) * outputs + output] =
            tensor.values[(output * inputs + input) * window + place]
        }
      }
    }
    let axes = isDepthwise ? [outputs, inputs] : [inputs, outputs]
    return Tensor(shape: Shape(Array(sizes.dropFirst(2)) + axes), values: values)
  }
}
