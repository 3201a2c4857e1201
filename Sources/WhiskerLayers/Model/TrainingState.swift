public import WhiskerTensors

/// Everything that training changes: weights, what the optimizer remembers of them, and the steps taken.
public struct TrainingState: Hashable, Sendable {
  /// Weights by name: `conv2d/kernel`.
  public var weights: [String: Tensor]
  /// The optimizer's slots by name: `conv2d/kernel:velocity`.
  ///
  /// A slot that isn't here is 0.
  public var slots: [String: Tensor] = [:]
  /// Steps taken so far, which say where in the stream of samples training is.
  public var step = 0
  /// Steps since the optimizer began afresh, which its slots, its bias correction and its schedule go by: fewer than
  /// ``step`` where a model was compiled again in between.
  public var optimizerStep = 0

  /// A state before the first step.
  public init(weights: [String: Tensor]) { self.weights = weights }
}
