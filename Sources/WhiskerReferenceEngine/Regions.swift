import WhiskerTensors

extension DoubleTensor {
  /// `[N, H, W, C]` moved by rows and columns into pictures of another size: what falls outside is lost, what nothing
  /// falls on is 0.
  func shifted(to target: Shape, rows: Int, columns: Int) -> DoubleTensor {
    var result = DoubleTensor(target)
    let channels = shape[3]
    for sample in 0..<shape[0] {
      for row in 0..<shape[1] where (0..<target[1]).contains(row + rows) {
        for column in 0..<shape[2] where (0..<target[2]).contains(column + columns) {
          let from = ((sample * shape[1] + row) * shape[2] + column) * channels
          let to = ((sample * target[1] + row + rows) * target[2] + column + columns) * channels
          for channel in 0..<channels { result.values[to + channel] = values[from + channel] }
        }
      }
    }
    return result
  }

  /// With the axes in another order.
  func transposed(_ order: [Int]) -> DoubleTensor {
    var result = DoubleTensor(Shape(order.map { shape[$0] }))
    var steps = [Int](repeating: 1, count: shape.rank)
    for axis in steps.indices.dropLast().reversed() { steps[axis] = steps[axis + 1] * shape[axis + 1] }
    for index in result.values.indices {
      var (rest, place) = (index, 0)
      for axis in order.indices.reversed() {
        place += rest % result.shape[axis] * steps[order[axis]]
        rest /= result.shape[axis]
      }
      result.values[index] = values[place]
    }
    return result
  }

  /// One after another along an axis.
  static func concatenated(_ parts: [DoubleTensor], axis: Int, shape: Shape) -> DoubleTensor {
    let rows = shape.sizes[..<axis].reduce(1, *)
    var values: [Double] = []
    values.reserveCapacity(shape.count)
    for row in 0..<rows {
      for part in parts {
        let length = part.shape.count / max(rows, 1)
        values += part.values[row * length..<(row + 1) * length]
      }
    }
    return DoubleTensor(shape, values)
  }

  /// The places from `start` along an axis, as many as the shape has.
  func slice(axis: Int, start: Int, shape target: Shape) -> DoubleTensor {
    let rows = shape.sizes[..<axis].reduce(1, *)
    let inner = shape.sizes[(axis + 1)...].reduce(1, *)
    var values: [Double] = []
    values.reserveCapacity(target.count)
    for row in 0..<rows {
      let first = (row * shape[axis] + start) * inner
      values += self.values[first..<first + target[axis] * inner]
    }
    return DoubleTensor(target, values)
  }
}
