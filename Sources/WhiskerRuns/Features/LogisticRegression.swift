import Dispatch
import Foundation
package import WhiskerDatasets
package import WhiskerLayers
package import WhiskerTensors
package import WhiskerTraining

/// Logistic regression on features, fitted to convergence: the best that a dense layer with a sigmoid or
/// softmax can learn.
///
/// Minimises `Σ wᵢ lᵢ / N + λ/2 · Σ kernel²`, in Double; the bias has no penalty. Two classes have one output,
/// the logit of the second; with more, each class has one.
package struct LogisticRegression {
  /// Features `[N, F]` with the class of each row and how much it counts.
  package struct Samples {
    package private(set) var features: [Float]
    package private(set) var labels: [Int]
    /// One for each row.
    package private(set) var weights: [Double]
    package let featureCount: Int

    package init(features: [Float], labels: [Int], weights: [Double]?, featureCount: Int) {
      precondition(
        features.count == labels.count * featureCount, "\(features.count) features for \(labels.count)")
      self.features = features
      self.labels = labels
      self.weights = weights ?? Array(repeating: 1, count: labels.count)
      self.featureCount = featureCount
    }

    /// No rows yet.
    init(featureCount: Int) {
      self.init(features: [], labels: [], weights: [], featureCount: featureCount)
    }

    package var count: Int { labels.count }

    /// The samples of each class, by their weights.
    package func classBalance(classes: Int) -> ClassBalance {
      ClassBalance(labels: labels, weights: weights, classCount: classes)
    }

    /// The same with each sample's weight times that of its class; nil changes nothing.
    package func weighed(by classWeights: [Double]?) -> Samples {
      guard let classWeights else { return self }
      var samples = self
      for row in labels.indices { samples.weights[row] *= classWeights[labels[row]] }
      return samples
    }

    mutating func append(_ row: ArraySlice<Float>, label: Int, weight: Double) {
      features += row
      labels.append(label)
      weights.append(weight)
    }

    mutating func append(_ other: Samples) {
      features += other.features
      labels += other.labels
      weights += other.weights
    }
  }

  /// `[F, outputs]`, row-major, then the biases.
  package private(set) var parameters: [Double]
  private let featureCount: Int
  private let outputs: Int

  /// An unfitted regression.
  package init(featureCount: Int, classes: Int) {
    self.featureCount = featureCount
    outputs = classes == 2 ? 1 : classes
    parameters = Array(repeating: 0, count: (featureCount + 1) * outputs)
  }

  /// The kernel `[F, outputs]` of a dense layer.
  package var kernel: Tensor {
    Tensor(shape: [featureCount, outputs], values: parameters.dropLast(outputs).map { Float($0) })
  }

  /// The bias `[outputs]` of a dense layer.
  package var bias: Tensor { Tensor(shape: [outputs], values: parameters.suffix(outputs).map { Float($0) }) }

  /// Continues from its current parameters to the best ones for a penalty.
  ///
  /// - Throws: `CancellationError`.
  package mutating func fit(_ samples: Samples, penalty: Double) throws {
    parameters = try Minimizer().lowest(from: parameters) { point in
      try Task.checkCancellation()
      return slope(samples, at: point, penalty: penalty)
    }
  }

  /// Loss (without penalty) and accuracy on samples.
  package func score(_ samples: Samples) -> History.Score {
    let parts = Self.chunks(of: samples.count).map { rows in
      var part = Part(count: 0)
      part.add(rows, of: samples, at: parameters, outputs: outputs, wantsGradient: false)
      return part
    }
    let count = Double(max(1, samples.count))
    return History.Score(
      loss: parts.reduce(0) { $0 + $1.loss } / count,
      accuracy: Double(parts.reduce(0) { $0 + $1.right }) / count)
  }

  /// The same with other metrics besides.
  package func score(_ samples: Samples, measuring metrics: [Metric]) -> History.Score {
    var score = score(samples)
    if var tally = MetricTally(beside: metrics, outputCount: outputs) {
      tally.add(
        predictions(samples),
        labels: Tensor(shape: [samples.count], values: samples.labels.map { Float($0) }),
        weights: samples.weights.allSatisfy { $0 == 1 }
          ? nil : Tensor(shape: [samples.count], values: samples.weights.map { Float($0) }))
      score.metrics = tally.values
    }
    return score
  }

  /// The probabilities of samples, `[N, outputs]`.
  private func predictions(_ samples: Samples) -> Tensor {
    var values: [Float] = []
    var logits = [Double](repeating: 0, count: outputs)
    samples.features.withUnsafeBufferPointer { features in
      parameters.withUnsafeBufferPointer { parameters in
        for row in 0..<samples.count {
          let x = UnsafeBufferPointer(rebasing: features[row * featureCount..<(row + 1) * featureCount])
          Self.logits(x, parameters, into: &logits)
          let largest = logits.max() ?? 0
          let sum = logits.reduce(0) { $0 + exp($1 - largest) }
          values +=
            outputs == 1
            ? [Float(1 / (1 + exp(-logits[0])))] : logits.map { Float(exp($0 - largest) / sum) }
        }
      }
    }
    return Tensor(shape: [samples.count, outputs], values: values)
  }

  /// Rows in one piece of work: fixed, so that sums come out the same however many threads there are.
  private static let chunkSize = 256

  private static func chunks(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: chunkSize).map { $0..<min($0 + chunkSize, count) }
  }

  private func slope(_ samples: Samples, at point: [Double], penalty: Double) -> Minimizer.Slope {
    let chunks = Self.chunks(of: samples.count)
    let outputs = outputs
    var parts = [Part](repeating: Part(count: point.count), count: chunks.count)
    parts.withUnsafeMutableBufferPointer { parts in
      // Each piece writes its own part.
      nonisolated(unsafe) let parts = parts
      DispatchQueue.concurrentPerform(iterations: chunks.count) { index in
        parts[index].add(chunks[index], of: samples, at: point, outputs: outputs, wantsGradient: true)
      }
    }
    let count = Double(samples.count)
    var (value, gradient) = (0.0, [Double](repeating: 0, count: point.count))
    for part in parts {
      value += part.loss / count
      for index in gradient.indices { gradient[index] += part.gradient[index] / count }
    }
    for index in 0..<featureCount * outputs {
      value += penalty / 2 * point[index] * point[index]
      gradient[index] += penalty * point[index]
    }
    return (value, gradient)
  }

  /// What some rows contribute.
  private struct Part {
    var loss = 0.0
    var right = 0
    var gradient: [Double]

    init(count: Int) { gradient = Array(repeating: 0, count: count) }

    mutating func add(
      _ rows: Range<Int>, of samples: Samples, at point: [Double], outputs: Int, wantsGradient: Bool
    ) {
      let features = samples.featureCount
      var logits = [Double](repeating: 0, count: outputs)
      samples.features.withUnsafeBufferPointer { values in
        point.withUnsafeBufferPointer { point in
          for row in rows {
            let x = UnsafeBufferPointer(rebasing: values[row * features..<(row + 1) * features])
            LogisticRegression.logits(x, point, into: &logits)
            let weight = samples.weights[row]
            let (loss, isRight) = LogisticRegression.differentiate(&logits, label: samples.labels[row])
            self.loss += weight * loss
            right += isRight ? 1 : 0
            guard wantsGradient else { continue }
            gradient.withUnsafeMutableBufferPointer { gradient in
              LogisticRegression.accumulate(x, logits, weight, into: gradient)
            }
          }
        }
      }
    }
  }

  /// `x · kernel + bias`.
  private static func logits(
    _ x: UnsafeBufferPointer<Float>, _ point: UnsafeBufferPointer<Double>, into logits: inout [Double]
  ) {
    let outputs = logits.count
    if outputs == 1 {
      // Four sums at once, in a fixed order.
      var sums = SIMD4<Double>()
      let whole = x.count & ~3
      for index in stride(from: 0, to: whole, by: 4) {
        let weights = SIMD4(point[index], point[index + 1], point[index + 2], point[index + 3])
        let values = SIMD4<Float>(x[index], x[index + 1], x[index + 2], x[index + 3])
        sums += weights * SIMD4<Double>(values)
      }
      var sum = sums.sum() + point[x.count]
      for index in whole..<x.count { sum += Double(x[index]) * point[index] }
      logits[0] = sum
      return
    }
    for output in 0..<outputs { logits[output] = point[x.count * outputs + output] }
    for index in 0..<x.count {
      let value = Double(x[index])
      for output in 0..<outputs { logits[output] += value * point[index * outputs + output] }
    }
  }

  /// Turns logits into the loss's derivatives for them.
  private static func differentiate(_ logits: inout [Double], label: Int) -> (loss: Double, isRight: Bool) {
    if logits.count == 1 {
      let logit = logits[0]
      let (target, isRight) = (Double(label), (logit > 0) == (label == 1))
      let loss = max(logit, 0) - logit * target + log1p(exp(-abs(logit)))
      logits[0] = 1 / (1 + exp(-logit)) - target
      return (loss, isRight)
    }
    let largest = logits.max() ?? 0
    let best = logits.firstIndex(of: largest)
    let sum = logits.reduce(0) { $0 + exp($1 - largest) }
    let loss = largest + log(sum) - logits[label]
    for output in logits.indices { logits[output] = exp(logits[output] - largest) / sum }
    logits[label] -= 1
    return (loss, best == label)
  }

  private static func accumulate(
    _ x: UnsafeBufferPointer<Float>, _ derivatives: [Double], _ weight: Double,
    into gradient: UnsafeMutableBufferPointer<Double>
  ) {
    let outputs = derivatives.count
    if outputs == 1 {
      let factor = weight * derivatives[0]
      for index in 0..<x.count { gradient[index] += factor * Double(x[index]) }
      gradient[x.count] += factor
      return
    }
    for index in 0..<x.count {
      let value = weight * Double(x[index])
      for output in 0..<outputs { gradient[index * outputs + output] += value * derivatives[output] }
    }
    for output in 0..<outputs { gradient[x.count * outputs + output] += weight * derivatives[output] }
  }
}
