public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// All axes of a sample in one, in the order rows, columns, channels.
///
/// Input `[H, W, C]`, output `[H · W · C]`.
public struct Flatten: Layer {
  public static let className = "Flatten"
  public static let defaultName = "flatten"
  public static var standard: Flatten { Flatten() }
  public static var settings: [LayerSetting<Flatten>] { [] }

  /// The layer's own name.
  public var name: String?

  /// One axis out of many.
  public init(name: String? = nil) { self.name = name }

  public func outputShape(for input: Shape) -> Shape { [input.count] }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    return try context.graph.append(.reshape([shape[0], shape.withoutBatch.count]), input)
  }
}
