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
