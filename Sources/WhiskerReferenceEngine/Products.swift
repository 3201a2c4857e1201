import WhiskerGraph

extension MatrixProduct {
  /// `activation(left · right + bias)`.
  func result(_ left: DoubleTensor, _ right: DoubleTensor, bias: DoubleTensor?) -> DoubleTensor {
    let left = transposesLeft ? left.transposed : left
    let right = transposesRight ? right.transposed : right
    let (rows, inner, columns) = (left.shape[0], left.shape[1], right.shape[1])
    let product = accumulated([rows, columns], from: left, right) { y, left, right in
      for row in 0..<rows {
        for k in 0..<inner {
          let factor = left[row * inner + k]
          for column in 0..<columns { y[row * columns + column] += factor * right[k * columns + column] }
        }
      }
    }
    let linear = product.adding(bias: bias)
    return activation?.result(linear) ?? linear
  }
}
