public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A step of a network: settings only, a plain value; its weights are kept by the model.
///
/// A layer takes one input; one that takes several is a ``MergingLayer``.
///
/// Shapes here are of one sample, without the batch axis: `[150, 150, 3]`. A layer is written to files under
/// its class name, with the settings that its table lists; Whisker's own have Keras's names for both.
public protocol Layer: Sendable, Codable {
  /// The name of the class in files, Keras's if it has one: `Conv2D`.
  static var className: String { get }
  /// What an unnamed layer is called, before it is numbered: `conv2d`, `conv2d_1`, ….
  static var defaultName: String { get }
  /// A layer with the default of every setting that has one; the others have any value.
  static var standard: Self { get }
  /// The settings, each declared once: files, recipes and checks use this table. The name isn't in it.
  static var settings: [LayerSetting<Self>] { get }

  /// The layer's own name, nil to have it named and numbered by its class.
  var name: String? { get set }

  /// Whether training changes the layer's weights; set it to false to freeze the layer.
  ///
  /// A layer without weights has nothing to train, and stays as it is.
  var isTrainable: Bool { get set }

  /// The shape of the result for an input of this shape.
  ///
  /// Settings are in their ranges when this is asked.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the input's shape or a setting doesn't fit; the model adds the
  ///   layer's name.
  func outputShape(for input: Shape) throws(WhiskerError) -> Shape

  /// The weights that the layer needs for an input of this shape.
  func weights(for input: Shape) -> [WeightSpecification]

  /// Appends the layer's ops to a graph.
  func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value
}

extension Layer {
  /// Most layers have none.
  public func weights(for input: Shape) -> [WeightSpecification] { [] }

  /// Layers without weights can't be frozen: setting it has no effect.
  public var isTrainable: Bool {
    get { true }
    set {}
  }

  /// The same layer with weights that training leaves as they are.
  public func frozen() -> Self {
    var layer = self
    layer.isTrainable = false
    return layer
  }

  /// An error of this layer, for a place that the model fills in.
  func error(_ code: WhiskerError.Code, expected: String, got: String) -> WhiskerError {
    WhiskerError(code, name ?? Self.defaultName, expected: expected, got: got)
  }
}

/// A weight that a layer needs: its name within the layer, shape, first values and penalty.
public struct WeightSpecification: Hashable, Sendable {
  /// `kernel` or `bias`.
  public var name: String
  /// The shape, `[H, W, I, O]` or `[I, O]` for kernels.
  public var shape: Shape
  /// How its first values are drawn.
  public var initializer: Initializer
  /// What they are multiplied by.
  public var factor: Float
  /// A penalty on its size that joins the loss.
  public var regularizer: Regularizer?
  /// Whether the optimizer changes it while its layer is trained; a weight that isn't trainable is set only by
  /// its layer.
  public var isTrainable: Bool

  /// A trainable weight without penalty unless said otherwise.
  public init(
    _ name: String, _ shape: Shape, _ initializer: Initializer, factor: Float = 1,
    regularizer: Regularizer? = nil, isTrainable: Bool = true
  ) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.factor = factor
    self.regularizer = regularizer
    self.isTrainable = isTrainable
  }
}

/// Whether a graph is for training or for inference.
public enum Phase: Hashable, Sendable {
  /// Dropout is active, drawing from the seed that the value holds (see ``WhiskerTensors/RandomKey/tensor``).
  case training(seed: Value)
  /// Nothing is random.
  case inference
}

/// Where a layer appends its ops: the graph so far, the phase, and the layer's weights in it.
public struct LayerContext {
  /// The graph so far.
  public var graph: Graph
  /// Training or inference.
  public let phase: Phase
  /// The layer's weights in the graph, by their names within the layer.
  public internal(set) var weights: [String: Value] = [:]
  /// The layer's name in the network.
  public internal(set) var layerName = ""
  /// A number that no other layer of the network has.
  public internal(set) var salt = 0

  package init(graph: Graph, phase: Phase) {
    self.graph = graph
    self.phase = phase
  }

  /// The name of one of the layer's own weights in the whole network: `batch_normalization/moving_mean`.
  public func stateName(of weight: String) -> String { "\(layerName)/\(weight)" }

  /// One of the layer's own weights.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the layer didn't specify it.
  public func weight(_ name: String) throws(WhiskerError) -> Value {
    guard let weight = weights[name] else {
      throw WhiskerError(.badBinding, name, expected: "a weight that the layer specifies", got: "none")
    }
    return weight
  }
}

extension String {
  /// A class's name as Keras calls its layers and files them under: `conv2d`, `batch_normalization`, `re_lu`.
  package var snakeCase: String {
    var result = ""
    let letters = Array(self)
    for (index, letter) in letters.enumerated() {
      let before = index > 0 ? letters[index - 1] : nil
      let after = index + 1 < letters.count ? letters[index + 1] : nil
      if let before, letter.isUppercase, before.isLowercase || after?.isLowercase == true {
        result.append("_")
      }
      result.append(letter.lowercased())
    }
    return result
  }
}
