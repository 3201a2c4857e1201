public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The product of several inputs of one shape, elementwise.
///
/// Inputs and output of any one shape.
public struct Multiply: MergingLayer {
  public static let className = "Multiply"
  public static let defaultName = "multiply"
  public static var standard: Multiply { Multiply() }
  public static var settings: [LayerSetting<Multiply>] { [] }

  /// The layer's own name.
  public var name: String?

  /// The product of at least two inputs.
  public init(name: String? = nil) { self.name = name }

  public func outputShape(for inputs: [Shape]) throws(WhiskerError) -> Shape { try commonShape(of: inputs) }

  public func callAsFunction(_ inputs: [Value], in context: inout LayerContext) throws(WhiskerError) -> Value
  {
    var product = inputs[0]
    for input in inputs.dropFirst() { product = try context.graph.append(.multiply, product, input) }
    return product
  }
}
