import WhiskerLayers

/// A learning rate that follows a schedule, as Keras writes it in place of a number: with the rates themselves, where
/// Whisker has one rate and factors on it.
struct KerasSchedule {
  let rate: Double
  let schedule: LearningRateSchedule

  /// For spans that are steps.
  private static let steps = TrainingLength(stepsPerEpoch: 1)

  /// That of an optimizer; nil if it has none, or one whose spans are epochs and training hasn't begun.
  init?(of optimizer: Optimizer) {
    guard let schedule = optimizer.schedule, schedule.resolved(in: KerasSchedule.steps) == schedule else {
      return nil
    }
    rate = Double("\(optimizer.learningRate)") ?? Double(optimizer.learningRate)
    self.schedule = schedule
  }

  /// Reads `{"class_name": "CosineDecay", "config": {…}}`; nil if Whisker doesn't have it.
  init?(_ description: JSONValue) {
    guard let config = description["config"] else { return nil }
    func steps(_ key: String) -> TrainingSpan {
      .steps(config[key]?.number.flatMap { Int(exactly: $0) } ?? 0)
    }
    let initial = config["initial_learning_rate"]?.number ?? 0
    switch description["class_name"]?.string {
    case "CosineDecay":
      let alpha = Float(config["alpha"]?.number ?? 0)
      if let target = config["warmup_target"]?.number {
        guard target > 0 else { return nil }
        rate = target
        schedule = .cosineDecay(
          over: steps("decay_steps"), alpha: alpha, warmup: steps("warmup_steps"),
          warmupStart: Float(initial / target))
      } else {
        rate = initial
        schedule = .cosineDecay(over: steps("decay_steps"), alpha: alpha)
      }
    case "ExponentialDecay":
      rate = initial
      schedule = .exponentialDecay(
        over: steps("decay_steps"), rate: Float(config["decay_rate"]?.number ?? 0),
        isStaircase: config["staircase"]?.boolean ?? false)
    case "PiecewiseConstantDecay":
      let boundaries = config["boundaries"]?.array?.map { $0.number.flatMap { Int(exactly: $0) } ?? -1 }
      let values = config["values"]?.array?.map { $0.number ?? 0 }
      guard let boundaries, let values, let first = values.first, first > 0 else { return nil }
      rate = first
      schedule = .piecewiseConstant(
        boundaries: boundaries.map { .steps($0) }, factors: values.map { Float($0 / first) })
    default: return nil
    }
  }

  /// What Keras writes; nil for a schedule that it doesn't have.
  var json: JSONValue? {
    if case .oneCycle = schedule { return nil }
    func number(_ span: TrainingSpan) -> JSONValue { .integer(span.steps(in: KerasSchedule.steps)) }
    let (className, config): (String, [String: JSONValue]) =
      switch schedule {
      case .cosineDecay(let span, let alpha, let warmup, let start):
        (
          "CosineDecay",
          [
            "initial_learning_rate": .number(warmup == .steps(0) ? rate : rate * Double(start)),
            "decay_steps": number(span), "alpha": JSONValue(alpha), "warmup_steps": number(warmup),
            "warmup_target": warmup == .steps(0) ? .null : .number(rate),
          ]
        )
      case .exponentialDecay(let span, let factor, let isStaircase):
        (
          "ExponentialDecay",
          [
            "initial_learning_rate": .number(rate), "decay_steps": number(span),
            "decay_rate": JSONValue(factor),
            "staircase": .boolean(isStaircase),
          ]
        )
      case .oneCycle: ("", [:])
      case .piecewiseConstant(let boundaries, let factors):
        (
          "PiecewiseConstantDecay",
          [
            "boundaries": .array(boundaries.map(number)),
            "values": .array(factors.map { .number(rate * Double($0)) }),
          ]
        )
      }
    return [
      "module": "keras.optimizers.schedules", "class_name": .string(className),
      "config": .object(config.merging(["name": .string(className)]) { $1 }), "registered_name": nil,
    ]
  }
}
