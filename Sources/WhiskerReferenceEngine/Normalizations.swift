extension DoubleTensor {
  /// How many elements each channel has.
  private var rowCount: Double { Double(shape.count) / Double(max(channels, 1)) }

  /// The mean of each channel.
  var channelMean: DoubleTensor {
    let count = rowCount
    return sumOverRows.map { $0 / count }
  }

  /// The mean square of each channel's distance from its mean.
  var channelVariance: DoubleTensor {
    let negativeMean = channelMean.map { -$0 }
    return adding(bias: negativeMean).map { $0 * $0 }.channelMean
  }

  /// Each channel multiplied by its factor.
  func scaled(by factors: DoubleTensor) -> DoubleTensor {
    var result = self
    let channels = channels
    for index in values.indices { result.values[index] *= factors.values[index % channels] }
    return result
  }

  /// `(x − mean) / √(variance + ε)`.
  func normalized(mean: DoubleTensor, variance: DoubleTensor, _ epsilon: Float) -> DoubleTensor {
    let factors = variance.map { 1 / ($0 + Double(epsilon)).squareRoot() }
    return adding(bias: mean.map { -$0 }).scaled(by: factors)
  }

  /// Normalized by its own mean and variance.
  func standardized(_ epsilon: Float) -> DoubleTensor {
    normalized(mean: channelMean, variance: channelVariance, epsilon)
  }
}

/// With `x̂` the standardized `x`: `∂x = γ / √(v + ε) · (g − mean(g) − x̂ · mean(g · x̂))`, channel by channel.
func batchNormalizationGradient(
  _ x: DoubleTensor, gamma: DoubleTensor, g: DoubleTensor, _ epsilon: Float
) -> DoubleTensor {
  let standard = x.standardized(epsilon)
  let slope = g.with(standard, *).channelMean
  let centred = g.adding(bias: g.channelMean.map { -$0 }).with(standard.scaled(by: slope), -)
  let factors = gamma.with(x.channelVariance) { gamma, v in gamma / (v + Double(epsilon)).squareRoot() }
  return centred.scaled(by: factors)
}

extension DoubleTensor {
  /// Each row of the last axis normalized by its own mean and variance.
  func standardizedRows(_ epsilon: Float) -> DoubleTensor {
    mapRows { row in
      let mean = row.reduce(0, +) / Double(row.count)
      let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(row.count)
      return row.map { ($0 - mean) / (variance + Double(epsilon)).squareRoot() }
    }
  }

  /// The mean of each row of the last axis, in every element of it.
  fileprivate var rowMeans: DoubleTensor {
    mapRows { row in Array(repeating: row.reduce(0, +) / Double(row.count), count: row.count) }
  }
}

/// With `x̂` the standardized row and `h = γ · g`: `∂x = (h − mean(h) − x̂ · mean(h · x̂)) / √(v + ε)`, row by row.
func layerNormalizationGradient(
  _ x: DoubleTensor, gamma: DoubleTensor, g: DoubleTensor, _ epsilon: Float
) -> DoubleTensor {
  let standard = x.standardizedRows(epsilon)
  let h = g.scaled(by: gamma)
  let slope = h.with(standard, *).rowMeans
  let centred = h.with(h.rowMeans, -).with(standard.with(slope, *), -)
  let distance = x.with(x.rowMeans, -)
  let variance = distance.with(distance, *).rowMeans
  return centred.with(variance) { $0 / ($1 + Double(epsilon)).squareRoot() }
}
