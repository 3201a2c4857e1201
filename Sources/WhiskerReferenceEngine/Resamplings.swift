import WhiskerGraph
import WhiskerTensors

extension Resampling {
  /// Rows, then columns, each pixel the weighted sum of its taps.
  func result(_ x: DoubleTensor) -> DoubleTensor {
    x.summed(axis: 1, taps(from: x.shape[1], to: height)).summed(axis: 2, taps(from: x.shape[2], to: width))
  }

  /// The same sums the other way round.
  func gradient(g: DoubleTensor, shape: Shape) -> DoubleTensor {
    g.summed(axis: 2, transposedTaps(from: shape[2], to: width))
      .summed(axis: 1, transposedTaps(from: shape[1], to: height))
  }
}

extension DoubleTensor {
  /// With each place of an axis the weighted sum of others.
  fileprivate func summed(axis: Int, _ taps: [[Resampling.Tap]]) -> DoubleTensor {
    let inner = shape.sizes[(axis + 1)...].reduce(1, *)
    let outer = shape.sizes[..<axis].reduce(1, *)
    var result = DoubleTensor(shape.replacing(axis, with: taps.count))
    for row in 0..<outer {
      for (place, taps) in taps.enumerated() {
        let target = (row * result.shape[axis] + place) * inner
        for tap in taps {
          let source = (row * shape[axis] + tap.index) * inner
          for index in 0..<inner {
            result.values[target + index] += Double(tap.weight) * values[source + index]
          }
        }
      }
    }
    return result
  }
}
