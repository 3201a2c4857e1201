import WhiskerGraph
import WhiskerTensors

extension DoubleTensor {
  /// Repeated along the axes that a larger shape has beside its own, or has with more than one element.
  func broadcast(to target: Shape) -> DoubleTensor {
    if target == shape { return self }
    var result = DoubleTensor(target)
    for (index, source) in Self.sources(of: target, in: shape).enumerated() {
      result.values[index] = values[source]
    }
    return result
  }

  /// Summed over the axes that a smaller shape doesn't have, or has with one element.
  func reduced(to target: Shape) -> DoubleTensor {
    var result = DoubleTensor(target)
    for (index, place) in Self.sources(of: shape, in: target).enumerated() {
      result.values[place] += values[index]
    }
    return result
  }

  /// For each element of a shape in row-major order, the one of a smaller shape that is repeated there.
  private static func sources(of shape: Shape, in smaller: Shape) -> [Int] {
    var places = [0]
    for (size, own) in zip(shape.sizes, smaller.aligned(to: shape.rank)) {
      places = places.flatMap { place in (0..<size).map { place * own + (own == 1 ? 0 : $0) } }
    }
    return places
  }
}
