public import WhiskerGraph
public import WhiskerSystem
import WhiskerTensors

/// The first of two inputs less the second, elementwise.
///
/// Inputs of one shape, or with axes of one element that are repeated.
public struct Subtract: PairMerging {
  public static let className = "Subtract"
  public static let defaultName = "subtract"
  public static var standard: Subtract { Subtract() }

  /// The layer's own name.
  public var name: String?

  /// The difference of two inputs.
  public init(name: String? = nil) { self.name = name }

  public func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value {
    try graph.append(.add, x, graph.append(.scale(-1), y))
  }
}
