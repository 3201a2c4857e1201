public import WhiskerTensors

/// A model made of layers one after another.
///
/// ```swift
/// let model = Sequential(input: [150, 150, 3]) {
///   Conv2D(32, kernel: 3, activation: .relu)
///   MaxPooling2D(2)
///   Flatten()
///   Dense(1, activation: .sigmoid)
/// }
/// ```
public final class Sequential: Model {
  /// The layers, first to last.
  public private(set) var layers: [any Layer]

  /// A model for samples of a shape; layers may be appended later as well.
  public init(input: Shape, seed: UInt64 = 0, @LayersBuilder _ layers: () -> [any Layer] = { [] }) {
    self.layers = layers()
    super.init(input: input, seed: seed, .chain(self.layers))
  }

  /// Appends a layer.
  ///
  /// What was compiled must be compiled again.
  public func append(_ layer: any Layer) {
    layers.append(layer)
    definition = .chain(layers)
  }
}
