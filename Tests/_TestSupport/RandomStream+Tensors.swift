import WhiskerTensors

/// Test data with the properties that finite differences need.
extension RandomStream {
  /// Any numbers of a range.
  mutating func numbers(_ shape: Shape, in range: ClosedRange<Float> = -1...1) -> Tensor {
    Tensor(shape: shape, values: (0..<shape.count).map { _ in uniform(in: range) })
  }

  /// Numbers at least 0.06 away from 0, where ReLU has its kink.
  mutating func awayFromZero(_ shape: Shape) -> Tensor {
    Tensor(
      shape: shape,
      values: (0..<shape.count).map { _ in chance(0.5) ? uniform(in: 0.06...1) : -uniform(in: 0.06...1) })
  }

  /// Numbers at least 0.06 from 0 and 0.12 from each other, so that every maximum is clear.
  mutating func distinct(_ shape: Shape) -> Tensor {
    let middle = Float(shape.count - 1) / 2
    return Tensor(
      shape: shape,
      values: permutation(shape.count).map { rank in
        let number = (Float(rank) - middle) * 0.12
        return number + (number < 0 ? -0.06 : 0.06)
      })
  }

  /// Odd multiples of `unit`, up to `levels` of them on each side of 0.
  ///
  /// Sums of products of such numbers fall on a grid; a bias of odd multiples of half its unit keeps them away
  /// from ReLU's kink.
  mutating func oddMultiples(_ shape: Shape, of unit: Float, levels: Int) -> Tensor {
    Tensor(
      shape: shape,
      values: (0..<shape.count).map { _ in unit * Float(2 * integer(below: 2 * levels) - 2 * levels + 1) })
  }

  /// Rows of numbers that sum to 1, none below `0.4 / K`.
  mutating func probabilities(_ shape: Shape) -> Tensor {
    let classes = shape[1]
    var values = numbers(shape, in: 0.5...1).values
    for start in stride(from: 0, to: values.count, by: classes) {
      let sum = values[start..<start + classes].reduce(0, +)
      for index in start..<start + classes { values[index] /= sum }
    }
    return Tensor(shape: shape, values: values)
  }

  /// Class numbers.
  mutating func classes(_ count: Int, below bound: Int) -> Tensor {
    Tensor(shape: [count], values: (0..<count).map { _ in Float(integer(below: bound)) })
  }

  /// Rows with a single 1.
  mutating func oneHot(_ shape: Shape) -> Tensor {
    var tensor = Tensor(shape: shape)
    for row in 0..<shape[0] { tensor.values[row * shape[1] + integer(below: shape[1])] = 1 }
    return tensor
  }
}
