public import WhiskerGraph

/// How weights follow their gradients: a rule and a learning rate.
public struct Optimizer: Hashable, Sendable {
  /// The rule.
  public var rule: UpdateRule
  /// The learning rate, above 0.
  public var learningRate: Float

  /// A rule with its learning rate.
  public init(_ rule: UpdateRule, learningRate: Float) {
    self.rule = rule
    self.learningRate = learningRate
  }

  /// RMSprop (Tieleman and Hinton 2012) with Keras's defaults; the formula is in ``WhiskerGraph/UpdateRule``.
  public static func rmsprop(
    learningRate: Float = 1e-3, rho: Float = 0.9, momentum: Float = 0, epsilon: Float = 1e-7,
    isCentered: Bool = false
  ) -> Optimizer {
    Optimizer(
      .rmsprop(rho: rho, momentum: momentum, epsilon: epsilon, isCentered: isCentered),
      learningRate: learningRate)
  }

  /// Stochastic gradient descent with Keras's defaults; the formula is in ``WhiskerGraph/UpdateRule``.
  public static func sgd(
    learningRate: Float = 0.01, momentum: Float = 0, isNesterov: Bool = false
  ) -> Optimizer {
    Optimizer(.sgd(momentum: momentum, isNesterov: isNesterov), learningRate: learningRate)
  }

  /// Checks every number; errors name the setting.
  package func check() throws(ModelError) {
    func require(_ isValid: Bool, _ name: String, _ expected: String, _ value: Float) throws(ModelError) {
      guard isValid else {
        throw ModelError(.invalidSetting, layer: name, "expected \(expected), got \(value)")
      }
    }
    try require(
      learningRate > 0 && learningRate.isFinite, "learning rate", "a number above 0", learningRate)
    switch rule {
    case .sgd(let momentum, _):
      try require((0..<1).contains(momentum), "momentum", "at least 0 and below 1", momentum)
    case .rmsprop(let rho, let momentum, let epsilon, _):
      try require((0...1).contains(rho), "rho", "a number from 0 to 1", rho)
      try require((0..<1).contains(momentum), "momentum", "at least 0 and below 1", momentum)
      try require(epsilon > 0 && epsilon.isFinite, "epsilon", "a number above 0", epsilon)
    }
  }
}

extension Optimizer {
  /// The rule's name: `RMSprop`.
  public var name: String {
    switch rule {
    case .sgd: "SGD"
    case .rmsprop: "RMSprop"
    }
  }
}
