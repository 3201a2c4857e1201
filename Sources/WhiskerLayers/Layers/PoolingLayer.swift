public import WhiskerGraph
public import WhiskerTensors

/// What ``MaxPooling2D`` and ``AveragePooling2D`` share: all but what becomes of a window.
///
/// Input `[H, W, C]`, output `[H′, W′, C]` with `H′` and `W′` by the rule of ``Padding``.
public protocol PoolingLayer: Layer {
  /// What becomes of the pixels in a window.
  static var kind: Pooling.Kind { get }

  /// The window's rows and columns.
  var pool: Size2D { get }
  /// Rows and columns from one window to the next; nil for the window's own.
  var strides: Size2D? { get }
  /// What happens at the edges.
  var padding: Padding { get }

  /// Pooling with the given settings.
  init(_ pool: Size2D, strides: Size2D?, padding: Padding, name: String?)
}

private enum PoolingKeys: String, CodingKey, CaseIterable {
  case name, strides, padding
  case pool = "pool_size"
}

extension PoolingLayer {
  /// Reads Keras's keys, none of which must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: PoolingKeys.self)
    self.init(
      try settings.optional(.pool) ?? 2, strides: try settings.optional(.strides),
      padding: try settings.optional(.padding) ?? .valid, name: try settings.optional(.name))
  }

  /// Writes Keras's keys, without those that have their default values.
  public func encode(to encoder: any Encoder) throws {
    var settings = LayerEncoder(encoder, keyedBy: PoolingKeys.self)
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
    return try context.graph.append(.pooling(Pooling(kind: Self.kind, window: window)), input)
  }
}
