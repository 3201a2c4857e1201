import WhiskerDatasets
import WhiskerFormats
import WhiskerImages
import WhiskerLayers
import WhiskerPretrained
import WhiskerSystem

extension Recipe: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case name, from, base, head, image, standardization, augmentation, network, optimizer, training, phases,
      stages
  }

  /// Reads the keys of a recipe file; unknown ones are refused.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decodeIfPresent(String.self, forKey: .name) ?? "unnamed"
    from = try container.decodeIfPresent(RecipeStart.self, forKey: .from)
    base = try container.decodeIfPresent(RecipeBase.self, forKey: .base)
    head = try container.decodeIfPresent(FeatureHead.self, forKey: .head)
    if let base {
      // A file's isn't known before it is read.
      image = base.published?.preparation ?? PhotoPreparation(height: 150, width: 150)
      if let size = try container.decodeIfPresent(RecipeSize.self, forKey: .image) {
        (image.height, image.width) = (size.height, size.width)
        isSizeStated = true
      }
    } else if from != nil, !container.contains(.image) {
      // The file says it.
      image = PhotoPreparation(height: 150, width: 150)
    } else {
      image = try container.decode(RecipeImage.self, forKey: .image).preparation
      isImageStated = from != nil
    }
    standardization = try container.decodeIfPresent(Standardization.self, forKey: .standardization)
    augmentation = try container.decodeIfPresent(Augmentation.self, forKey: .augmentation)
    if let head, case .logisticRegression = head.method {
      let goals = try Schedule.goals(of: container, .training)
      isFineTuned = container.contains(.training) && goals == nil
      guard isFineTuned else {
        // One layer, fitted to convergence: there are no steps to set.
        for key in [CodingKeys.network, .optimizer, .phases, .stages] where container.contains(key) {
          let missing = goals == nil ? "\"training\"" : "\"epochs\" in \"training\""
          throw DecodingError.dataCorruptedError(
            forKey: key, in: container, debugDescription: "expected none without \(missing), got one")
        }
        (network, optimizer) = ([.output], .rmsprop())
        training = goals ?? Schedule(batchSize: 32, epochs: 1)
        return
      }
      network = try container.decodeIfPresent([RecipeLayer].self, forKey: .network) ?? [.output]
    } else if from != nil {
      network = try container.decodeIfPresent([RecipeLayer].self, forKey: .network) ?? [.output]
    } else {
      network = try container.decode([RecipeLayer].self, forKey: .network)
    }
    optimizer = try container.decode(RecipeOptimizer.self, forKey: .optimizer).optimizer
    training = try container.decode(Schedule.self, forKey: .training)
    phases = try container.decodeIfPresent([RecipePhase].self, forKey: .phases)?.map(\.phase) ?? []
    stages = try container.decodeIfPresent([RecipeStage].self, forKey: .stages) ?? []
  }

  /// Writes the keys of a recipe file.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encodeIfPresent(from, forKey: .from)
    try container.encodeIfPresent(base, forKey: .base)
    try container.encodeIfPresent(head, forKey: .head)
    if base != nil {
      // A file's own size goes without saying.
      if base?.published != nil || isSizeStated {
        try container.encode(RecipeSize(height: image.height, width: image.width), forKey: .image)
      }
    } else {
      try container.encode(RecipeImage(preparation: image), forKey: .image)
    }
    try container.encodeIfPresent(standardization, forKey: .standardization)
    try container.encodeIfPresent(augmentation, forKey: .augmentation)
    guard trainsInSteps else { return try training.encodeGoals(to: &container, .training) }
    if from == nil { try container.encode(network, forKey: .network) }
    try container.encode(RecipeOptimizer(optimizer: optimizer), forKey: .optimizer)
    try container.encode(training, forKey: .training)
    if !phases.isEmpty { try container.encode(phases.map(RecipePhase.init), forKey: .phases) }
    if !stages.isEmpty { try container.encode(stages, forKey: .stages) }
  }
}

extension Recipe.Schedule: Codable {
  fileprivate enum CodingKeys: String, CodingKey, CaseIterable {
    case batchSize = "batch_size"
    case stepsPerEpoch = "steps_per_epoch"
    case epochs
    case validationSteps = "validation_steps"
    case validationFrequency = "validation_freq"
    case earlyStopping = "early_stopping"
    case reduceOnPlateau = "reduce_on_plateau"
    case metrics, best
    case classWeight = "class_weight"
    case sampling
    case labelSmoothing = "label_smoothing"
  }

  /// The keys that say what to learn and not in what steps, so that a regression has them too.
  private static let goalKeys: Set<CodingKeys> = [.metrics, .classWeight, .sampling]

  /// Those of a regression; nil if there are none, or others too.
  fileprivate static func goals<Key: CodingKey>(
    of recipe: KeyedDecodingContainer<Key>, _ key: Key
  ) throws -> Recipe.Schedule? {
    guard recipe.contains(key) else { return nil }
    let decoder = try recipe.superDecoder(forKey: key)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard !container.allKeys.isEmpty, goalKeys.isSuperset(of: container.allKeys) else { return nil }
    try refuseUnknownKeys(decoder, CodingKeys.self)
    var schedule = Recipe.Schedule(batchSize: 32, epochs: 1)
    try schedule.decodeGoals(from: container)
    return schedule
  }

