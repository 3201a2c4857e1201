import WhiskerLayers
import WhiskerSystem

/// The `optimizer` of a recipe: a rule's name with its settings, and optionally a schedule and rates.
///
/// ```yaml
/// optimizer:
///   adamw: {learning_rate: 0.001, weight_decay: 0.01}
///   schedule: {cosine_decay: {warmup_epochs: 1, decay_epochs: 9}}
///   rates: {"block[1-4]*": 0.1}     # factors on the learning rate of some layers
///   no_decay: [bias, gamma, beta]   # weights that don't decay
///   averaging: {exponential: {momentum: 0.998}}
/// ```
/// Every rule may have `weight_decay`, one of Keras's `global_clipnorm`, `clipnorm` and `clipvalue`, and
/// `gradient_accumulation_steps`.
/// `adamw` is Adam with weight decay, which the others may have too.
struct RecipeOptimizer: Codable {
  private(set) var optimizer: Optimizer

  private enum RuleKeys: String, CodingKey, CaseIterable { case rmsprop, sgd, adam, adamw }
  private enum CompanionKeys: String, CodingKey, CaseIterable {
    case schedule, rates, averaging, undecayed = "no_decay"
  }
  private enum RMSpropKeys: String, CodingKey, CaseIterable {
    case learningRate = "learning_rate"
    case rho, momentum, epsilon, centered
  }
  private enum SGDKeys: String, CodingKey, CaseIterable {
    case learningRate = "learning_rate"
    case momentum, nesterov
  }
  private enum AdamKeys: String, CodingKey, CaseIterable {
    case learningRate = "learning_rate"
    case beta1 = "beta_1"
    case beta2 = "beta_2"
    case epsilon, amsgrad
  }
  /// What every rule may have.
  private enum SharedKeys: String, CodingKey, CaseIterable {
    case weightDecay = "weight_decay"
    case globalNorm = "global_clipnorm"
    case norm = "clipnorm"
    case value = "clipvalue"
    case accumulationSteps = "gradient_accumulation_steps"
  }

  init(optimizer: Optimizer) { self.optimizer = optimizer }

