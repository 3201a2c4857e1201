public import WhiskerLayers
public import WhiskerSystem
public import WhiskerTensors

/// The layers of a model, in order and by name.
///
/// ```swift
/// try model.layers["block5_conv1"]?.isTrainable = false
/// for layer in try model.layers { print(layer.name, layer.output) }
/// ```
public struct ModelLayers: RandomAccessCollection {
  private let model: Model
  private let entries: [Network.Entry]

  init(_ model: Model) throws(WhiskerError) {
    self.model = model
    entries = try model.network().layers
  }

  public var startIndex: Int { entries.startIndex }
  public var endIndex: Int { entries.endIndex }

  /// The layer at a position.
  public subscript(position: Int) -> ModelLayer { ModelLayer(model, entries[position]) }

  /// The layer of a name, nil if there is none.
  public subscript(name: String) -> ModelLayer? { first { $0.name == name } }
}

/// A layer in a model.
public struct ModelLayer {
  private let model: Model
  private let entry: Network.Entry

  init(_ model: Model, _ entry: Network.Entry) {
    self.model = model
    self.entry = entry
  }

  /// The layer's name, unique in the model.
  public var name: String { entry.name }
  /// The layer's settings.
  public var layer: any Layer { entry.layer }
  /// The shape of one sample on the way out.
  public var output: Shape { entry.output }
  /// The number of values in the layer's weights.
  public var parameterCount: Int { entry.parameterCount }

  /// Whether training changes the layer's weights.
  ///
  /// Where setting it changes anything, the model must be compiled again before it is used; its weights stay.
  public var isTrainable: Bool {
    get { current.layer.isTrainable }
    nonmutating set { model.setTrainable(newValue, [current]) }
  }

  /// The layer as it is now.
  private var current: Network.Entry {
    (try? model.network().layers.first { $0.name == name }) ?? entry
  }
}

extension Model {
  /// The layers, in order and by name.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the layers don't fit each other.
  public var layers: ModelLayers {
    get throws(WhiskerError) { try ModelLayers(self) }
  }

  /// Freezes the layers whose names match a pattern: training leaves their weights as they are, and batch
  /// normalisation among them normalises by its moving statistics.
  ///
  /// Gradients go back no further than to the first layer that is trained, so a frozen base costs a step only
  /// its forward pass. The model must be compiled again.
  ///
  /// - Parameter pattern: as shells have them: `conv2d`, `block[1-4]*`; all layers unless given.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `noSuchLayer` if the pattern matches no layer.
  public func freeze(_ pattern: String = "*") throws(WhiskerError) {
    setTrainable(false, try network().layers(matching: pattern))
  }

  /// Undoes ``freeze(_:)``.
  public func unfreeze(_ pattern: String = "*") throws(WhiskerError) {
    setTrainable(true, try network().layers(matching: pattern))
  }
}

extension Model {
  /// Freezes the layers that a phase doesn't train and unfreezes those that it does.
  package func freeze(for phase: TrainingPhase) throws(WhiskerError) {
    let network = try network()
    let trained = try phase.trainedLayers(in: network)
    setTrainable(true, network.layers.filter { trained.contains($0.name) })
    setTrainable(false, network.layers.filter { !trained.contains($0.name) })
  }
}
