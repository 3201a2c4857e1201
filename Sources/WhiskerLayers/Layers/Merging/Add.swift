public import WhiskerGraph
public import WhiskerSystem

/// The sum of several inputs, elementwise.
///
/// Inputs of one shape, or with axes of one element that are repeated, as of one number for each channel.
public struct Add: ElementwiseMerging {
  public static let className = "Add"
  public static let defaultName = "add"
  public static var standard: Add { Add() }

  /// The layer's own name.
  public var name: String?

  /// The sum of at least two inputs.
  public init(name: String? = nil) { self.name = name }

  public func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value {
    try graph.append(.add, x, y)
  }
}
