public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A layer that makes one result of several inputs, such as their sum.
///
/// One input is several inputs of which there is one; whether that serves is for the layer to say.
public protocol MergingLayer: Layer {
  /// The shape of the result for inputs of these shapes.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` if the number of inputs, a shape or a setting doesn't serve.
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
