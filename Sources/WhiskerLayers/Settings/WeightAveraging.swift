import Foundation
import WhiskerSystem

/// A running average of the weights beside the trained ones: the result of training is the average, which varies less from
/// step to step, and often is better than any of them.
///
/// After the first step the average is the weights, and after the others `average ← average + s · (w − average)` with a share
/// `s`. The moving statistics of batch normalisation are
/// averaged with the weights that they belong to.
public enum WeightAveraging: Hashable, Sendable {
  /// `s = 1 − m`, with the momentum m at least 0 and below 1; with a warm-up `m = min(momentum, (1 + t) / (10 + t))` after
  /// step t, so that the first weights are forgotten sooner (Polyak and Juditsky 1992; Keras's `use_ema`, TensorFlow's
  /// `ExponentialMovingAverage`).
  case exponential(momentum: Float = 0.999, warmsUp: Bool = true)
  /// The mean of the weights at the end of every span, from the end of the first one on: `s = 1 / n` for the nth (Izmailov et
  /// al., "Averaging weights leads to wider optima", 2018).
  case stochastic(after: TrainingSpan, every: TrainingSpan = .epochs(1))

  /// The share of the weights after step `t`, counted from 1 since the optimizer began; 0 where the average stays.
  package func share(afterStep t: Int, in length: TrainingLength) -> Float {
    switch self {
    case .exponential(let momentum, let warmsUp):
      guard warmsUp else { return 1 - momentum }
      return Float(1 - min(Double(momentum), (1 + Double(t)) / (10 + Double(t))))
    case .stochastic(let start, let span):
      let (first, every) = (start.steps(in: length), max(1, span.steps(in: length)))
      // Until then the average is the weights.
      guard t > first else { return 1 }
      let (passed, rest) = (t - first).quotientAndRemainder(dividingBy: every)
      return rest == 0 ? 1 / Float(passed + 1) : 0
    }
  }

  /// Whether it depends on how long training lasts.
  package var dependsOnLength: Bool {
    switch self {
    case .exponential: false
    case .stochastic(let start, let span): start.isShare || span.isShare
    }
  }

  /// The name of the average of a weight among the optimizer's slots: `dense/kernel:average`.
  package static func name(for weight: String) -> String { weight + suffix }

  /// The weight whose average has this name; nil for other slots.
  static func weight(ofAverage name: String) -> String? {
    name.hasSuffix(suffix) ? String(name.dropLast(suffix.count)) : nil
  }

  private static let suffix = ":average"

  /// Checks every number; errors name the setting.
  func check() throws(WhiskerError) {
    switch self {
    case .exponential(let momentum, _):
      guard (0..<1).contains(momentum) else {
        throw WhiskerError(
          .invalidSetting, "averaging", expected: "a momentum of at least 0 and below 1", got: "\(momentum)")
      }
    case .stochastic(let start, let span):
      guard start.number >= 0, start.number <= 1e9, span.number > 0, span.number <= 1e9 else {
        throw WhiskerError(
          .invalidSetting, "averaging", expected: "a start of at least 0 and a span above 0",
          got: "\(start.number) and \(span.number)")
      }
    }
  }
}

extension TrainingState {
  /// What training results in: the averages in the place of the weights, without slots that belong to others; the state itself
  /// where no averages are kept.
  package var result: TrainingState {
    let averages = slots.compactMap { name, tensor in
      WeightAveraging.weight(ofAverage: name).map { ($0, tensor) }
    }
    guard !averages.isEmpty else { return self }
    var state = self
    state.weights.merge(averages) { $1 }
    state.slots = [:]
    state.optimizerStep = 0
    return state
  }
}
