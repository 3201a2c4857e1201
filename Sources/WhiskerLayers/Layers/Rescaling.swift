public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// `y = scale · x + offset`, elementwise.
///
/// Any input shape; the output has the same.
public struct Rescaling: Layer {
  public static let className = "Rescaling"
  public static let defaultName = "rescaling"
  public static var standard: Rescaling { Rescaling(1) }
  public static var settings: [LayerSetting<Rescaling>] {
    [
      LayerSetting("scale", \.scale, isRequired: true, .finite),
      LayerSetting("offset", \.offset, .finite),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// The factor.
  public var scale: Float
  /// What is added after.
  public var offset: Float

  /// Multiplies, then adds.
  public init(_ scale: Float, offset: Float = 0, name: String? = nil) {
    self.name = name
    self.scale = scale
    self.offset = offset
  }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    try context.graph.append(.rescale(factor: scale, offset: offset), input)
  }
}
