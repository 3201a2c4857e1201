public import WhiskerLayers
public import WhiskerSystem
import WhiskerTensors

extension Model {
  /// Applies a copy of the whole model to a layer's result: its layers with their names, settings and weights.
  ///
  /// ```swift
  /// let input = Input([150, 150, 3])
  /// let features = try base(Rescaling(1 / 127.5, offset: -1)(input))
  /// let model = Model(input: input, output: Dense(1, activation: .sigmoid)(Flatten()(features)))
  /// ```
  /// The copy begins with the weights that the model has now; training one doesn't change the other.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the model's layers don't fit each other.
  public func callAsFunction(_ input: LayerOutput) throws(WhiskerError) -> LayerOutput {
    let network = try network()
    let weights = try session().weightsAtHome()
    var results: [LayerOutput] = []
    func result(of source: Network.Source) -> LayerOutput {
      switch source {
      case .input: input
      case .layer(let index): results[index]
      }
    }
    for entry in network.layers {
      results.append(
        LayerOutput(
          entry.namedLayer, of: entry.sources.map { result(of: $0) },
          from: origin(of: entry, in: network, weights: weights)))
    }
    for (entry, result) in zip(network.layers, results) { result.owner = entry.owner.map { results[$0] } }
    return result(of: network.outputSource)
  }

  /// What another model stores about this one for one of its layers.
  func origin(of entry: Network.Entry, in network: Network, weights: [String: Tensor]) -> Network.Origin {
    let own = entry.weights.map { ($0.name, weights[entry.stateName(of: $0)]) }
    return Network.Origin(
      model: name ?? network.className.lowercased(), className: network.className,
      weights: Dictionary(uniqueKeysWithValues: own).compactMapValues(\.self))
  }
}
