import WhiskerLayers
import WhiskerSystem

/// The `schedule` of a recipe's optimizer: `{cosine_decay: {warmup_epochs: 1, decay_epochs: 9}}`.
///
/// Spans are given in epochs, in steps or as a share of the training; cosine decay and one cycle last to its end by default.
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
    case share = "decay_share"
    case alpha
    case warmupSteps = "warmup_steps"
    case warmupEpochs = "warmup_epochs"
    case warmupShare = "warmup_share"
    case warmupStart = "warmup_start"
  }
  private enum ExponentialKeys: String, CodingKey, CaseIterable {
    case steps = "decay_steps"
    case epochs = "decay_epochs"
    case share = "decay_share"
    case rate = "decay_rate"
    case staircase
  }
  private enum OneCycleKeys: String, CodingKey, CaseIterable {
    case steps = "cycle_steps"
    case epochs = "cycle_epochs"
    case share = "cycle_share"
    case rise, start, end
  }
  private enum PiecewiseKeys: String, CodingKey, CaseIterable {
    case steps = "boundary_steps"
    case epochs = "boundary_epochs"
    case shares = "boundary_shares"
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
        over: try values.span(.steps, .epochs, .share) ?? .share(1),
        alpha: try values.decodeIfPresent(Float.self, forKey: .alpha) ?? 0,
        warmup: try values.span(.warmupSteps, .warmupEpochs, .warmupShare) ?? .steps(0),
        warmupStart: try values.decodeIfPresent(Float.self, forKey: .warmupStart) ?? 0)
    case .exponentialDecay:
      try refuseUnknownKeys(settings, ExponentialKeys.self)
      let values = try settings.container(keyedBy: ExponentialKeys.self)
      schedule = .exponentialDecay(
        over: try values.requiredSpan(.steps, .epochs, .share),
        rate: try values.decode(Float.self, forKey: .rate),
        isStaircase: try values.decodeIfPresent(Bool.self, forKey: .staircase) ?? false)
    case .oneCycle:
      try refuseUnknownKeys(settings, OneCycleKeys.self)
      let values = try settings.container(keyedBy: OneCycleKeys.self)
      schedule = .oneCycle(
        over: try values.span(.steps, .epochs, .share) ?? .share(1),
        rise: try values.decodeIfPresent(Float.self, forKey: .rise) ?? 0.3,
        start: try values.decodeIfPresent(Float.self, forKey: .start) ?? 0.04,
        end: try values.decodeIfPresent(Float.self, forKey: .end) ?? 4e-6)
    case .piecewiseConstant:
      try refuseUnknownKeys(settings, PiecewiseKeys.self)
      let values = try settings.container(keyedBy: PiecewiseKeys.self)
      try values.refuseSeveral(.steps, .epochs, .shares)
      let boundaries: [TrainingSpan] =
        if let steps = try values.decodeIfPresent([Int].self, forKey: .steps) {
          steps.map { .steps($0) }
        } else if let shares = try values.decodeIfPresent([Double].self, forKey: .shares) {
          shares.map { .share($0) }
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
      if warmup != .steps(0) { try values.encode(warmup, .warmupSteps, .warmupEpochs, .warmupShare) }
      if start != 0 { try values.encode(start, forKey: .warmupStart) }
      if span != .share(1) { try values.encode(span, .steps, .epochs, .share) }
      if alpha != 0 { try values.encode(alpha, forKey: .alpha) }
    case .exponentialDecay(let span, let rate, let isStaircase):
      var values = container.nestedContainer(keyedBy: ExponentialKeys.self, forKey: .exponentialDecay)
      try values.encode(span, .steps, .epochs, .share)
      try values.encode(rate, forKey: .rate)
      if isStaircase { try values.encode(true, forKey: .staircase) }
    case .oneCycle(let span, let rise, let start, let end):
      var values = container.nestedContainer(keyedBy: OneCycleKeys.self, forKey: .oneCycle)
      if span != .share(1) { try values.encode(span, .steps, .epochs, .share) }
      if rise != 0.3 { try values.encode(rise, forKey: .rise) }
      if start != 0.04 { try values.encode(start, forKey: .start) }
      if end != 4e-6 { try values.encode(end, forKey: .end) }
    case .piecewiseConstant(let boundaries, let factors):
      var values = container.nestedContainer(keyedBy: PiecewiseKeys.self, forKey: .piecewiseConstant)
      switch boundaries.first {
      case .steps: try values.encode(boundaries.map { Int($0.number) }, forKey: .steps)
      case .share: try values.encode(boundaries.map(\.number), forKey: .shares)
      case .epochs, nil: try values.encode(boundaries.map(\.number), forKey: .epochs)
      }
      try values.encode(factors, forKey: .factors)
    }
  }
}

extension KeyedDecodingContainer {
  /// Throws if a span is given in several ways.
  fileprivate func refuseSeveral(_ keys: Key...) throws {
    let given = keys.filter { contains($0) }
    guard given.count > 1 else { return }
    throw DecodingError.dataCorruptedError(
      forKey: given[1], in: self,
      debugDescription: "expected \(keys.map(\.stringValue).joined(separator: " or ")), got "
        + given.map(\.stringValue).joined(separator: " and "))
  }

  /// A span given in steps, in epochs or as a share of the training; nil if it isn't.
  func span(_ steps: Key, _ epochs: Key, _ share: Key) throws -> TrainingSpan? {
    try refuseSeveral(steps, epochs, share)
    if let steps = try decodeIfPresent(Int.self, forKey: steps) { return .steps(steps) }
    if let share = try decodeIfPresent(Double.self, forKey: share) { return .share(share) }
    return try decodeIfPresent(Double.self, forKey: epochs).map { .epochs($0) }
  }

  /// A span that must be given.
  func requiredSpan(_ steps: Key, _ epochs: Key, _ share: Key) throws -> TrainingSpan {
    guard let span = try span(steps, epochs, share) else {
      throw DecodingError.keyNotFound(epochs, .init(codingPath: codingPath, debugDescription: ""))
    }
    return span
  }
}

extension KeyedEncodingContainer {
  mutating func encode(_ span: TrainingSpan, _ steps: Key, _ epochs: Key, _ share: Key) throws {
    switch span {
    case .steps(let count): try encode(count, forKey: steps)
    case .epochs(let count): try encode(count, forKey: epochs)
    case .share(let part): try encode(part, forKey: share)
    }
  }
}
