public import WhiskerGraph
public import WhiskerTensors

/// The product of several inputs of one shape, elementwise.
///
/// Inputs and output of any one shape.
public struct Multiply: MergingLayer {
  public static let className = "Multiply"
  public static let defaultName = "multiply"

  /// The layer's own name.
  public var name: String?

  /// The product of at least two inputs.
  public init(name: String? = nil) { self.name = name }

  private enum CodingKeys: String, CodingKey, CaseIterable { case name }

  /// Reads Keras's keys, none of which must be there.
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    self.init(name: try settings.optional(.name))
  }

  public func outputShape(for inputs: [Shape]) throws(ModelError) -> Shape { try commonShape(of: inputs) }

  public func callAsFunction(_ inputs: [Value], in context: inout LayerContext) throws(GraphError) -> Value {
    var product = inputs[0]
    for input in inputs.dropFirst() { product = try context.graph.append(.multiply, product, input) }
    return product
  }
}
