import Foundation
import WhiskerDatasets
import WhiskerGraph
import WhiskerInspection
import WhiskerPretrained
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// A last layer that was fitted to features.
public struct FeatureFit: Hashable, Sendable {
  /// The penalty that was chosen.
  public let penalty: Double
  /// Training photos, each as often as it was seen.
  public let trainCount: Int
  /// Validation photos.
  public let validationCount: Int
  /// Features of each photo.
  public let featureCount: Int
}

/// The part of a run that learns from features of all photos: all of it, or what comes before fine-tuning.
struct FeatureWork {
  private let run: TrainingRun
  private let base: PretrainedNetwork
  private let head: FeatureHead
  private let model: Model
  private let folders: DataFolder
  private let onEvent: @Sendable (TrainingRun.Event) -> Void

  /// - Parameter model: the base with its published weights, and the layers behind it.
  init(
    _ run: TrainingRun, _ base: PretrainedNetwork, _ head: FeatureHead, model: Model, folders: DataFolder,
    onEvent: @escaping @Sendable (TrainingRun.Event) -> Void
  ) {
    self.run = run
    self.base = base
    self.head = head
    self.model = model
    self.folders = folders
    self.onEvent = onEvent
  }

  /// Does a whole run: features, the layers, the run's files.
  ///
  /// There are no checkpoints: features are kept for the next run, and the rest takes moments. A run that is begun again
  /// has its files until others are there to replace them.
  ///
  /// - Parameters:
  ///   - start: Where a run that is there goes on.
  ///   - lacking: The names of the files that a finished run lacks and that are all there is to do; nil for a run that
  ///     isn't finished.
  func run(
    begun beginning: RunBeginning, from start: ResumePoint?, lacking: [String]?, writing saved: SavedModel,
    to folder: RunFolder, on engine: any Engine
  ) async throws -> TrainingRun.Outcome {
    let reading = ContinuousClock.now
    var warnings = (start?.warnings ?? []) + QuickInspection(folders).warnings.map { "\($0)" }
    for warning in warnings { onEvent(.warning(warning)) }
    let samples = try await samples(on: engine)
    warnings += samples.skipped.map(Self.warning(ofSkipped:))
    // Only now: whatever was wrong so far, an older run is still whole.
    if run.existing == .overwrite { try folder.clear() }
    let sinks = lacking == nil ? try run.begin(beginning, in: folder) : []
    let tell: (TrainingRun.Event) throws -> Void = { event in
      onEvent(event)
      for sink in sinks { try sink.receive(event, model: model) }
    }
    if lacking == nil {
      try folder.write(recipe.yaml(), to: RunFolder.FileName.recipe)
      try tell(.began(beginningEvent(samples, seconds: reading.duration(to: .now).seconds)))
    }
    // The user was told of them as they were found, before there was a log.
    for warning in warnings {
      for sink in sinks { try sink.receive(.warning(warning), model: model) }
    }
    var history = History()
    // The weights of the best epoch, whose file is written when the whole run can be.
    var best: [String: Tensor]?
    switch head.method {
    case .logisticRegression(let penalties):
      let (fit, epoch) = try fitLastLayer(to: samples, penalties)
      history.epochs = [epoch]
      history.seconds = reading.duration(to: .now).seconds
      try tell(.fitted(fit))
      try tell(.training(.epochEnded(epoch: 1, epochs: 1, epoch, seconds: history.seconds)))
      if history.endsWithBest { best = try model.weights() }
    case .steps:
      let layers = try FeatureLayers(of: model, count: recipe.network.count, recipe, seed: run.seed)
      history = try await layers.fit(samples, on: engine) { event, isBest in
        if isBest { best = try model.weights() }
        try tell(.training(event))
      }
    }
    try Task.checkCancellation()
    let models = try write(history, saved, best: best, to: folder, lacking.map { Set($0) })
    let outcome = run.outcome(history, in: folder, lacked: lacking)
    try tell(.finished(outcome))
    try RunEnd(history, epochs: recipe.training.epochs, models: models, in: folder).write(
      in: folder.checkpoints)
    return outcome
  }

