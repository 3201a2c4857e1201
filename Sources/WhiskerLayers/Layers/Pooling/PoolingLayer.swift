public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// What ``MaxPooling2D`` and ``AveragePooling2D`` share: everything except how a window is reduced.
///
/// Input `[H, W, C]`, output `[H′, W′, C]` with `H′` and `W′` by the rule of ``Padding``.
public protocol PoolingLayer: Layer {
  /// How the pixels are combined in a window.
  static var kind: Pooling.Kind { get }

  /// The window's rows and columns.
  var pool: Size2D { get set }
  /// Rows and columns from one window to the next; nil for the window's own.
  var strides: Size2D? { get set }
  /// What happens at the edges.
  var padding: Padding { get set }
}

extension PoolingLayer {
  public static var settings: [LayerSetting<Self>] {
    [
      LayerSetting("pool_size", size: \.pool),
      LayerSetting("strides", size: \.strides),
      LayerSetting("padding", \.padding),
    ]
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    let size = try slidingShape(
      for: input, size: pool, strides: strides ?? pool, padding: padding)
    return [size.height, size.width, input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let window = Window(
      size: pool, strides: strides ?? pool, padding: padding, height: shape[1], width: shape[2])
    return try context.graph.append(.pooling(Pooling(kind: Self.kind, window: window)), input)
  }
}