  private mutating func decodeGoals(from container: KeyedDecodingContainer<CodingKeys>) throws {
    metrics = try container.decodeIfPresent([Metric].self, forKey: .metrics) ?? [.accuracy]
    classWeight = try container.decodeIfPresent(ClassWeight.self, forKey: .classWeight)
    sampling = try container.decodeIfPresent(ClassSampling.self, forKey: .sampling) ?? .natural
  }

  /// Writes what ``goals(of:_:)`` reads, if there is anything.
  fileprivate func encodeGoals<Key: CodingKey>(
    to recipe: inout KeyedEncodingContainer<Key>, _ key: Key
  ) throws {
    guard metrics != [.accuracy] || classWeight != nil || sampling != .natural else { return }
    var container = recipe.nestedContainer(keyedBy: CodingKeys.self, forKey: key)
    try encodeGoals(to: &container)
  }

  private func encodeGoals(to container: inout KeyedEncodingContainer<CodingKeys>) throws {
    // Older runs, which are resumed, know none of them.
    if metrics != [.accuracy] { try container.encode(metrics, forKey: .metrics) }
    try container.encodeIfPresent(classWeight, forKey: .classWeight)
    if sampling != .natural { try container.encode(sampling, forKey: .sampling) }
  }

  /// Reads `{batch_size: 20, steps_per_epoch: 100, epochs: 30}`.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    batchSize = try container.decode(Int.self, forKey: .batchSize)
    stepsPerEpoch = try container.decodeIfPresent(Int.self, forKey: .stepsPerEpoch)
    epochs = try container.decode(Int.self, forKey: .epochs)
    validationSteps = try container.decodeIfPresent(Int.self, forKey: .validationSteps)
    validationFrequency = try container.decodeIfPresent(Int.self, forKey: .validationFrequency) ?? 1
    earlyStopping = try container.decodeIfPresent(RecipeEarlyStopping.self, forKey: .earlyStopping)?.rule
    reduceOnPlateau = try container.decodeIfPresent(RecipeReduceOnPlateau.self, forKey: .reduceOnPlateau)?
      .rule
    best = try container.decodeIfPresent(MonitoredMetric.self, forKey: .best) ?? .validationAccuracy
    labelSmoothing = try container.decodeIfPresent(Float.self, forKey: .labelSmoothing) ?? 0
    try decodeGoals(from: container)
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if labelSmoothing != 0 { try container.encode(labelSmoothing, forKey: .labelSmoothing) }
    try container.encode(batchSize, forKey: .batchSize)
    try container.encodeIfPresent(stepsPerEpoch, forKey: .stepsPerEpoch)
    try container.encode(epochs, forKey: .epochs)
    try container.encodeIfPresent(validationSteps, forKey: .validationSteps)
    if validationFrequency != 1 { try container.encode(validationFrequency, forKey: .validationFrequency) }
    try container.encodeIfPresent(earlyStopping.map(RecipeEarlyStopping.init), forKey: .earlyStopping)
    try container.encodeIfPresent(reduceOnPlateau.map(RecipeReduceOnPlateau.init), forKey: .reduceOnPlateau)
    try encodeGoals(to: &container)
    if best != .validationAccuracy { try container.encode(best, forKey: .best) }
  }
}

/// The `image` of a recipe with a base, which decides the rest.
private struct RecipeSize: Codable {
  let height: Int
  let width: Int

  private enum CodingKeys: String, CodingKey, CaseIterable { case height, width }

  init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }

  init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    height = try container.decode(Int.self, forKey: .height)
    width = try container.decode(Int.self, forKey: .width)
  }
}

/// The `image` of a recipe.
private struct RecipeImage: Codable {
  let preparation: PhotoPreparation

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case height, width, channels, interpolation, rescale
  }

  init(preparation: PhotoPreparation) { self.preparation = preparation }

  init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    preparation = PhotoPreparation(
      height: try container.decode(Int.self, forKey: .height),
      width: try container.decode(Int.self, forKey: .width),
      channels: try container.decodeIfPresent(Int.self, forKey: .channels) ?? 3,
      interpolation: try container.decodeIfPresent(Interpolation.self, forKey: .interpolation) ?? .nearest,
      rescale: try container.decodeIfPresent(Fraction.self, forKey: .rescale)?.value ?? 1 / 255)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(preparation.height, forKey: .height)
    try container.encode(preparation.width, forKey: .width)
    try container.encode(preparation.channels, forKey: .channels)
    try container.encode(preparation.interpolation, forKey: .interpolation)
    try container.encode(Fraction(value: preparation.rescale), forKey: .rescale)
  }
}

/// A number that may be written as a quotient: `0.5` or `1/255`.
private struct Fraction: Codable {
  let value: Float

  init(value: Float) { self.value = value }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Float.self) {
      value = number
      return
    }
    let text = try container.decode(String.self)
    let parts = text.split(separator: "/", maxSplits: 1).map { Float($0.filter { $0 != " " }) }
    guard parts.count == 2, let numerator = parts[0], let denominator = parts[1], denominator != 0 else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a number or a quotient such as 1/255, got \"\(text)\"")
    }
    value = numerator / denominator
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if value == 1 / 255 { try container.encode("1/255") } else { try container.encode(value) }
  }
}
