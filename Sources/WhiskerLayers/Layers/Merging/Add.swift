public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The sum of several inputs of one shape, elementwise.
///
/// Inputs and output of any one shape.
public struct Add: MergingLayer {
  public static let className = "Add"
  public static let defaultName = "add"
  public static var standard: Add { Add() }
  public static var settings: [LayerSetting<Add>] { [] }

  /// The layer's own name.
  public var name: String?

  /// The sum of at least two inputs.
  public init(name: String? = nil) { self.name = name }

  public func outputShape(for inputs: [Shape]) throws(WhiskerError) -> Shape { try commonShape(of: inputs) }

  public func callAsFunction(_ inputs: [Value], in context: inout LayerContext) throws(WhiskerError) -> Value
  {
    var sum = inputs[0]
    for input in inputs.dropFirst() { sum = try context.graph.append(.add, sum, input) }
    return sum
  }
}

extension MergingLayer {
  /// The one shape that several inputs have.
  func commonShape(of inputs: [Shape]) throws(WhiskerError) -> Shape {
    guard inputs.count >= 2, let shape = inputs.first else {
      throw error(.disconnected, expected: "at least two inputs", got: "\(inputs.count)")
    }
    if let other = inputs.first(where: { $0 != shape }) {
      throw error(.shapeMismatch, expected: "inputs of one shape", got: "\(shape) and \(other)")
    }
    return shape
  }
}
