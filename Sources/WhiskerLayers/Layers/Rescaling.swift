public import WhiskerGraph
public import WhiskerTensors

/// `y = scale · x + offset`, elementwise.
///
/// Any input shape; the output has the same.
public struct Rescaling: Layer {
  public static let className = "Rescaling"
  public static let defaultName = "rescaling"

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

  private enum CodingKeys: String, CodingKey, CaseIterable { case name, scale, offset }

  /// Reads Keras's keys; only `scale` must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    self.init(
      try settings.required(.scale), offset: try settings.optional(.offset) ?? 0,
      name: try settings.optional(.name))
  }

  /// Writes Keras's keys, without those that have their default values.
  public func encode(to encoder: any Encoder) throws {
    var settings = LayerEncoder(encoder, keyedBy: CodingKeys.self)
    try settings.writeIfPresent(name, .name)
    try settings.write(scale, .scale)
    try settings.write(offset, .offset, default: 0)
  }

  public func outputShape(for input: Shape) throws(ModelError) -> Shape {
    guard scale.isFinite, offset.isFinite else {
      throw error(.invalidSetting, "expected a finite scale and offset, got \(scale) and \(offset)")
    }
    return input
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(GraphError) -> Value {
    try context.graph.append(.rescale(factor: scale, offset: offset), input)
  }
}
