import WhiskerFormats
import WhiskerLayers
import WhiskerSystem

/// One of a recipe's `phases`: `{name: head, epochs: 3, train: [Output], optimizer: {adam: {}}}`.
struct RecipePhase: Codable {
  let phase: TrainingPhase

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case name, epochs, train, optimizer
    case trainsBatchNormalization = "train_batch_normalization"
    case earlyStopping = "early_stopping"
    case reduceOnPlateau = "reduce_on_plateau"
  }

  init(_ phase: TrainingPhase) { self.phase = phase }

  init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    phase = TrainingPhase(
      try container.decode(String.self, forKey: .name),
      epochs: try container.decodeIfPresent(Int.self, forKey: .epochs),
      training: try container.decodeIfPresent([String].self, forKey: .train) ?? ["*"],
      trainsBatchNormalization: try container.decodeIfPresent(Bool.self, forKey: .trainsBatchNormalization)
        ?? false,
      optimizer: try container.decodeIfPresent(RecipeOptimizer.self, forKey: .optimizer)?.optimizer,
      earlyStopping: try container.decodeIfPresent(RecipeEarlyStopping.self, forKey: .earlyStopping)?.rule,
      reduceOnPlateau: try container.decodeIfPresent(RecipeReduceOnPlateau.self, forKey: .reduceOnPlateau)?
        .rule)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(phase.name, forKey: .name)
    try container.encodeIfPresent(phase.epochs, forKey: .epochs)
    if phase.trained != ["*"] { try container.encode(phase.trained, forKey: .train) }
    if phase.trainsBatchNormalization { try container.encode(true, forKey: .trainsBatchNormalization) }
    try container.encodeIfPresent(phase.optimizer.map(RecipeOptimizer.init), forKey: .optimizer)
    try container.encodeIfPresent(phase.earlyStopping.map(RecipeEarlyStopping.init), forKey: .earlyStopping)
    try container.encodeIfPresent(
      phase.reduceOnPlateau.map(RecipeReduceOnPlateau.init), forKey: .reduceOnPlateau)
  }
}

/// `early_stopping: {monitor: val_loss, patience: 5, restore_best_weights: true}`, with Keras's keys and defaults.
struct RecipeEarlyStopping: Codable {
  let rule: EarlyStopping

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case monitor, patience
    case minimumChange = "min_delta"
    case restoresBestWeights = "restore_best_weights"
    case startFromEpoch = "start_from_epoch"
  }

  init(_ rule: EarlyStopping) { self.rule = rule }

  init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    rule = EarlyStopping(
      monitor: try container.decodeIfPresent(MonitoredMetric.self, forKey: .monitor) ?? .validationLoss,
      minimumChange: try container.decodeIfPresent(Double.self, forKey: .minimumChange) ?? 0,
      patience: try container.decodeIfPresent(Int.self, forKey: .patience) ?? 0,
      restoresBestWeights: try container.decodeIfPresent(Bool.self, forKey: .restoresBestWeights) ?? false,
      startFromEpoch: try container.decodeIfPresent(Int.self, forKey: .startFromEpoch) ?? 0)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rule.monitor, forKey: .monitor)
    try container.encode(rule.patience, forKey: .patience)
    if rule.minimumChange != 0 { try container.encode(rule.minimumChange, forKey: .minimumChange) }
    if rule.restoresBestWeights { try container.encode(true, forKey: .restoresBestWeights) }
    if rule.startFromEpoch != 0 { try container.encode(rule.startFromEpoch, forKey: .startFromEpoch) }
  }
}

/// `reduce_on_plateau: {monitor: val_loss, factor: 0.5, patience: 3}`, with Keras's keys and defaults.
struct RecipeReduceOnPlateau: Codable {
  let rule: ReduceOnPlateau

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case monitor, factor, patience, cooldown
    case minimumChange = "min_delta"
    case minimumRate = "min_lr"
  }

  init(_ rule: ReduceOnPlateau) { self.rule = rule }

  init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    rule = ReduceOnPlateau(
      monitor: try container.decodeIfPresent(MonitoredMetric.self, forKey: .monitor) ?? .validationLoss,
      factor: try container.decodeIfPresent(Double.self, forKey: .factor) ?? 0.1,
      patience: try container.decodeIfPresent(Int.self, forKey: .patience) ?? 10,
      minimumChange: try container.decodeIfPresent(Double.self, forKey: .minimumChange) ?? 1e-4,
      cooldown: try container.decodeIfPresent(Int.self, forKey: .cooldown) ?? 0,
      minimumRate: try container.decodeIfPresent(Float.self, forKey: .minimumRate) ?? 0)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(rule.monitor, forKey: .monitor)
    try container.encode(rule.factor, forKey: .factor)
    try container.encode(rule.patience, forKey: .patience)
    if rule.minimumChange != 1e-4 { try container.encode(rule.minimumChange, forKey: .minimumChange) }
    if rule.cooldown != 0 { try container.encode(rule.cooldown, forKey: .cooldown) }
    if rule.minimumRate != 0 { try container.encode(rule.minimumRate, forKey: .minimumRate) }
  }
}
