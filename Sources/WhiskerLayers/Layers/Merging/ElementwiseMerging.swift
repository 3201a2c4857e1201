public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// What the layers share that combine several inputs element by element: everything except the function of two.
///
/// Inputs may have axes of one element, which are repeated for the others' elements. One of fewer axes gets such axes
/// behind the batch's.
public protocol ElementwiseMerging: MergingLayer {
  /// Appends the function of two values, of one shape or with axes of one element.
  func combine(_ x: Value, _ y: Value, in graph: inout Graph) throws(WhiskerError) -> Value
}

extension ElementwiseMerging {
  public static var settings: [LayerSetting<Self>] { [] }

  public func outputShape(for inputs: [Shape]) throws(WhiskerError) -> Shape {
    guard inputs.count >= 2, var shape = inputs.first else {
      throw error(.disconnected, expected: "at least two inputs", got: "\(inputs.count)")
    }
    for input in inputs.dropFirst() {
      guard let combined = shape.combined(with: input) else {
        throw error(
          .shapeMismatch, expected: "inputs of one shape, or with axes of one element",
          got: "\(shape) and \(input)")
      }
      shape = combined
    }
    return shape
  }

  public func callAsFunction(_ inputs: [Value], in context: inout LayerContext) throws(WhiskerError) -> Value
  {
    let aligned = try context.aligned(inputs)
    var result = aligned[0]
    for input in aligned.dropFirst() { result = try combine(result, input, in: &context.graph) }
    return result
  }
}

/// An elementwise layer of exactly two inputs.
public protocol PairMerging: ElementwiseMerging {}

extension PairMerging {
  public func outputShape(for inputs: [Shape]) throws(WhiskerError) -> Shape {
    guard inputs.count == 2, let shape = inputs[0].combined(with: inputs[1]) else {
      throw error(
        .shapeMismatch, expected: "two inputs of one shape, or with axes of one element",
        got: inputs.map(\.description).joined(separator: " and "))
    }
    return shape
  }
}

extension LayerContext {
  /// The values with axes of one element behind the batch's, so that all have as many axes.
  mutating func aligned(_ values: [Value]) throws(WhiskerError) -> [Value] {
    let rank = values.map { graph.shape(of: $0).rank }.max() ?? 0
    var result: [Value] = []
    for value in values {
      let shape = graph.shape(of: value)
      guard shape.rank < rank else {
        result.append(value)
        continue
      }
      let ones = Array(repeating: 1, count: rank - shape.rank)
      result.append(try graph.append(.reshape(Shape([shape[0]] + ones + shape.withoutBatch.sizes)), value))
    }
    return result
  }
}
