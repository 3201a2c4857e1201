import WhiskerGraph
import WhiskerTensors

extension Pooling {
  /// The largest or the mean of each window's pixels that lie inside the picture, channel by channel.
  func result(_ x: DoubleTensor, shape: Shape) -> DoubleTensor {
    let pooled =
      switch kind {
      case .maximum: winners(x, shape: shape).values
      case .average: average(x, shape: shape)
      }
    return hasReLU ? pooled.map { max($0, 0) } : pooled
  }

  /// The gradient `g` of `y` carried back to `x`: to the winner of each window, or in equal shares to all its
  /// pixels; with ReLU, nothing where `y` isn't positive.
  func gradient(x: DoubleTensor, y: DoubleTensor, g: DoubleTensor) -> DoubleTensor {
    let g = hasReLU ? y.with(g) { y, g in y > 0 ? g : 0 } : g
    var result = DoubleTensor(x.shape)
    switch kind {
    case .maximum:
      let winners = winners(x, shape: y.shape).indices
      for (index, winner) in winners.enumerated() { result.values[winner] += g.values[index] }
    case .average:
      let (channels, counts) = (x.channels, pixelCounts(x.shape, y.shape))
      window.forEachTap(input: x.shape, output: y.shape) { q, p, _ in
        for c in 0..<channels { result.values[q * channels + c] += g.values[p * channels + c] / counts[p] }
      }
    }
    return result
  }

  /// The largest element of each window and its index; of equal ones, the first in row-major order.
  private func winners(_ x: DoubleTensor, shape: Shape) -> (values: DoubleTensor, indices: [Int]) {
    let channels = x.channels
    var values = DoubleTensor(shape, repeating: -.infinity)
    var indices = [Int](repeating: -1, count: shape.count)
    window.forEachTap(input: x.shape, output: shape) { q, p, _ in
      for c in 0..<channels {
        let (source, target) = (q * channels + c, p * channels + c)
        if indices[target] < 0 || x.values[source] > values.values[target] {
          values.values[target] = x.values[source]
          indices[target] = source
        }
      }
    }
    return (values, indices)
  }

  private func average(_ x: DoubleTensor, shape: Shape) -> DoubleTensor {
    let channels = x.channels
    var result = DoubleTensor(shape)
    window.forEachTap(input: x.shape, output: shape) { q, p, _ in
      for c in 0..<channels { result.values[p * channels + c] += x.values[q * channels + c] }
    }
    let counts = pixelCounts(x.shape, shape)
    for index in result.values.indices { result.values[index] /= counts[index / channels] }
    return result
  }

  /// How many pixels of the picture lie under each window.
  private func pixelCounts(_ input: Shape, _ output: Shape) -> [Double] {
    var counts = [Double](repeating: 0, count: output[0] * output[1] * output[2])
    window.forEachTap(input: input, output: output) { _, p, _ in counts[p] += 1 }
    return counts
  }
}
