public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The first of two inputs and a multiple of the second, elementwise: the shortcut of `keras.applications`'
/// InceptionResNetV2, under the name that its files have.
///
/// Inputs of one shape, or with axes of one element that are repeated.
public struct CustomScaleLayer: ElementwiseMerging {
  public static let className = "CustomScaleLayer"
  public static let defaultName = "custom_scale_layer"
  public static var standard: CustomScaleLayer { CustomScaleLayer(scale: 1) }
  public static var settings: [LayerSetting<CustomScaleLayer>] {
    [
      LayerSetting("scale", \.scale, isRequired: true, .finite)
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// How much of the second input is added.
  public var scale: Float

  /// Adds a multiple of the second input.
  public init(scale: Float, name: String? = nil) {
    self.name = name
    self.scale = scale
  }

  public func outputShape(for inputs: [Shape]) throws(WhiskerError) -> Shape {
    guard inputs.count == 2, let shape = inputs[0].combined(with: inputs[1]) else {
      throw error(
        .shapeMismatch, expected: "two inputs of one shape, or with axes of one element",
        got: inputs.map(\.description).joined(separator: " and "))
    }
    return shape
  }

  public func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value {
    try graph.append(.add, x, graph.append(.scale(scale), y))
  }
}
