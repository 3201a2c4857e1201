import WhiskerLayers
import WhiskerSystem

/// The `schedule` of a recipe's optimizer: `{cosine_decay: {warmup_epochs: 1, decay_epochs: 9}}`.
///
/// Spans are given in epochs or in steps.
struct RecipeSchedule: Codable {
  let schedule: LearningRateSchedule

  private enum Keys: String, CodingKey, CaseIterable {
    case cosineDecay = "cosine_decay"
    case exponentialDecay = "exponential_decay"
    case oneCycle = "one_cycle"
    case piecewiseConstant = "piecewise_constant"
  }
  private enum CosineKeys: String, CodingKey, CaseIterable {
    case steps = "decay_steps"
    case epochs = "decay_epochs"
    case alpha
    case warmupSteps = "warmup_steps"
    case warmupEpochs = "warmup_epochs"
    case warmupStart = "warmup_start"
  }
  private enum ExponentialKeys: String, CodingKey, CaseIterable {
    case steps = "decay_steps"
    case epochs = "decay_epochs"
    case rate = "decay_rate"
    case staircase
  }
  private enum OneCycleKeys: String, CodingKey, CaseIterable {
    case steps = "cycle_steps"
    case epochs = "cycle_epochs"
    case rise, start, end
  }
  private enum PiecewiseKeys: String, CodingKey, CaseIterable {
    case steps = "boundary_steps"
    case epochs = "boundary_epochs"
    case factors
  }

  init(_ schedule: LearningRateSchedule) { self.schedule = schedule }

  init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, Keys.self)
    let container = try decoder.container(keyedBy: Keys.self)
    let key = try container.onlyKey()
    let settings = try container.superDecoder(forKey: key)
    switch key {
    case .cosineDecay:
      try refuseUnknownKeys(settings, CosineKeys.self)
      let values = try settings.container(keyedBy: CosineKeys.self)
      schedule = .cosineDecay(
        over: try values.requiredSpan(steps: .steps, epochs: .epochs),
        alpha: try values.decodeIfPresent(Float.self, forKey: .alpha) ?? 0,
        warmup: try values.span(steps: .warmupSteps, epochs: .warmupEpochs) ?? .steps(0),
        warmupStart: try values.decodeIfPresent(Float.self, forKey: .warmupStart) ?? 0)
    case .exponentialDecay:
      try refuseUnknownKeys(settings, ExponentialKeys.self)
      let values = try settings.container(keyedBy: ExponentialKeys.self)
      schedule = .exponentialDecay(
        over: try values.requiredSpan(steps: .steps, epochs: .epochs),
        rate: try values.decode(Float.self, forKey: .rate),
        isStaircase: try values.decodeIfPresent(Bool.self, forKey: .staircase) ?? false)
    case .oneCycle:
      try refuseUnknownKeys(settings, OneCycleKeys.self)
      let values = try settings.container(keyedBy: OneCycleKeys.self)
      schedule = .oneCycle(
        over: try values.requiredSpan(steps: .steps, epochs: .epochs),
        rise: try values.decodeIfPresent(Float.self, forKey: .rise) ?? 0.3,
        start: try values.decodeIfPresent(Float.self, forKey: .start) ?? 0.04,
        end: try values.decodeIfPresent(Float.self, forKey: .end) ?? 4e-6)
    case .piecewiseConstant:
      try refuseUnknownKeys(settings, PiecewiseKeys.self)
      let values = try settings.container(keyedBy: PiecewiseKeys.self)
      try values.refuseBoth(.steps, .epochs)
      let boundaries: [TrainingSpan] =
        if let steps = try values.decodeIfPresent([Int].self, forKey: .steps) {
          steps.map { .steps($0) }
        } else {
          try values.decode([Double].self, forKey: .epochs).map { .epochs($0) }
        }
      schedule = .piecewiseConstant(
        boundaries: boundaries, factors: try values.decode([Float].self, forKey: .factors))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    switch schedule {
    case .cosineDecay(let span, let alpha, let warmup, let start):
      var values = container.nestedContainer(keyedBy: CosineKeys.self, forKey: .cosineDecay)
      if warmup != .steps(0) { try values.encode(warmup, steps: .warmupSteps, epochs: .warmupEpochs) }
      if start != 0 { try values.encode(start, forKey: .warmupStart) }
      try values.encode(span, steps: .steps, epochs: .epochs)
      if alpha != 0 { try values.encode(alpha, forKey: .alpha) }
    case .exponentialDecay(let span, let rate, let isStaircase):
      var values = container.nestedContainer(keyedBy: ExponentialKeys.self, forKey: .exponentialDecay)
      try values.encode(span, steps: .steps, epochs: .epochs)
      try values.encode(rate, forKey: .rate)
      if isStaircase { try values.encode(true, forKey: .staircase) }
    case .oneCycle(let span, let rise, let start, let end):
      var values = container.nestedContainer(keyedBy: OneCycleKeys.self, forKey: .oneCycle)
      try values.encode(span, steps: .steps, epochs: .epochs)
      if rise != 0.3 { try values.encode(rise, forKey: .rise) }
      if start != 0.04 { try values.encode(start, forKey: .start) }
      if end != 4e-6 { try values.encode(end, forKey: .end) }
    case .piecewiseConstant(let boundaries, let factors):
      var values = container.nestedContainer(keyedBy: PiecewiseKeys.self, forKey: .piecewiseConstant)
      let steps = boundaries.compactMap { if case .steps(let steps) = $0 { steps } else { nil } }
      let epochs = boundaries.compactMap { if case .epochs(let epochs) = $0 { epochs } else { nil } }
      if epochs.isEmpty {
        try values.encode(steps, forKey: .steps)
      } else {
        try values.encode(epochs, forKey: .epochs)
      }
      try values.encode(factors, forKey: .factors)
    }
  }
}

extension KeyedDecodingContainer {
  /// Throws if a number is given in steps and in epochs.
  fileprivate func refuseBoth(_ steps: Key, _ epochs: Key) throws {
    guard contains(steps), contains(epochs) else { return }
    throw DecodingError.dataCorruptedError(
      forKey: epochs, in: self,
      debugDescription: "expected \(steps.stringValue) or \(epochs.stringValue), got both")
  }

  /// A span given in steps or in epochs; nil if it isn't.
  fileprivate func span(steps: Key, epochs: Key) throws -> TrainingSpan? {
    try refuseBoth(steps, epochs)
    if let steps = try decodeIfPresent(Int.self, forKey: steps) { return .steps(steps) }
    return try decodeIfPresent(Double.self, forKey: epochs).map { .epochs($0) }
  }

  fileprivate func requiredSpan(steps: Key, epochs: Key) throws -> TrainingSpan {
    guard let span = try span(steps: steps, epochs: epochs) else {
      throw DecodingError.keyNotFound(epochs, .init(codingPath: codingPath, debugDescription: ""))
    }
    return span
  }
}

extension KeyedEncodingContainer {
  fileprivate mutating func encode(_ span: TrainingSpan, steps: Key, epochs: Key) throws {
    switch span {
    case .steps(let count): try encode(count, forKey: steps)
    case .epochs(let count): try encode(count, forKey: epochs)
    }
  }
}
