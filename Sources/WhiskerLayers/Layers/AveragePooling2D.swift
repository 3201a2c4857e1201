public import WhiskerGraph
public import WhiskerTensors

/// Keeps the mean of each window of each channel; padding doesn't count.
///
/// Input `[H, W, C]`, output `[H′, W′, C]` with `H′` and `W′` by the rule of ``Padding``.
public struct AveragePooling2D: Layer {
  public static let className = "AveragePooling2D"
  public static let defaultName = "average_pooling2d"

  /// The layer's own name.
  public var name: String?
  /// The window's rows and columns.
  public var pool: Size2D = 2
  /// Rows and columns from one window to the next; nil for the window's own.
  public var strides: Size2D?
  /// What happens at the edges.
  public var padding: Padding = .valid

  /// Pooling by windows that tile the picture unless strides are given.
  public init(_ pool: Size2D = 2, strides: Size2D? = nil, padding: Padding = .valid, name: String? = nil) {
    self.name = name
    self.pool = pool
    self.strides = strides
    self.padding = padding
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case name, strides, padding
    case pool = "pool_size"
  }

  /// Reads Keras's keys, none of which must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    self.init(
      try settings.optional(.pool) ?? 2, strides: try settings.optional(.strides),
      padding: try settings.optional(.padding) ?? .valid, name: try settings.optional(.name))
  }

  /// Writes Keras's keys, without those that have their default values.
  public func encode(to encoder: any Encoder) throws {
    var settings = LayerEncoder(encoder, keyedBy: CodingKeys.self)
    try settings.writeIfPresent(name, .name)
    try settings.write(pool, .pool, default: 2)
    try settings.writeIfPresent(strides, .strides)
    try settings.write(padding, .padding, default: .valid)
  }

  public func outputShape(for input: Shape) throws(ModelError) -> Shape {
    let size = try slidingShape(
      for: input, size: pool, strides: strides ?? pool, padding: padding, what: "pool")
    return [size.height, size.width, input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(GraphError) -> Value {
    let shape = context.graph.shape(of: input)
    let window = Window(
      size: pool, strides: strides ?? pool, padding: padding, height: shape[1], width: shape[2])
    return try context.graph.append(.pooling(Pooling(kind: .average, window: window)), input)
  }
}
