public import WhiskerGraph
package import WhiskerSystem

/// How gradients update the weights: a rule and a learning rate.
public struct Optimizer: Hashable, Sendable {
  /// The rule.
  public var rule: UpdateRule
  /// The learning rate, above 0.
  public var learningRate: Float
  /// What part of each weight is removed in a step at rate 1, apart from the gradient: `w ← w − decay · lr · w`
  /// before the rule's own change (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019), at
  /// least 0.
  public var weightDecay: Float
  /// The weights that don't decay, by name or pattern: `bias`, `gamma`, or with the layer's, `stem/*`.
  ///
  /// Without biases and the scales of normalisations it is the usual way to train convolutional networks (He et al., "Bag of
  /// tricks", 2019); Keras's `exclude_from_weight_decay`.
  public var decayExceptions: [String] = []
  /// The average of the weights that training results in; nil for the last weights.
  public var averaging: WeightAveraging?
  /// What keeps gradients from being too large; nil leaves them.
  public var clipping: GradientClipping?
  /// How many batches one step is taken for, at least 1: their gradients are averaged, as those of one larger batch would be,
  /// while batch normalisation still goes by each batch (Keras's `gradient_accumulation_steps`).
  ///
  /// Schedules and averages count the steps that change weights, not the batches.
  public var accumulationSteps = 1
  /// How the rate changes from step to step; nil for a constant one.
  public var schedule: LearningRateSchedule?
  /// Factors on the rate for layers whose names match a pattern, such as `["block[1-4]*": 0.1]`; the others
  /// have 1.
  public var rateFactors: [String: Float] = [:]

  /// A rule with its learning rate, without decay unless given.
  public init(
    _ rule: UpdateRule, learningRate: Float, weightDecay: Float = 0, schedule: LearningRateSchedule? = nil
  ) {
    self.rule = rule
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.schedule = schedule
  }

  /// The same optimizer with a schedule.
  public func following(_ schedule: LearningRateSchedule) -> Optimizer {
    var optimizer = self
    optimizer.schedule = schedule
    return optimizer
  }

  /// The learning rate after a number of steps.
  package func rate(at step: Int, in length: TrainingLength) -> Float {
    guard let schedule else { return learningRate }
    return Float(Double(learningRate) * schedule.factor(at: step, in: length))
  }

  /// Whether its steps depend on how long training lasts.
  package var dependsOnLength: Bool {
    schedule?.dependsOnLength == true || averaging?.dependsOnLength == true
  }

  /// What follows a weight's name in that of the sum of its gradients, which is kept where several batches are taken for one
  /// step.
  package static let accumulator = "gradient_accumulator"

  /// The names of everything that is kept for each weight from step to step besides averages: Keras's, in its order.
  package var slotNames: [String] {
    (accumulationSteps > 1 ? [Self.accumulator] : []) + rule.slots.map(\.rawValue)
  }

  /// The name of a slot of a weight: `dense/kernel:velocity`.
  package static func slot(_ slot: String, of weight: String) -> String { "\(weight):\(slot)" }

  /// The factor of each trainable weight of a network that has another than 1, by the weight's name.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` for a pattern that matches no layer, and for a layer that two
  ///   patterns match.
  package func rateFactors(in network: Network) throws(WhiskerError) -> [String: Float] {
    var patterns: [String: String] = [:]
    var factors: [String: Float] = [:]
    for (pattern, factor) in rateFactors.sorted(by: { $0.key < $1.key }) {
      for entry in try network.layers(matching: pattern) {
        if let other = patterns.updateValue(pattern, forKey: entry.name) {
          throw WhiskerError(
            .invalidSetting, entry.name,
            expected: "one rate that fits it", got: "those of \"\(other)\" and \"\(pattern)\"")
        }
        for weight in entry.trainableWeights where factor != 1 {
          factors[entry.stateName(of: weight)] = factor
        }
      }
    }
    return factors
  }

  /// The trainable weights of a network that don't decay, by name.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` for a pattern that fits no weight, as a misspelt one must be
  ///   noticed.
  package func undecayedWeights(of network: Network) throws(WhiskerError) -> Set<String> {
    var found: Set<String> = []
    for pattern in decayExceptions {
      let glob = GlobPattern(pattern)
      let names = network.layers.flatMap { entry in
        entry.trainableWeights.filter { glob.matches($0.name) || glob.matches(entry.stateName(of: $0)) }
          .map { entry.stateName(of: $0) }
      }
      guard !names.isEmpty else {
        throw WhiskerError(
          .invalidSetting, "weight decay", expected: "exceptions that are names of weights, such as bias",
          got: "\"\(pattern)\"")
      }
      found.formUnion(names)
    }
    return found
  }

