public import WhiskerSystem
public import WhiskerTensors

/// Everything that training changes: weights, the optimizer's state, and the steps taken.
public struct TrainingState: Hashable, Sendable {
  /// Weights by name: `conv2d/kernel`.
  public var weights: [String: Tensor]
  /// The optimizer's slots by name: `conv2d/kernel:velocity`.
  ///
  /// A slot that isn't here is 0.
  public var slots: [String: Tensor] = [:]
  /// Steps taken so far, which give the position in the stream of samples.
  public var step = 0
  /// Steps since the optimizer started anew, which its slots, its bias correction and its schedule are based
  /// on: fewer than ``step`` where a model was compiled again in between.
  public var optimizerStep = 0

  /// A state before the first step.
  public init(weights: [String: Tensor]) { self.weights = weights }

  /// The largest weight that can be computed with: of larger ones products overflow.
  package static let largestWeight: Float = 0x1p62

  /// Why the weights can't be used for training; nil if they can.
  package var complaint: (expected: String, got: String)? {
    for (name, weight) in weights.sorted(by: { $0.key < $1.key }) {
      guard let wrong = weight.values.first(where: { !(abs($0) <= Self.largestWeight) }) else { continue }
      return wrong.isFinite
        ? ("weights of at most \(Self.largestWeight)", "\(wrong) in \(name)")
        : ("finite weights", "\(wrong) in \(name)")
    }
    return nil
  }
}

extension TrainingState: ShortDescription {
  /// The steps, and the weights and slots by their names and shapes.
  public var description: String {
    "TrainingState(step: \(step), optimizerStep: \(optimizerStep), weights: \(weights.excerpt), "
      + "slots: \(slots.excerpt))"
  }
}