  init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(
      decoder.container(keyedBy: AnyKey.self),
      known: RuleKeys.allCases.map(\.rawValue) + CompanionKeys.allCases.map(\.rawValue))
    let container = try decoder.container(keyedBy: RuleKeys.self)
    let key = try container.onlyKey()
    let settings = try container.superDecoder(forKey: key)
    switch key {
    case .rmsprop:
      try Self.refuseUnknown(settings, RMSpropKeys.self)
      let values = try settings.container(keyedBy: RMSpropKeys.self)
      optimizer = .rmsprop(
        learningRate: try values.decodeIfPresent(Float.self, forKey: .learningRate) ?? 1e-3,
        rho: try values.decodeIfPresent(Float.self, forKey: .rho) ?? 0.9,
        momentum: try values.decodeIfPresent(Float.self, forKey: .momentum) ?? 0,
        epsilon: try values.decodeIfPresent(Float.self, forKey: .epsilon) ?? 1e-7,
        isCentered: try values.decodeIfPresent(Bool.self, forKey: .centered) ?? false)
    case .sgd:
      try Self.refuseUnknown(settings, SGDKeys.self)
      let values = try settings.container(keyedBy: SGDKeys.self)
      optimizer = .sgd(
        learningRate: try values.decodeIfPresent(Float.self, forKey: .learningRate) ?? 0.01,
        momentum: try values.decodeIfPresent(Float.self, forKey: .momentum) ?? 0,
        isNesterov: try values.decodeIfPresent(Bool.self, forKey: .nesterov) ?? false)
    case .adam, .adamw:
      try Self.refuseUnknown(settings, AdamKeys.self)
      let values = try settings.container(keyedBy: AdamKeys.self)
      optimizer = .adamW(
        learningRate: try values.decodeIfPresent(Float.self, forKey: .learningRate) ?? 1e-3,
        weightDecay: key == .adamw ? RecipeOptimizer.adamWDecay : 0,
        beta1: try values.decodeIfPresent(Float.self, forKey: .beta1) ?? 0.9,
        beta2: try values.decodeIfPresent(Float.self, forKey: .beta2) ?? 0.999,
        epsilon: try values.decodeIfPresent(Float.self, forKey: .epsilon) ?? 1e-7,
        isAMSGrad: try values.decodeIfPresent(Bool.self, forKey: .amsgrad) ?? false)
    }
    let shared = try settings.container(keyedBy: SharedKeys.self)
    optimizer.weightDecay =
      try shared.decodeIfPresent(Float.self, forKey: .weightDecay) ?? optimizer.weightDecay
    optimizer.clipping = try Self.clipping(shared)
    optimizer.accumulationSteps = try shared.decodeIfPresent(Int.self, forKey: .accumulationSteps) ?? 1
    let companions = try decoder.container(keyedBy: CompanionKeys.self)
    optimizer.schedule = try companions.decodeIfPresent(RecipeSchedule.self, forKey: .schedule)?.schedule
    optimizer.averaging = try companions.decodeIfPresent(RecipeAveraging.self, forKey: .averaging)?.averaging
    optimizer.decayExceptions = try companions.decodeIfPresent([String].self, forKey: .undecayed) ?? []
    optimizer.rateFactors = try companions.decodeIfPresent([String: Float].self, forKey: .rates) ?? [:]
  }

  func encode(to encoder: any Encoder) throws {
    var companions = encoder.container(keyedBy: CompanionKeys.self)
    try companions.encodeIfPresent(optimizer.schedule.map(RecipeSchedule.init), forKey: .schedule)
    try companions.encodeIfPresent(optimizer.averaging.map(RecipeAveraging.init), forKey: .averaging)
    if !optimizer.decayExceptions.isEmpty {
      try companions.encode(optimizer.decayExceptions, forKey: .undecayed)
    }
    if !optimizer.rateFactors.isEmpty {
      // In order, so that the same recipe gives the same text.
      var rates = companions.nestedContainer(keyedBy: AnyKey.self, forKey: .rates)
      for (pattern, factor) in optimizer.rateFactors.sorted(by: { $0.key < $1.key }) {
        try rates.encode(factor, forKey: AnyKey(stringValue: pattern))
      }
    }
    var container = encoder.container(keyedBy: RuleKeys.self)
    let settings = container.superEncoder(forKey: ruleKey)
    switch optimizer.rule {
    case .rmsprop(let rho, let momentum, let epsilon, let isCentered):
      var values = settings.container(keyedBy: RMSpropKeys.self)
      try values.encode(optimizer.learningRate, forKey: .learningRate)
      if rho != 0.9 { try values.encode(rho, forKey: .rho) }
      if momentum != 0 { try values.encode(momentum, forKey: .momentum) }
      if epsilon != 1e-7 { try values.encode(epsilon, forKey: .epsilon) }
      if isCentered { try values.encode(true, forKey: .centered) }
    case .sgd(let momentum, let isNesterov):
      var values = settings.container(keyedBy: SGDKeys.self)
      try values.encode(optimizer.learningRate, forKey: .learningRate)
      if momentum != 0 { try values.encode(momentum, forKey: .momentum) }
      if isNesterov { try values.encode(true, forKey: .nesterov) }
    case .adam(let beta1, let beta2, let epsilon, let isAMSGrad):
      var values = settings.container(keyedBy: AdamKeys.self)
      try values.encode(optimizer.learningRate, forKey: .learningRate)
      if beta1 != 0.9 { try values.encode(beta1, forKey: .beta1) }
      if beta2 != 0.999 { try values.encode(beta2, forKey: .beta2) }
      if epsilon != 1e-7 { try values.encode(epsilon, forKey: .epsilon) }
      if isAMSGrad { try values.encode(true, forKey: .amsgrad) }
    }
    var shared = settings.container(keyedBy: SharedKeys.self)
    if optimizer.weightDecay != 0 { try shared.encode(optimizer.weightDecay, forKey: .weightDecay) }
    switch optimizer.clipping {
    case .globalNorm(let bound): try shared.encode(bound, forKey: .globalNorm)
    case .norm(let bound): try shared.encode(bound, forKey: .norm)
    case .value(let bound): try shared.encode(bound, forKey: .value)
    case nil: break
    }
    if optimizer.accumulationSteps != 1 {
      try shared.encode(optimizer.accumulationSteps, forKey: .accumulationSteps)
    }
  }

  private var ruleKey: RuleKeys {
    switch optimizer.rule {
    case .rmsprop: .rmsprop
    case .sgd: .sgd
    case .adam: optimizer.weightDecay == 0 ? .adam : .adamw
    }
  }

  private static func clipping(
    _ container: KeyedDecodingContainer<SharedKeys>
  ) throws -> GradientClipping? {
    let given = [SharedKeys.globalNorm, .norm, .value].filter { container.contains($0) }
    guard given.count <= 1 else {
      throw DecodingError.dataCorruptedError(
        forKey: given[1], in: container,
        debugDescription: "expected one bound of gradients, got "
          + given.map(\.rawValue).joined(separator: " and "))
    }
    if let bound = try container.decodeIfPresent(Float.self, forKey: .globalNorm) {
      return .globalNorm(bound)
    }
    if let bound = try container.decodeIfPresent(Float.self, forKey: .norm) { return .norm(bound) }
    return try container.decodeIfPresent(Float.self, forKey: .value).map { .value($0) }
  }

  /// Throws for a key that neither the rule nor every rule has.
  private static func refuseUnknown<Key: CodingKey & CaseIterable>(
    _ settings: any Decoder, _ keys: Key.Type
  ) throws {
    try refuseUnknownKeys(
      settings.container(keyedBy: AnyKey.self),
      known: (keys.allCases.map(\.stringValue) + SharedKeys.allCases.map(\.stringValue)))
  }

  /// Keras's decay of AdamW.
  private static let adamWDecay: Float = 0.004
}
