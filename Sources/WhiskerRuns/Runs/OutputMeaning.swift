import WhiskerGraph
import WhiskerLayers
package import WhiskerSystem

/// What a network's outputs are.
public enum OutputMeaning: String, Hashable, Sendable, CaseIterable {
  /// The probability of each class, or of the second of two.
  case probabilities
  /// The numbers of which probabilities are the sigmoid (one output, or any number of classes at once) or the softmax.
  case logits
}

/// What is known of a network's outputs by the ops that give them.
enum OutputRange: Hashable {
  /// A sigmoid or a softmax: from 0 to 1.
  case probabilities
  /// A weighted sum without activation, which no classifier has for anything but logits.
  case logits
  /// Anything else, such as a last tanh.
  case other

  /// Looks at the end of a network.
  init(of network: Network) throws(WhiskerError) {
    var graph = Graph()
    let images = try graph.input("images", network.input.batched(1))
    let result = try network.append(to: &graph, input: images, phase: .inference)
    self = OutputRange.range(of: result, in: graph)
  }

  private static func range(of value: Value, in graph: Graph) -> OutputRange {
    var value = value
    while true {
      let node = graph[value]
      switch node.op {
      case .activation(let function):
        let bounded: Set = ["sigmoid", "softmax", "hard_sigmoid", "sparse_sigmoid", "sparsemax"]
        if bounded.contains(function.rawValue) { return .probabilities }
        // The softmax of logarithms of probabilities is the probabilities.
        return function.rawValue == "log_softmax" ? .logits : .other
      case .matrixProduct, .convolution, .normalization, .batchNormalization: return .logits
      // Other axes, means and largest numbers of probabilities are probabilities, of logits logits.
      case .reshape, .transpose, .pooling, .slice, .rescale(factor: 1, offset: 0): break
      // Logits over a temperature.
      case .scale, .rescale(factor: _, offset: 0):
        return range(of: node.operands[0], in: graph) == .logits ? .logits : .other
      default: return .other
      }
      value = node.operands[0]
    }
  }
}

extension SavedModel {
  /// How far a sum of single-precision numbers may be beyond 0 or 1.
  private static let rounding: Float = 1e-4

  /// The outputs as probabilities from 0 to 1.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `notProbabilities` if they are none.
  package static func probabilities(_ outputs: ArraySlice<Float>) throws(WhiskerError) -> ArraySlice<Float> {
    if outputs.allSatisfy({ $0 >= 0 && $0 <= 1 }) { return outputs }
    if let wrong = outputs.first(where: { !($0 >= -rounding && $0 <= 1 + rounding) }) {
      throw WhiskerError(
        .notProbabilities, "outputs", expected: "probabilities from 0 to 1", got: "\(wrong)")
    }
    return ArraySlice(outputs.map { min(max($0, 0), 1) })
  }
}
