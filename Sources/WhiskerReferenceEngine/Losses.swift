import Foundation
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors

/// The limits that probabilities are clipped to, with the upper one as 32-bit arithmetic rounds it, so that a
/// prediction of exactly 1 costs what it does in Keras.
private let leastProbability = Double(Crossentropy.probabilityMargin)
private let greatestProbability = Double(1 - Crossentropy.probabilityMargin)

private func clip(_ probability: Double) -> Double {
  min(max(probability, leastProbability), greatestProbability)
}

/// The derivative of ``clip(_:)``.
private func clipSlope(_ probability: Double) -> Double {
  probability >= leastProbability && probability <= greatestProbability ? 1 : 0
}

extension Crossentropy {
  /// One loss for each sample: predictions `[N, K]` and targets `[N, K]`, or `[N]` if sparse, give `[N]`.
  func result(_ prediction: DoubleTensor, target: DoubleTensor) throws(WhiskerError) -> DoubleTensor {
    let targets = try targetRows(target, prediction.shape)
    var losses = DoubleTensor([prediction.shape[0]])
    for sample in losses.values.indices {
      losses.values[sample] = loss(prediction.row(sample), targets.row(sample))
    }
    return losses
  }

  /// The gradient `g [N]` of the losses carried back to the predictions.
  func gradient(
    _ prediction: DoubleTensor, target: DoubleTensor, g: DoubleTensor
  ) throws(WhiskerError) -> DoubleTensor {
    let targets = try targetRows(target, prediction.shape)
    var rows: [Double] = []
    for sample in g.values.indices {
      let slope = gradient(prediction.row(sample), targets.row(sample))
      rows += slope.map { g.values[sample] * $0 }
    }
    return DoubleTensor(prediction.shape, rows)
  }

  /// The targets as a probability for each class, `[N, K]`, smoothed.
  private func targetRows(_ target: DoubleTensor, _ shape: Shape) throws(WhiskerError) -> DoubleTensor {
    let smoothing = Double(labelSmoothing)
    let share = smoothing / (kind == .binary ? 2 : Double(shape[1]))
    guard kind == .sparseCategorical else { return target.map { $0 * (1 - smoothing) + share } }
    var rows = DoubleTensor(shape)
    for (sample, label) in target.values.enumerated() {
      guard let label = Int(exactly: label), 0..<shape[1] ~= label else {
        throw WhiskerError(
          .badBinding, "crossentropy", expected: "classes 0 to \(shape[1] - 1) as targets", got: "\(label)")
      }
      rows.values[sample * shape[1] + label] = 1
    }
    return rows.map { $0 * (1 - smoothing) + share }
  }

  private func loss(_ x: [Double], _ t: [Double]) -> Double {
    switch (kind, isFromLogits) {
    case (.binary, true):
      // −t·log σ(x) − (1 − t)·log(1 − σ(x)), rearranged so that no power overflows.
      return mean(zip(x, t).map { x, t in max(x, 0) - x * t + log1p(exp(-abs(x))) })
    case (.binary, false):
      return mean(zip(x, t).map { x, t in -t * log(clip(x)) - (1 - t) * log(1 - clip(x)) })
    case (.categorical, true), (.sparseCategorical, true):
      return -sum(zip(t, logSoftmax(x)).map(*))
    case (.categorical, false):
      // Keras makes each row sum to 1, then clips.
      let total = sum(x)
      return -sum(zip(x, t).map { x, t in t * log(clip(x / total)) })
    case (.sparseCategorical, false):
      // Keras clips, then takes the logarithms for logits.
      return -sum(zip(t, logSoftmax(x.map { log(clip($0)) })).map(*))
    }
  }

  /// The derivative of ``loss(_:_:)`` by each prediction.
  private func gradient(_ x: [Double], _ t: [Double]) -> [Double] {
    let count = Double(x.count)
    switch (kind, isFromLogits) {
    case (.binary, true):
      return zip(x, t).map { x, t in (1 / (1 + exp(-x)) - t) / count }
    case (.binary, false):
      return zip(x, t).map { x, t in
        (-t / clip(x) + (1 - t) / (1 - clip(x))) * clipSlope(x) / count
      }
    case (.categorical, true), (.sparseCategorical, true):
      return logitsGradient(x, t)
    case (.categorical, false):
      // With q = x / Σx: ∂q = −t / clip(q) where q isn't clipped, and ∂x = (∂q − Σ ∂q·q) / Σx.
      let total = sum(x)
      let q = x.map { $0 / total }
      let slopes = zip(q, t).map { q, t in -t / clip(q) * clipSlope(q) }
      let mean = sum(zip(slopes, q).map(*))
      return slopes.map { ($0 - mean) / total }
    case (.sparseCategorical, false):
      let logits = x.map { log(clip($0)) }
      return zip(x, logitsGradient(logits, t)).map { x, slope in slope / clip(x) * clipSlope(x) }
    }
  }

  /// `softmax(x) · Σt − t`.
  private func logitsGradient(_ x: [Double], _ t: [Double]) -> [Double] {
    let total = sum(t)
    return zip(softmaxRow(x[...]), t).map { $0 * total - $1 }
  }
}

/// `x − log Σeˣ`, from differences to the largest so that no power overflows.
private func logSoftmax(_ x: [Double]) -> [Double] {
  let largest = x.max() ?? 0
  let logarithm = largest + log(sum(x.map { exp($0 - largest) }))
  return x.map { $0 - logarithm }
}

private func sum(_ x: [Double]) -> Double { x.reduce(0, +) }

private func mean(_ x: [Double]) -> Double { sum(x) / Double(x.count) }

extension DoubleTensor {
  /// One row of a matrix.
  fileprivate func row(_ index: Int) -> [Double] {
    Array(values[index * channels..<(index + 1) * channels])
  }
}
