public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// `eˣ / Σeˣ` over the last axis.
///
/// Any input shape; the output has the same.
public struct Softmax: Layer {
  public static let className = "Softmax"
  public static let defaultName = "softmax"
  public static var standard: Softmax { Softmax() }
  public static var settings: [LayerSetting<Softmax>] { [] }

  /// The layer's own name.
  public var name: String?

  /// The softmax of each row of the last axis.
  public init(name: String? = nil) { self.name = name }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    try context.apply(.softmax, to: input)
  }
}
