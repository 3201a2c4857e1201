import WhiskerTensors

/// A dense array of 64-bit floats, row-major: what the reference engine computes with.
struct DoubleTensor {
  let shape: Shape
  var values: [Double]

  init(_ shape: Shape, _ values: [Double]) {
    precondition(values.count == shape.count, "expected \(shape.count) values, got \(values.count)")
    self.shape = shape
    self.values = values
  }

  init(_ shape: Shape, repeating number: Double = 0) {
    self.init(shape, Array(repeating: number, count: shape.count))
  }

  init(_ tensor: Tensor) { self.init(tensor.shape, tensor.values.map(Double.init)) }

  /// The elements rounded to 32 bits.
  var rounded: Tensor { Tensor(shape: shape, values: values.map { Float($0) }) }

  /// The element of a tensor that has only one.
  var scalar: Double { values[0] }

  /// The size of the last axis, 1 for a scalar.
  var channels: Int { shape.sizes.last ?? 1 }

  /// The same elements seen with other axes.
  func reshaped(_ shape: Shape) -> DoubleTensor { DoubleTensor(shape, values) }

  func map(_ transform: (Double) -> Double) -> DoubleTensor { DoubleTensor(shape, values.map(transform)) }

  /// `combine(self, other)` element by element.
  func with(_ other: DoubleTensor, _ combine: (Double, Double) -> Double) -> DoubleTensor {
    DoubleTensor(shape, zip(values, other.values).map(combine))
  }

  /// The sum of all elements.
  var sum: Double { values.reduce(0, +) }

  /// A matrix with rows and columns exchanged.
  var transposed: DoubleTensor {
    let (rows, columns) = (shape[0], shape[1])
    var result = DoubleTensor([columns, rows])
    for row in 0..<rows {
      for column in 0..<columns { result.values[column * rows + row] = values[row * columns + column] }
    }
    return result
  }

  /// `bias [C]` added to every row of the last axis; nil adds nothing.
  func adding(bias: DoubleTensor?) -> DoubleTensor {
    guard let bias else { return self }
    var result = self
    let channels = self.channels
    for index in values.indices { result.values[index] += bias.values[index % channels] }
    return result
  }

  /// Sums over all axes but the last: `[C]`.
  var sumOverRows: DoubleTensor {
    var result = DoubleTensor([channels])
    for index in values.indices { result.values[index % channels] += values[index] }
    return result
  }

  /// Applies a function to every row of the last axis.
  func mapRows(_ transform: (ArraySlice<Double>) -> [Double]) -> DoubleTensor {
    guard channels > 0 else { return self }
    return DoubleTensor(
      shape,
      stride(from: 0, to: values.count, by: channels).flatMap { transform(values[$0..<$0 + channels]) })
  }
}

/// A new tensor filled by a loop over two others.
///
/// The buffers spare the loops a bounds check for each element, without which the compiler vectorises them.
func accumulated(
  _ shape: Shape, from left: DoubleTensor, _ right: DoubleTensor,
  _ fill: (
    _ result: UnsafeMutableBufferPointer<Double>, _ left: UnsafeBufferPointer<Double>,
    _ right: UnsafeBufferPointer<Double>
  ) -> Void
) -> DoubleTensor {
  var result = DoubleTensor(shape)
  result.values.withUnsafeMutableBufferPointer { result in
    left.values.withUnsafeBufferPointer { left in
      right.values.withUnsafeBufferPointer { right in fill(result, left, right) }
    }
  }
  return result
}
