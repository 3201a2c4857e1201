import Foundation
import WhiskerGraph
import WhiskerSystem

/// The cross-entropies. They are a few thousand numbers at most, so plain loops in Double are enough.
extension Lowering {
  func lowerCrossentropy(_ value: Value, _ loss: Crossentropy) throws(WhiskerError) {
    let prediction = try rowMajor(graph[value].operands[0])
    let target = try rowMajor(graph[value].operands[1])
    let shape = graph.shape(of: graph[value].operands[0])
    let (rows, columns) = (shape[0], shape[1])
    let output = allocate(value, Layout(rowMajor: graph.shape(of: value)))
    append(
      LoopStep("crossentropy", [prediction.buffer, target.buffer, output]) { memory in
        for row in 0..<rows {
          let sample = CrossentropySample(loss, columns, memory[0] + row * columns, memory[1], row)
          memory[2][row] = Float(sample.loss)
        }
      })
  }

  func lowerCrossentropyGradient(_ value: Value, _ loss: Crossentropy) throws(WhiskerError) {
    let prediction = try rowMajor(graph[value].operands[0])
    let target = try rowMajor(graph[value].operands[1])
    let gradient = try rowMajor(graph[value].operands[2])
    let shape = graph.shape(of: value)
    let (rows, columns) = (shape[0], shape[1])
    let output = allocate(value, Layout(rowMajor: shape))
    append(
      LoopStep(
        "crossentropyGradient", [prediction.buffer, target.buffer, gradient.buffer, output]
      ) { memory in
        for row in 0..<rows {
          let sample = CrossentropySample(loss, columns, memory[0] + row * columns, memory[1], row)
          let g = Double(memory[2][row])
          for column in 0..<columns {
            memory[3][row * columns + column] = Float(g * sample.derivative(column))
          }
        }
      })
  }
}

/// One row of predictions with its target.
private struct CrossentropySample {
  private let settings: Crossentropy
  private let predictions: [Double]
  private let targets: [Double]

  init(
    _ settings: Crossentropy, _ columns: Int, _ predictions: UnsafeMutablePointer<Float>,
    _ targets: UnsafeMutablePointer<Float>, _ row: Int
  ) {
    self.settings = settings
    self.predictions = (0..<columns).map { Double(predictions[$0]) }
    let smoothing = Double(settings.labelSmoothing)
    self.targets = (0..<columns).map { column in
      switch settings.kind {
      case .binary: Double(targets[row * columns + column]) * (1 - smoothing) + smoothing / 2
      case .categorical:
        Double(targets[row * columns + column]) * (1 - smoothing) + smoothing / Double(columns)
      case .sparseCategorical: (Int(targets[row]) == column ? 1 - smoothing : 0) + smoothing / Double(columns)
      }
    }
  }

  /// The range of probabilities; its ends are rounded to Float32 as they are in Keras.
  private static let sure =
    Double(Crossentropy.probabilityMargin)...Double(1 - Crossentropy.probabilityMargin)

  private func clipped(_ probability: Double) -> Double {
    min(max(probability, CrossentropySample.sure.lowerBound), CrossentropySample.sure.upperBound)
  }

  private func isClipped(_ probability: Double) -> Bool { clipped(probability) != probability }

  private var logSumExp: Double {
    let largest = predictions.max() ?? 0
    return largest + log(predictions.reduce(0) { $0 + exp($1 - largest) })
  }

  /// The loss of the row.
  var loss: Double {
    switch (settings.kind, settings.isFromLogits) {
    case (.binary, true):
      // max(x, 0) − x·y + log(1 + e^−|x|): no overflow at either end.
      zip(predictions, targets).reduce(0) { sum, pair in
        sum + max(pair.0, 0) - pair.0 * pair.1 + log1p(exp(-abs(pair.0)))
      } / Double(predictions.count)
    case (.binary, false):
      zip(predictions, targets).reduce(0) { sum, pair in
        let p = clipped(pair.0)
        return sum - pair.1 * log(p) - (1 - pair.1) * log(1 - p)
      } / Double(predictions.count)
    case (_, true):
      zip(predictions, targets).reduce(0) { $0 + $1.1 * (logSumExp - $1.0) }
    case (.categorical, false):
      zip(predictions, targets).reduce(0) { $0 - $1.1 * log(clipped($1.0 / total)) }
    case (.sparseCategorical, false):
      zip(predictions, targets).reduce(0) { $0 - $1.1 * log(clipped($1.0) / total) }
    }
  }

  /// What Keras divides probabilities by: their sum before clipping for categorical targets, after it for sparse.
  private var total: Double {
    settings.kind == .sparseCategorical
      ? predictions.reduce(0) { $0 + clipped($1) } : predictions.reduce(0, +)
  }

  /// The derivative of the loss for one prediction.
  func derivative(_ column: Int) -> Double {
    let (x, y) = (predictions[column], targets[column])
    switch (settings.kind, settings.isFromLogits) {
    case (.binary, true): return (1 / (1 + exp(-x)) - y) / Double(predictions.count)
    case (.binary, false):
      guard !isClipped(x) else { return 0 }
      return (x - y) / (x * (1 - x)) / Double(predictions.count)
    case (_, true):
      return exp(x - logSumExp) * targets.reduce(0, +) - y
    case (.categorical, false):
      // −Σ yᵢ log(pᵢ / Σp): each unclipped term also pulls on the sum.
      let own = isClipped(x / total) ? 0 : -y / x
      let shared = zip(predictions, targets).reduce(0) { $0 + (isClipped($1.0 / total) ? 0 : $1.1) }
      return own + shared / total
    case (.sparseCategorical, false):
      return isClipped(x) ? 0 : -y / x + targets.reduce(0, +) / total
    }
  }
}