  /// RMSprop (Tieleman and Hinton 2012) with Keras's defaults; the formula is in ``WhiskerGraph/UpdateRule``.
  public static func rmsprop(
    learningRate: Float = 1e-3, rho: Float = 0.9, momentum: Float = 0, epsilon: Float = 1e-7,
    isCentered: Bool = false, weightDecay: Float = 0
  ) -> Optimizer {
    Optimizer(
      .rmsprop(rho: rho, momentum: momentum, epsilon: epsilon, isCentered: isCentered),
      learningRate: learningRate, weightDecay: weightDecay)
  }

  /// Stochastic gradient descent with Keras's defaults; the formula is in ``WhiskerGraph/UpdateRule``.
  public static func sgd(
    learningRate: Float = 0.01, momentum: Float = 0, isNesterov: Bool = false, weightDecay: Float = 0
  ) -> Optimizer {
    Optimizer(
      .sgd(momentum: momentum, isNesterov: isNesterov), learningRate: learningRate, weightDecay: weightDecay)
  }

  /// Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015) with Keras's defaults; the formula is in
  /// ``WhiskerGraph/UpdateRule``.
  public static func adam(
    learningRate: Float = 1e-3, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-7,
    isAMSGrad: Bool = false
  ) -> Optimizer {
    adamW(
      learningRate: learningRate, weightDecay: 0, beta1: beta1, beta2: beta2, epsilon: epsilon,
      isAMSGrad: isAMSGrad)
  }

  /// Adam with decoupled weight decay, with Keras's defaults.
  public static func adamW(
    learningRate: Float = 1e-3, weightDecay: Float = 0.004, beta1: Float = 0.9, beta2: Float = 0.999,
    epsilon: Float = 1e-7, isAMSGrad: Bool = false
  ) -> Optimizer {
    Optimizer(
      .adam(beta1: beta1, beta2: beta2, epsilon: epsilon, isAMSGrad: isAMSGrad), learningRate: learningRate,
      weightDecay: weightDecay)
  }

  /// Checks every number; errors name the setting.
  package func check() throws(WhiskerError) {
    func require(_ isValid: Bool, _ name: String, _ expected: String, _ value: Float) throws(WhiskerError) {
      guard isValid else {
        throw WhiskerError(.invalidSetting, name, expected: "\(expected)", got: "\(value)")
      }
    }
    try require(
      learningRate > 0 && learningRate.isFinite, "learning rate", "a number above 0", learningRate)
    try require(
      weightDecay >= 0 && weightDecay.isFinite, "weight decay", "a number of at least 0", weightDecay)
    try clipping?.check()
    try require(
      (1...1_000_000).contains(accumulationSteps), "accumulation steps", "1 to 1000000",
      Float(accumulationSteps))
    try schedule?.check()
    try averaging?.check()
    for (pattern, factor) in rateFactors.sorted(by: { $0.key < $1.key }) {
      try require(factor > 0 && factor.isFinite, "rates", "numbers above 0, as for \"\(pattern)\"", factor)
    }
    switch rule {
    case .sgd(let momentum, _):
      try require((0..<1).contains(momentum), "momentum", "at least 0 and below 1", momentum)
    case .rmsprop(let rho, let momentum, let epsilon, _):
      try require((0...1).contains(rho), "rho", "a number from 0 to 1", rho)
      try require((0..<1).contains(momentum), "momentum", "at least 0 and below 1", momentum)
      try require(epsilon > 0 && epsilon.isFinite, "epsilon", "a number above 0", epsilon)
    case .adam(let beta1, let beta2, let epsilon, _):
      try require((0..<1).contains(beta1), "beta 1", "at least 0 and below 1", beta1)
      try require((0..<1).contains(beta2), "beta 2", "at least 0 and below 1", beta2)
      try require(epsilon > 0 && epsilon.isFinite, "epsilon", "a number above 0", epsilon)
    }
  }
}

extension Optimizer {
  /// Keras's name: `RMSprop`; Adam with weight decay is `AdamW`.
  public var name: String {
    switch rule {
    case .sgd: "SGD"
    case .rmsprop: "RMSprop"
    case .adam: weightDecay == 0 ? "Adam" : "AdamW"
    }
  }
}
