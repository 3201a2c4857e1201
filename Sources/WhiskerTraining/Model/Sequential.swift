public import WhiskerLayers
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
/// A model among the layers stands for its own layers: they keep their names, and begin with the weights that
/// they have when the new model is first used.
///
/// ```swift
/// let model = Sequential(input: [150, 150, 3]) { base; Flatten(); Dense(1, activation: .sigmoid) }
/// try model.freeze("vgg16")  // all layers of the base, if that is its name
/// ```
public final class Sequential: Model {
  /// The layers, first to last.
  private var chain: [ModelPart]

  /// A model for samples of a shape; layers may be appended later as well.
  public init(input: Shape, seed: UInt64 = 0, @LayersBuilder _ layers: () -> [ModelPart] = { [] }) {
    chain = layers()
    super.init(input: input, seed: seed, .chain(chain))
  }

  /// Appends a layer.
  ///
  /// What was compiled must be compiled again.
  public func append(_ layer: any Layer) {
    chain.append(.layer(layer))
    definition = .chain(chain)
  }

  /// Appends another model's layers.
  ///
  /// What was compiled must be compiled again.
  public func append(_ model: Model) {
    chain.append(.model(model))
    definition = .chain(chain)
  }
}
