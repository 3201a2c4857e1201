public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// What ``GlobalMaxPooling2D`` and ``GlobalAveragePooling2D`` share: everything except how a channel is
/// reduced.
///
/// Input `[H, W, C]`, output `[C]`, or `[1, 1, C]` if the axes are kept.
public protocol GlobalPoolingLayer: Layer {
  /// How the pixels are combined.
  static var kind: Pooling.Kind { get }

  /// Whether rows and columns stay as axes of size 1.
  var keepsAxes: Bool { get set }
}

extension GlobalPoolingLayer {
  public static var settings: [LayerSetting<Self>] { [LayerSetting("keepdims", \.keepsAxes)] }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3, input.count > 0 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    return keepsAxes ? [1, 1, input[2]] : [input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let window = Window(height: shape[1], width: shape[2], rowStride: 1, columnStride: 1)
    let pooled = try context.graph.append(.pooling(Pooling(kind: Self.kind, window: window)), input)
    return keepsAxes ? pooled : try context.graph.append(.reshape([shape[0], shape[3]]), pooled)
  }
}
