public import WhiskerGraph
public import WhiskerSystem

/// The largest of several inputs, elementwise.
///
/// Inputs of one shape, or with axes of one element that are repeated.
public struct Maximum: ElementwiseMerging {
  public static let className = "Maximum"
  public static let defaultName = "maximum"
  public static var standard: Maximum { Maximum() }

  /// The layer's own name.
  public var name: String?

  /// The largest of at least two inputs.
  public init(name: String? = nil) { self.name = name }

  /// `x + max(y − x, 0)`.
  public func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value {
    let difference = try graph.append(.add, y, graph.append(.scale(-1), x))
    return try graph.append(.add, x, graph.append(.activation(.relu), difference))
  }
}
