public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A layer that combines several inputs into one result, such as their sum.
///
/// A single input counts as several inputs of which there is one; the layer decides whether that is allowed.
public protocol MergingLayer: Layer {
  /// The shape of the result for inputs of these shapes.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the number of inputs, a shape or a setting doesn't fit.
  func outputShape(for inputs: [Shape]) throws(WhiskerError) -> Shape

  /// Appends the layer's ops to a graph.
  func callAsFunction(_ inputs: [Value], in context: inout LayerContext) throws(WhiskerError) -> Value
}

extension MergingLayer {
  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    let inputs: [Shape] = [input]
    return try outputShape(for: inputs)
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    try self([input], in: &context)
  }
}
