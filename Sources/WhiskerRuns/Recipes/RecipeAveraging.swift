import WhiskerLayers
import WhiskerSystem

/// The `averaging` of a recipe's optimizer: `{exponential: {momentum: 0.998}}` or `{stochastic: {after_epochs: 75}}`.
struct RecipeAveraging: Codable {
  let averaging: WeightAveraging

  private enum Keys: String, CodingKey, CaseIterable { case exponential, stochastic }
  private enum ExponentialKeys: String, CodingKey, CaseIterable {
    case momentum
    case warmsUp = "warm_up"
  }
  private enum StochasticKeys: String, CodingKey, CaseIterable {
    case afterSteps = "after_steps"
    case after = "after_epochs"
    case afterShare = "after_share"
    case every = "every_epochs"
  }

  init(_ averaging: WeightAveraging) { self.averaging = averaging }

  init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, Keys.self)
    let container = try decoder.container(keyedBy: Keys.self)
    let key = try container.onlyKey()
    let settings = try container.superDecoder(forKey: key)
    switch key {
    case .exponential:
      try refuseUnknownKeys(settings, ExponentialKeys.self)
      let values = try settings.container(keyedBy: ExponentialKeys.self)
      averaging = .exponential(
        momentum: try values.decodeIfPresent(Float.self, forKey: .momentum) ?? 0.999,
        warmsUp: try values.decodeIfPresent(Bool.self, forKey: .warmsUp) ?? true)
    case .stochastic:
      try refuseUnknownKeys(settings, StochasticKeys.self)
      let values = try settings.container(keyedBy: StochasticKeys.self)
      averaging = .stochastic(
        after: try values.requiredSpan(.afterSteps, .after, .afterShare),
        every: .epochs(try values.decodeIfPresent(Double.self, forKey: .every) ?? 1))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    switch averaging {
    case .exponential(let momentum, let warmsUp):
      var values = container.nestedContainer(keyedBy: ExponentialKeys.self, forKey: .exponential)
      try values.encode(momentum, forKey: .momentum)
      if !warmsUp { try values.encode(false, forKey: .warmsUp) }
    case .stochastic(let after, let every):
      var values = container.nestedContainer(keyedBy: StochasticKeys.self, forKey: .stochastic)
      try values.encode(after, .afterSteps, .after, .afterShare)
      if every != .epochs(1) { try values.encode(every.number, forKey: .every) }
    }
  }
}
