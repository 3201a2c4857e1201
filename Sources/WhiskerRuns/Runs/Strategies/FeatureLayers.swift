import WhiskerDatasets
import WhiskerGraph
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// Features to train and to measure on.
struct FeatureSamples {
  let train: LogisticRegression.Samples
  let validation: LogisticRegression.Samples?
  let classNames: [String]
  /// Which photos these are.
  let trainPart: TrainingRun.Part, validationPart: TrainingRun.Part?
}

/// The layers after a published network as a separate model, which takes features instead of photos.
struct FeatureLayers {
  private let whole: Model
  private let layers: Model
  private let recipe: Recipe
  private let seed: UInt64

  /// - Parameters:
  ///   - whole: the published network with the layers after it.
  ///   - count: how many layers these are.
  init(of whole: Model, count: Int, _ recipe: Recipe, seed: UInt64) async throws {
    self.whole = whole
    self.recipe = recipe
    self.seed = seed
    let entries = try whole.network().layers
    let last = entries.suffix(count).map(\.layer)
    guard let features = entries.dropLast(count).last?.output else {
      throw WhiskerError(.invalidSetting, "model", expected: "layers before the last \(count)", got: "none")
    }
    layers = Sequential(input: features, seed: seed) { last }
    let first = try await whole.weights()
    try layers.setWeights(
      Dictionary(
        uniqueKeysWithValues: pairs().compactMap { pair in first[pair.whole].map { (pair.own, $0) } }))
  }

  /// Trains the layers and puts them back.
  ///
  /// - Parameter onEvent: called with every event; when an epoch has ended, the whole model has its weights by
  ///   then.
  func fit(
    _ samples: FeatureSamples, on engine: any Engine,
    onEvent: (TrainingEvent) async throws -> Void
  ) async throws -> History {
    let classes = samples.classNames.count
    try layers.compile(
      loss: recipe.loss(classes: classes), optimizer: recipe.optimizer, metrics: recipe.training.metrics,
      engine: engine)
    let schedule = recipe.training
    let classWeights = recipe.classWeights(
      for: samples.classNames, samples.train.classBalance(classes: classes))
    let history = try await layers.fit(
      dataset(samples.train, schedule.sampling), epochs: schedule.epochs,
      stepsPerEpoch: schedule.stepsPerEpoch,
      validation: samples.validation.map { try dataset($0) }, validationSteps: schedule.validationSteps,
      validationFrequency: schedule.validationFrequency, seed: seed,
      classWeights: classWeights?.map { Float($0) }, earlyStopping: schedule.earlyStopping,
      reduceOnPlateau: schedule.reduceOnPlateau, best: schedule.best
    ) { event in
      if case .epochEnded = event { try await putBack() }
      try await onEvent(event)
    }
    // Early stopping may have restored earlier weights.
    try await putBack()
    return history
  }

  private func dataset(
    _ samples: LogisticRegression.Samples, _ sampling: ClassSampling = .natural
  ) throws -> ArrayDataset {
    try ArrayDataset(
      images: Tensor(shape: [samples.count, samples.featureCount], values: samples.features),
      labels: Tensor(shape: [samples.count], values: samples.labels.map { Float($0) }),
      weights: samples.weights.allSatisfy { $0 == 1 }
        ? nil : Tensor(shape: [samples.count], values: samples.weights.map { Float($0) }),
      batchSize: recipe.training.batchSize, seed: seed, sampling: sampling)
  }

  private func putBack() async throws {
    let trained = try await layers.weights()
    let own = try pairs().compactMap { pair in trained[pair.own].map { (pair.whole, $0) } }
    try whole.session().replaceWeights(Dictionary(uniqueKeysWithValues: own))
  }

  /// The name of each weight in the whole model, and in the layers alone.
  private func pairs() throws -> [(whole: String, own: String)] {
    let own = try layers.network().layers
    return zip(try whole.network().layers.suffix(own.count), own).flatMap { whole, own in
      zip(whole.weights, own.weights).map { (whole.stateName(of: $0), own.stateName(of: $1)) }
    }
  }
}
