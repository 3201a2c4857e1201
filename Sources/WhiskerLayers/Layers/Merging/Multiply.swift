public import WhiskerGraph
public import WhiskerSystem

/// The product of several inputs, elementwise.
///
/// Inputs of one shape, or with axes of one element that are repeated, as of one number for each channel.
public struct Multiply: ElementwiseMerging {
  public static let className = "Multiply"
  public static let defaultName = "multiply"
  public static var standard: Multiply { Multiply() }

  /// The layer's own name.
  public var name: String?

  /// The product of at least two inputs.
  public init(name: String? = nil) { self.name = name }

  public func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value {
    try graph.append(.multiply, x, y)
  }
}
