/// How long something lasts in training.
public enum TrainingSpan: Hashable, Sendable {
  /// A number of steps of the optimizer.
  case steps(Int)
  /// A number of epochs, fractions allowed.
  case epochs(Double)
  /// A part of the whole training, or of its phase: 0.5 is half of it.
  case share(Double)

  /// The span in steps of the optimizer, rounded; `2⁵³` at most, which is more than anybody needs.
  public func steps(in length: TrainingLength) -> Int {
    switch self {
    case .steps(let steps): steps
    case .epochs(let epochs): length.steps(epochs: epochs)
    case .share(let share): length.steps(epochs: share * Double(length.epochs))
    }
  }

  /// Its number, of steps or of epochs, or the share.
  package var number: Double {
    switch self {
    case .steps(let steps): Double(steps)
    case .epochs(let epochs): epochs
    case .share(let share): share
    }
  }

  /// Whether it depends on how long training lasts.
  package var isShare: Bool { if case .share = self { true } else { false } }
}

/// How long a training is, or a phase of it.
public struct TrainingLength: Hashable, Sendable {
  /// Batches in an epoch, at least 1.
  public var stepsPerEpoch: Int
  /// Epochs, at least 1.
  public var epochs: Int
  /// How many batches the optimizer takes one step for, at least 1 (``Optimizer/accumulationSteps``).
  public var accumulationSteps: Int

  /// A length in epochs of so many batches.
  public init(stepsPerEpoch: Int, epochs: Int = 1, accumulationSteps: Int = 1) {
    self.stepsPerEpoch = stepsPerEpoch
    self.epochs = epochs
    self.accumulationSteps = accumulationSteps
  }

  /// The optimizer's steps in all of it.
  var steps: Int { steps(epochs: Double(epochs)) }

  func steps(epochs: Double) -> Int {
    Int(min(epochs * Double(stepsPerEpoch) / Double(accumulationSteps), 0x1p53).rounded())
  }
}
