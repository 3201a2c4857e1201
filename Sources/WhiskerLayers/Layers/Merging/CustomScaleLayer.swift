public import WhiskerGraph
public import WhiskerSystem
import WhiskerTensors

/// The first of two inputs and a multiple of the second, elementwise: the shortcut of `keras.applications`'
/// InceptionResNetV2, under the name that its files have.
///
/// Inputs of one shape, or with axes of one element that are repeated.
public struct CustomScaleLayer: PairMerging {
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

  public func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value {
    try graph.append(.add, x, graph.append(.scale(scale), y))
  }
}