  private func beginningEvent(_ samples: FeatureSamples, seconds: Double) -> TrainingRun.Beginning {
    let schedule = recipe.training
    let stepsPerPass = (samples.train.count + schedule.batchSize - 1) / schedule.batchSize
    return TrainingRun.Beginning(
      recipe: recipe, seed: run.seed,
      stepsPerEpoch: head.method == .steps ? schedule.stepsPerEpoch ?? stepsPerPass : 1, resumed: nil,
      invocation: run.invocation, data: run.data, readingSeconds: seconds)
  }

  /// Writes the files that a run ends with, or some of them.
  ///
  /// - Returns: the names of its models.
  private func write(
    _ history: History, _ saved: SavedModel, best: [String: Tensor]?, to folder: RunFolder,
    _ wanted: Set<String>?
  ) throws -> [String] {
    func isWanted(_ name: String) -> Bool { wanted?.contains(name) ?? true }
    if isWanted(RunFolder.FileName.history) { try folder.write(history.csv, to: RunFolder.FileName.history) }
    if wanted?.contains(RunFolder.FileName.recipe) == true {
      try folder.write(recipe.yaml(), to: RunFolder.FileName.recipe)
    }
    guard run.writesModels else { return [] }
    if isWanted(RunFolder.FileName.model) { try saved.write(to: folder.file(RunFolder.FileName.model)) }
    if let best, isWanted(RunFolder.FileName.best) {
      let last = try model.weights()
      try model.setWeights(best)
      // Regression has one epoch, among which there is nothing to choose.
      let chosen = head.method == .steps ? saved.chosenAmong(epochs: recipe.training.epochs) : saved
      try chosen.write(to: folder.file(RunFolder.FileName.best))
      try model.setWeights(last)
    }
    try folder.writeKerasFiles(saved, wanted)
    return RunFolder.FileName.models(withBest: best != nil)
  }

  /// Fits the last layer by regression, before other layers are trained too.
  ///
  /// - Parameter photos: The training photos, which are decoded and looked through already.
  func fitLastLayer(to photos: PhotoDataset, on engine: any Engine) async throws {
    guard case .logisticRegression(let penalties) = head.method else { return }
    onEvent(.fitted(try await fitLastLayer(to: samples(on: engine, decoded: photos), penalties).fit))
  }

  private var recipe: Recipe { run.recipe }

  // MARK: Features

  /// The features of the photos that can be read.
  ///
  /// - Parameter photos: The training photos, if they are decoded; then somebody has told of those that can't be.
  private func samples(
    on engine: any Engine, decoded photos: PhotoDataset? = nil
  ) async throws -> FeatureSamples {
    let extractor = try FeatureExtractor(
      base, preparation: recipe.image, weights: model.weights(), engine: engine, cache: run.featureCache,
      computing: run.computing, threads: run.loading.decodingThreads)
    let isFirstLook = photos == nil
    var (train, skipped) = try await samples(
      of: folders.train, .train, extractor, tellsWarnings: isFirstLook)
    train.append(try await augmentedSamples(of: photos, extractor))
    var validation: LogisticRegression.Samples?
    if let folder = folders.validation {
      let found = try await samples(of: folder, .validation, extractor, tellsWarnings: isFirstLook)
      validation = found.samples
      skipped += found.skipped
    }
    return FeatureSamples(
      train: train, validation: validation, classNames: folders.train.classNames, skipped: skipped)
  }

  private static func warning(ofSkipped text: String) -> String { "skipped \(text)" }

  /// The features of a split's photos that can be read, with their classes; and those that can't be, each with its
  /// reason.
  private func samples(
    of photos: PhotoFolder, _ split: SplitName, _ extractor: FeatureExtractor, tellsWarnings: Bool
  ) async throws -> (samples: LogisticRegression.Samples, skipped: [String]) {
    let paths = photos.photos.map { photos.url(of: $0).path }
    let (rows, failures) = try await extractor.features(of: paths) { done, total in
      onEvent(.extracted(split: split.rawValue, done: done, total: total))
    }
    let unreadable =
      photos.unreadable.map { "\($0.path): \($0.reason)" }
      + failures.sorted { $0.key < $1.key }.map { "\(photos.photos[$0.key].path): \($0.value.message)" }
    if run.isStrict, let first = unreadable.first {
      throw WhiskerError(
        .unreadablePhotos, photos.root.path,
        "\(unreadable.count.counted("photo")) can't be read, such as \(first)")
    }
    for text in unreadable where tellsWarnings { onEvent(.warning(Self.warning(ofSkipped: text))) }
    var samples = LogisticRegression.Samples(featureCount: extractor.featureCount)
    for (photo, row) in zip(photos.photos, rows) {
      if let row { samples.append(row, label: photo.classIndex, weight: Double(photo.weight ?? 1)) }
    }
    for (index, name) in photos.classNames.enumerated() where !samples.labels.contains(index) {
      throw WhiskerError(.emptyClass, photos.root.path, "no photo of the class \"\(name)\" can be read")
    }
    return (samples, unreadable)
  }

