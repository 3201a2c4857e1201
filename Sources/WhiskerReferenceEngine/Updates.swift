import WhiskerGraph

extension UpdateRule {
  /// Changes a weight `w` and its slots; `slots` holds exactly the rule's own.
  func apply(
    to w: inout DoubleTensor, gradient g: DoubleTensor, learningRate: Double, step t: Double,
    slots: inout [Slot: DoubleTensor]
  ) {
    switch self {
    case .sgd(let momentum, let isNesterov):
      let momentum = Double(momentum)
      var step = g.map { -learningRate * $0 }
      if let m = slots[.momentum]?.with(step, { m, step in momentum * m + step }) {
        slots[.momentum] = m
        step = isNesterov ? m.with(step) { m, step in momentum * m + step } : m
      }
      w = w.with(step, +)

    case .rmsprop(let rho, let momentum, let epsilon, _):
      let (rho, momentum, epsilon) = (Double(rho), Double(momentum), Double(epsilon))
      guard let v = slots[.velocity]?.with(g, { v, g in rho * v + (1 - rho) * g * g }) else { return }
      slots[.velocity] = v
      var variance = v
      if let a = slots[.averageGradient]?.with(g, { a, g in rho * a + (1 - rho) * g }) {
        slots[.averageGradient] = a
        variance = v.with(a) { v, a in v - a * a }
      }
      var step = g.with(variance) { g, variance in learningRate * g / (variance + epsilon).squareRoot() }
      if let m = slots[.momentum]?.with(step, { m, step in momentum * m + step }) {
        slots[.momentum] = m
        step = m
      }
      w = w.with(step, -)

    case .adam(let beta1, let beta2, let epsilon, _):
      let (beta1, beta2) = (Double(beta1), Double(beta2))
      guard let m = slots[.momentum]?.with(g, { m, g in m + (1 - beta1) * (g - m) }),
        var v = slots[.velocity]?.with(g, { v, g in v + (1 - beta2) * (g * g - v) })
      else { return }
      slots[.momentum] = m
      slots[.velocity] = v
      if let largest = slots[.largestVelocity]?.with(v, max) {
        slots[.largestVelocity] = largest
        v = largest
      }
      let rate = learningRate * rateCorrection(step: t)
      w = w.with(m.with(v) { m, v in rate * m / (v.squareRoot() + Double(epsilon)) }, -)
    }
  }
}
