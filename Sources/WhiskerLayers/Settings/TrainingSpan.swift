/// How long something lasts in training.
public enum TrainingSpan: Hashable, Sendable {
  /// A number of steps of the optimizer.
  case steps(Int)
  /// A number of epochs, fractions allowed.
  case epochs(Double)

  /// The span in steps, rounded, for epochs of a given number of steps; `2⁵³` at most, which is more than
  /// anybody needs.
  public func steps(perEpoch: Int) -> Int {
    switch self {
    case .steps(let steps): steps
    case .epochs(let epochs): Int(min(epochs * Double(perEpoch), 0x1p53).rounded())
    }
  }

  /// Its number, of steps or of epochs.
  package var number: Double {
    switch self {
    case .steps(let steps): Double(steps)
    case .epochs(let epochs): epochs
    }
  }
}
