public import WhiskerGraph
public import WhiskerSystem

/// The mean of several inputs, elementwise.
///
/// Inputs of one shape, or with axes of one element that are repeated.
public struct Average: ElementwiseMerging {
  public static let className = "Average"
  public static let defaultName = "average"
  public static var standard: Average { Average() }

  /// The layer's own name.
  public var name: String?

  /// The mean of at least two inputs.
  public init(name: String? = nil) { self.name = name }

  public func callAsFunction(_ inputs: [Value], in context: inout LayerContext) throws(WhiskerError) -> Value
  {
    let aligned = try context.aligned(inputs)
    var sum = aligned[0]
    for input in aligned.dropFirst() { sum = try combine(sum, input, in: &context.graph) }
    return try context.graph.append(.scale(1 / Float(inputs.count)), sum)
  }

  public func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value {
    try graph.append(.add, x, y)
  }
}
