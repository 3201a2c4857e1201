/// How an optimizer changes one weight `w` from its gradient `g` at learning rate `lr`: one fused op.
///
/// The formulas are Keras's (`keras.optimizers`).
public enum UpdateRule: Hashable, Sendable {
  /// `w ← w − lr·g`; with momentum μ, `m ← μm − lr·g` and `w ← w + m`, or with Nesterov's, `w ← w + μm − lr·g`.
  case sgd(momentum: Float, isNesterov: Bool)
  /// `v ← ρv + (1 − ρ)g²`, `Δ = lr·g / √(v + ε)`; centered, `a ← ρa + (1 − ρ)g` and `Δ = lr·g / √(v − a² + ε)`.
  /// Without momentum `w ← w − Δ`; with momentum μ, `m ← μm + Δ` and `w ← w − m`.
  case rmsprop(rho: Float, momentum: Float, epsilon: Float, isCentered: Bool)

  /// The slots that the rule keeps for each weight, of the weight's shape, at first 0.
  public var slots: [Slot] {
    switch self {
    case .sgd(let momentum, _): momentum == 0 ? [] : [.momentum]
    case .rmsprop(_, let momentum, _, let isCentered):
      [.velocity] + (momentum == 0 ? [] : [.momentum]) + (isCentered ? [.averageGradient] : [])
    }
  }

  /// What an optimizer remembers of a weight.
  public enum Slot: String, Hashable, Sendable, CaseIterable {
    /// A running mean of squared gradients.
    case velocity
    /// An accumulated step.
    case momentum
    /// A running mean of gradients.
    case averageGradient = "average_gradient"

    /// The name of the state that holds this slot of a weight: `dense/kernel:velocity`.
    public func name(for state: String) -> String { "\(state):\(rawValue)" }
  }
}
