import Foundation

/// How an optimizer changes one weight `w` from its gradient `g` at learning rate `lr`: one fused op.
///
/// The formulas are Keras's (`keras.optimizers`).
public enum UpdateRule: Hashable, Sendable {
  /// `w ← w − lr·g`; with momentum μ, `m ← μm − lr·g` and `w ← w + m`, or with Nesterov's, `w ← w + μm − lr·g`.
  case sgd(momentum: Float, isNesterov: Bool)
  /// `v ← ρv + (1 − ρ)g²`, `Δ = lr·g / √(v + ε)`; centered, `a ← ρa + (1 − ρ)g` and `Δ = lr·g / √(v − a² + ε)`.
  /// Without momentum `w ← w − Δ`; with momentum μ, `m ← μm + Δ` and `w ← w − m`.
  case rmsprop(rho: Float, momentum: Float, epsilon: Float, isCentered: Bool)
  /// `m ← m + (1 − β₁)(g − m)`, `v ← v + (1 − β₂)(g² − v)`, and in step t `w ← w − lr·√(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v
  /// + ε)`; with AMSGrad `v̂ ← max(v̂, v)` serves for `v` in the last.
  case adam(beta1: Float, beta2: Float, epsilon: Float, isAMSGrad: Bool)

  /// The slots that the rule keeps for each weight, of the weight's shape, at first 0.
  public var slots: [Slot] {
    switch self {
    case .sgd(let momentum, _): momentum == 0 ? [] : [.momentum]
    case .rmsprop(_, let momentum, _, let isCentered):
      [.velocity] + (momentum == 0 ? [] : [.momentum]) + (isCentered ? [.averageGradient] : [])
    case .adam(_, _, _, let isAMSGrad): [.momentum, .velocity] + (isAMSGrad ? [.largestVelocity] : [])
    }
  }

  /// Whether a step depends on how many went before it.
  public var countsSteps: Bool {
    switch self {
    case .sgd, .rmsprop: false
    case .adam: true
    }
  }

  /// What corrects Adam's rate in step `t`, counted from 1, for averages that began at 0: `√(1 − β₂ᵗ) / (1 − β₁ᵗ)`; 1 for
  /// rules that don't count steps.
  package func rateCorrection(step t: Double) -> Double {
    guard case .adam(let beta1, let beta2, _, _) = self else { return 1 }
    return (1 - pow(Double(beta2), t)).squareRoot() / (1 - pow(Double(beta1), t))
  }

  /// An optimizer's state for a weight.
  public enum Slot: String, Hashable, Sendable, CaseIterable {
    /// A running mean of squared gradients.
    case velocity
    /// An accumulated step; Adam's is a running mean of gradients.
    case momentum
    /// A running mean of gradients.
    case averageGradient = "average_gradient"
    /// The largest velocity so far.
    case largestVelocity = "velocity_hat"

    /// The name of the state that holds this slot of a weight: `dense/kernel:velocity`.
    public func name(for state: String) -> String { "\(state):\(rawValue)" }
  }
}
