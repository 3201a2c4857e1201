import WhiskerLayers
import WhiskerSystem
package import WhiskerTensors

/// In what form a network is trained or measured, where that isn't its own: with samples of another size, or with more or less
/// dropout.
package struct NetworkForm: Hashable, Sendable {
  /// The shape of one sample.
  package let input: Shape
  /// The factor on the rates of layers that drop something.
  package let dropoutFactor: Float

  package init(input: Shape, dropoutFactor: Float = 1) {
    self.input = input
    self.dropoutFactor = dropoutFactor
  }

  /// A network in this form, with the same weights.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` naming a layer whose weights are for its own size of samples, or whose rate would
  ///   be 1 or more.
  func network(of network: Network) throws(WhiskerError) -> Network {
    var network = network
    if input != network.input { network = try network.taking(input) }
    return dropoutFactor == 1 ? network : try network.scalingDropout(by: dropoutFactor)
  }
}
