public import WhiskerTensors

/// The result of a layer in a model that is being put together.
///
/// Calling a layer gives one, and takes one (or several, see ``MergingLayer``):
///
/// ```swift
/// let input = Input([150, 150, 3])
/// let shortcut = Conv2D(32, kernel: 3, padding: .same, activation: .relu)(input)
/// var x = Conv2D(32, kernel: 3, padding: .same)(shortcut)
/// x = Add()(x, shortcut)
/// ```
///
/// Layers are values: calling one twice makes two layers, each with weights of its own. Shapes are checked when
/// the whole is a ``Model``.
public class LayerOutput {
  /// The layer, nil for an input.
  let layer: (any Layer)?
  /// What the layer reads.
  let sources: [LayerOutput]
  /// The model that the layer comes from, if it isn't called by itself.
  let origin: Network.Origin?

  fileprivate init(_ layer: (any Layer)?, of sources: [LayerOutput], from origin: Network.Origin? = nil) {
    self.layer = layer
    self.sources = sources
    self.origin = origin
  }
}

/// Where samples enter a model that is being put together.
public final class Input: LayerOutput {
  /// The shape of one sample, `[height, width, channels]`.
  public let shape: Shape
  /// What the input is called in tables and files.
  public let name: String

  /// A place for samples of a shape.
  public init(_ shape: Shape, name: String = Network.defaultInputName) {
    self.shape = shape
    self.name = name
    super.init(nil, of: [])
  }
}

extension Layer {
  /// Puts the layer behind another's result.
  public func callAsFunction(_ input: LayerOutput) -> LayerOutput { LayerOutput(self, of: [input]) }
}

extension MergingLayer {
  /// Puts the layer behind several others' results.
  public func callAsFunction(_ inputs: LayerOutput...) -> LayerOutput { LayerOutput(self, of: inputs) }

  /// Puts the layer behind several others' results.
  public func callAsFunction(_ inputs: [LayerOutput]) -> LayerOutput { LayerOutput(self, of: inputs) }
}

extension Model {
  /// Puts a copy of the whole model behind a layer's result: its layers with their names, settings and weights.
  ///
  /// ```swift
  /// let input = Input([150, 150, 3])
  /// let features = try base(Rescaling(1 / 127.5, offset: -1)(input))
  /// let model = Model(input: input, output: Dense(1, activation: .sigmoid)(Flatten()(features)))
  /// ```
  /// The copy begins with the weights that the model has now; training one doesn't change the other.
  ///
  /// - Throws: ``ModelError`` if the model's layers don't fit each other.
  public func callAsFunction(_ input: LayerOutput) throws(ModelError) -> LayerOutput {
    let network = try network()
    let weights = try weights()
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
    return result(of: network.outputSource)
  }

  /// What another model keeps of this one for one of its layers.
  func origin(of entry: Network.Entry, in network: Network, weights: [String: Tensor]) -> Network.Origin {
    let own = entry.weights.map { ($0.name, weights[entry.stateName(of: $0)]) }
    return Network.Origin(
      model: name ?? network.className.lowercased(), className: network.className,
      weights: Dictionary(uniqueKeysWithValues: own).compactMapValues(\.self))
  }
}
