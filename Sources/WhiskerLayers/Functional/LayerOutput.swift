public import WhiskerTensors

/// The result of a layer in a model that is being built.
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
/// Layers are values: calling one twice makes two layers, each with its own weights. Shapes are checked when
/// the whole is a `Model`.
public class LayerOutput {
  /// The layer, nil for an input.
  let layer: (any Layer)?
  /// What the layer reads.
  let sources: [LayerOutput]
  /// The model that the layer comes from, if it wasn't called on its own.
  let origin: Network.Origin?
  /// The layer whose weights this one uses; nil for its own.
  package weak var owner: LayerOutput?

  package init(_ layer: (any Layer)?, of sources: [LayerOutput], from origin: Network.Origin? = nil) {
    self.layer = layer
    self.sources = sources
    self.origin = origin
  }
}

/// Where samples enter a model that is being built.
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
  /// Applies the layer to another's result.
  public func callAsFunction(_ input: LayerOutput) -> LayerOutput { LayerOutput(self, of: [input]) }
}

extension MergingLayer {
  /// Applies the layer to several others' results.
  public func callAsFunction(_ inputs: LayerOutput...) -> LayerOutput { LayerOutput(self, of: inputs) }

  /// Applies the layer to several others' results.
  public func callAsFunction(_ inputs: [LayerOutput]) -> LayerOutput { LayerOutput(self, of: inputs) }
}
