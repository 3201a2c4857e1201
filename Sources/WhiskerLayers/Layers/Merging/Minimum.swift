public import WhiskerGraph
public import WhiskerSystem

/// The smallest of several inputs, elementwise.
///
/// Inputs of one shape, or with axes of one element that are repeated.
public struct Minimum: ElementwiseMerging {
  public static let className = "Minimum"
  public static let defaultName = "minimum"
  public static var standard: Minimum { Minimum() }

  /// The layer's own name.
  public var name: String?

  /// The smallest of at least two inputs.
  public init(name: String? = nil) { self.name = name }

  /// `x − max(x − y, 0)`.
  public func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value {
    let difference = try graph.append(.add, x, graph.append(.scale(-1), y))
    let excess = try graph.append(.activation(.relu), difference)
    return try graph.append(.add, x, graph.append(.scale(-1), excess))
  }
}
