public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Several inputs one after another along an axis.
///
/// Inputs of one shape except for that axis; the output's size there is the sum of theirs.
public struct Concatenate: MergingLayer {
  public static let className = "Concatenate"
  public static let defaultName = "concatenate"
  public static var standard: Concatenate { Concatenate() }
  public static var settings: [LayerSetting<Concatenate>] {
    [
      LayerSetting("axis", \.axis)
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// The axis, counted as Keras does: the batch is axis 0, the last axis −1.
  public var axis: Int

  /// One after another along the last axis unless another is given.
  public init(axis: Int = -1, name: String? = nil) {
    self.name = name
    self.axis = axis
  }

  /// The axis counted from the batch, for tensors of this many axes.
  private func axis(ofRank rank: Int) -> Int { axis < 0 ? axis + rank : axis }

  public func outputShape(for inputs: [Shape]) throws(WhiskerError) -> Shape {
    guard inputs.count >= 2, let first = inputs.first else {
      throw error(.disconnected, expected: "at least two inputs", got: "\(inputs.count)")
    }
    guard (-first.rank...first.rank).contains(axis), axis != 0 else {
      throw error(
        .invalidSetting, expected: "an axis from 1 to \(first.rank) or -\(first.rank) to -1", got: "\(axis)")
    }
    let place = axis(ofRank: first.rank + 1) - 1
    var sizes = first.sizes
    for shape in inputs.dropFirst() {
      guard shape.rank == first.rank,
        first.sizes.indices.allSatisfy({ $0 == place || shape[$0] == first[$0] })
      else {
        throw error(
          .shapeMismatch, expected: "inputs of one shape but for axis \(axis)", got: "\(first) and \(shape)")
      }
      sizes[place] += shape[place]
    }
    return Shape(sizes)
  }

  public func callAsFunction(_ inputs: [Value], in context: inout LayerContext) throws(WhiskerError) -> Value
  {
    let rank = context.graph.shape(of: inputs[0]).rank
    return try context.graph.append(.concatenate(axis: axis(ofRank: rank)), inputs)
  }
}
