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
    case weightDecay = "weight_decay"
  }
  private enum SGDKeys: String, CodingKey, CaseIterable {
    case learningRate = "learning_rate"
    case momentum, nesterov
    case weightDecay = "weight_decay"
  }
  private enum AdamKeys: String, CodingKey, CaseIterable {
    case learningRate = "learning_rate"
    case beta1 = "beta_1"
    case beta2 = "beta_2"
    case epsilon, amsgrad
    case weightDecay = "weight_decay"
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
      try refuseUnknownKeys(settings, RMSpropKeys.self)
      let values = try settings.container(keyedBy: RMSpropKeys.self)
      optimizer = .rmsprop(
        learningRate: try values.decodeIfPresent(Float.self, forKey: .learningRate) ?? 1e-3,
        rho: try values.decodeIfPresent(Float.self, forKey: .rho) ?? 0.9,
        momentum: try values.decodeIfPresent(Float.self, forKey: .momentum) ?? 0,
        epsilon: try values.decodeIfPresent(Float.self, forKey: .epsilon) ?? 1e-7,
        isCentered: try values.decodeIfPresent(Bool.self, forKey: .centered) ?? false,
        weightDecay: try values.decodeIfPresent(Float.self, forKey: .weightDecay) ?? 0)
    case .sgd:
      try refuseUnknownKeys(settings, SGDKeys.self)
      let values = try settings.container(keyedBy: SGDKeys.self)
      optimizer = .sgd(
        learningRate: try values.decodeIfPresent(Float.self, forKey: .learningRate) ?? 0.01,
        momentum: try values.decodeIfPresent(Float.self, forKey: .momentum) ?? 0,
        isNesterov: try values.decodeIfPresent(Bool.self, forKey: .nesterov) ?? false,
        weightDecay: try values.decodeIfPresent(Float.self, forKey: .weightDecay) ?? 0)
    case .adam, .adamw:
      try refuseUnknownKeys(settings, AdamKeys.self)
      let values = try settings.container(keyedBy: AdamKeys.self)
      optimizer = .adamW(
        learningRate: try values.decodeIfPresent(Float.self, forKey: .learningRate) ?? 1e-3,
        weightDecay: try values.decodeIfPresent(Float.self, forKey: .weightDecay)
          ?? (key == .adamw ? RecipeOptimizer.adamWDecay : 0),
        beta1: try values.decodeIfPresent(Float.self, forKey: .beta1) ?? 0.9,
        beta2: try values.decodeIfPresent(Float.self, forKey: .beta2) ?? 0.999,
        epsilon: try values.decodeIfPresent(Float.self, forKey: .epsilon) ?? 1e-7,
        isAMSGrad: try values.decodeIfPresent(Bool.self, forKey: .amsgrad) ?? false)
    }
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
    switch optimizer.rule {
    case .rmsprop(let rho, let momentum, let epsilon, let isCentered):
      var values = container.nestedContainer(keyedBy: RMSpropKeys.self, forKey: .rmsprop)
      try values.encode(optimizer.learningRate, forKey: .learningRate)
      if rho != 0.9 { try values.encode(rho, forKey: .rho) }
      if momentum != 0 { try values.encode(momentum, forKey: .momentum) }
      if epsilon != 1e-7 { try values.encode(epsilon, forKey: .epsilon) }
      if isCentered { try values.encode(true, forKey: .centered) }
      if optimizer.weightDecay != 0 { try values.encode(optimizer.weightDecay, forKey: .weightDecay) }
    case .sgd(let momentum, let isNesterov):
      var values = container.nestedContainer(keyedBy: SGDKeys.self, forKey: .sgd)
      try values.encode(optimizer.learningRate, forKey: .learningRate)
      if momentum != 0 { try values.encode(momentum, forKey: .momentum) }
      if isNesterov { try values.encode(true, forKey: .nesterov) }
      if optimizer.weightDecay != 0 { try values.encode(optimizer.weightDecay, forKey: .weightDecay) }
    case .adam(let beta1, let beta2, let epsilon, let isAMSGrad):
      let key: RuleKeys = optimizer.weightDecay == 0 ? .adam : .adamw
      var values = container.nestedContainer(keyedBy: AdamKeys.self, forKey: key)
      try values.encode(optimizer.learningRate, forKey: .learningRate)
      if key == .adamw { try values.encode(optimizer.weightDecay, forKey: .weightDecay) }
      if beta1 != 0.9 { try values.encode(beta1, forKey: .beta1) }
      if beta2 != 0.999 { try values.encode(beta2, forKey: .beta2) }
      if epsilon != 1e-7 { try values.encode(epsilon, forKey: .epsilon) }
      if isAMSGrad { try values.encode(true, forKey: .amsgrad) }
    }
  }

  /// Keras's decay of AdamW.
  private static let adamWDecay: Float = 0.004
}