  /// The features of training photos as the recipe's augmentation changes them, pass after pass.
  private func augmentedSamples(
    of decoded: PhotoDataset?, _ extractor: FeatureExtractor
  ) async throws -> LogisticRegression.Samples {
    var samples = LogisticRegression.Samples(featureCount: extractor.featureCount)
    guard head.augmentedPasses > 0, let augmentation = recipe.augmentation else { return samples }
    let photos: PhotoDataset
    if let decoded {
      photos = decoded
    } else {
      photos = try await run.dataset(
        folders.train, SplitName.train.rawValue, augmentation: augmentation, onEvent)
    }
    let total = photos.count * head.augmentedPasses
    for try await batch in photos.trainingBatches() {
      try Task.checkCancellation()
      let features = try await extractor.features(of: batch.images)[...]
      for row in 0..<min(batch.count, total - samples.count) {
        let places = row * extractor.featureCount..<(row + 1) * extractor.featureCount
        samples.append(
          features[places], label: Int(batch.labels.values[row]),
          weight: batch.weights.map { Double($0.values[row]) } ?? 1)
      }
      onEvent(.extracted(split: "\(SplitName.train), augmented", done: samples.count, total: total))
      if samples.count == total { break }
    }
    return samples
  }

  // MARK: Regression

  /// Fits the last layer and puts it into the model.
  private func fitLastLayer(
    to samples: FeatureSamples, _ penalties: [Double]
  ) throws -> (fit: FeatureFit, epoch: History.Epoch) {
    let (regression, penalty) = try best(of: penalties, samples)
    try replaceLastLayer(with: regression)
    let score = regression.score(samples.train)
    return (
      FeatureFit(
        penalty: penalty, trainCount: samples.train.count, validationCount: samples.validation?.count ?? 0,
        featureCount: samples.train.featureCount),
      History.Epoch(
        loss: score.loss, accuracy: score.accuracy, validation: samples.validation.map(regression.score))
    )
  }

  /// The best regression of those with some penalties, from the strongest to the weakest: each begins where the one
  /// before ended.
  private func best(
    of penalties: [Double], _ samples: FeatureSamples
  ) throws -> (LogisticRegression, penalty: Double) {
    var penalties = penalties.sorted(by: >)
    // A part is measured on its validation photos: they have no say in what they are to judge.
    let validation = run.part == nil ? samples.validation : nil
    if validation == nil {
      let usual = log(1 / Double(samples.train.count))
      penalties = penalties.min { abs(log($0) - usual) < abs(log($1) - usual) }.map { [$0] } ?? penalties
    }
    var regression = LogisticRegression(
      featureCount: samples.train.featureCount, classes: samples.classNames.count)
    var best: (regression: LogisticRegression, penalty: Double, score: History.Score)?
    for penalty in penalties {
      try regression.fit(samples.train, penalty: penalty)
      let score = regression.score(validation ?? samples.train)
      // Correct predictions come in whole numbers, and the loss says more of how sure they are.
      if best.map({ score.loss < $0.score.loss }) ?? true { best = (regression, penalty, score) }
    }
    guard let best else { return (regression, penalties.first ?? 1) }
    return (best.regression, best.penalty)
  }

  private func replaceLastLayer(with regression: LogisticRegression) throws {
    var weights = try model.weights()
    guard let layer = try model.network().layers.last(where: { !$0.weights.isEmpty }) else { return }
    for specification in layer.weights {
      weights[layer.stateName(of: specification)] =
        specification.name == "bias" ? regression.bias : regression.kernel
    }
    try model.setWeights(weights)
  }
}
