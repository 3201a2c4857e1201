public import WhiskerGraph
public import WhiskerTensors

/// The mean of each channel over the whole picture.
///
/// Input `[H, W, C]`, output `[C]`.
public struct GlobalAveragePooling2D: Layer {
  public static let className = "GlobalAveragePooling2D"
  public static let defaultName = "global_average_pooling2d"

  /// The layer's own name.
  public var name: String?

  /// The mean over all pixels.
  public init(name: String? = nil) { self.name = name }

  private enum CodingKeys: String, CodingKey, CaseIterable { case name }

  /// Reads Keras's keys, none of which must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    self.init(name: try settings.optional(.name))
  }

  public func outputShape(for input: Shape) throws(ModelError) -> Shape {
    guard input.rank == 3, input.count > 0 else {
      throw error(.shapeMismatch, "expected an input (height, width, channels), got \(input)")
    }
    return [input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(GraphError) -> Value {
    let shape = context.graph.shape(of: input)
    let window = Window(height: shape[1], width: shape[2], rowStride: 1, columnStride: 1)
    let pooled = try context.graph.append(.pooling(Pooling(kind: .average, window: window)), input)
    return try context.graph.append(.reshape([shape[0], shape[3]]), pooled)
  }
}
