public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The first of two inputs less the second, elementwise.
///
/// Inputs of one shape, or with axes of one element that are repeated.
public struct Subtract: ElementwiseMerging {
  public static let className = "Subtract"
  public static let defaultName = "subtract"
  public static var standard: Subtract { Subtract() }

  /// The layer's own name.
  public var name: String?

  /// The difference of two inputs.
  public init(name: String? = nil) { self.name = name }

  public func outputShape(for inputs: [Shape]) throws(WhiskerError) -> Shape {
    guard inputs.count == 2, let shape = inputs[0].combined(with: inputs[1]) else {
      throw error(
        .shapeMismatch, expected: "two inputs of one shape, or with axes of one element",
        got: inputs.map(\.description).joined(separator: " and "))
    }
    return shape
  }

  public func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value {
    try graph.append(.add, x, graph.append(.scale(-1), y))
  }
}
