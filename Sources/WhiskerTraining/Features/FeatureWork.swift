import Foundation
import WhiskerDatasets
import WhiskerGraph
import WhiskerLayers
import WhiskerPretrained
import WhiskerTensors

/// A last layer that was fitted to features.
public struct FeatureFit: Hashable, Sendable {
  /// The penalty that was chosen.
  public let penalty: Double
  /// Training photos.
  public let trainCount: Int
  /// Validation photos.
  public let validationCount: Int
  /// Features of each photo.
  public let featureCount: Int
}

/// A run that fits the last layer to features of all photos instead of training in steps.
struct FeatureWork {
  private let run: TrainingRun
  private let base: PretrainedNetwork
  private let head: FeatureHead
  private let saved: SavedModel
  private let folder: RunFolder
  private let onEvent: @Sendable (TrainingRun.Event) -> Void

  init(
    _ run: TrainingRun, _ base: PretrainedNetwork, _ head: FeatureHead, saved: SavedModel, folder: RunFolder,
    onEvent: @escaping @Sendable (TrainingRun.Event) -> Void
  ) {
    self.run = run
    self.base = base
    self.head = head
    self.saved = saved
    self.folder = folder
    self.onEvent = onEvent
  }

  /// Does it: features, the layer, the run's files.
  func run(_ folders: DataFolder, on engine: any Engine) async throws -> TrainingRun.Outcome {
    let start = ContinuousClock.now
    for warning in QuickInspection(folders).warnings { onEvent(.warning("\(warning)")) }
    let extractor = try FeatureExtractor(
      base, preparation: recipe.image, weights: saved.model.weights(), engine: engine,
      cache: run.featureCache,
      computing: run.computing, threads: run.loading.decodingThreads)
    let train = try await samples(of: folders.train, "train", extractor)
    let validation: LogisticRegression.Samples?
    if let photos = folders.validation {
      validation = try await samples(of: photos, "validation", extractor)
    } else {
      validation = nil
    }
    let (regression, penalty) = try fit(train, run.part == nil ? validation : nil, extractor.featureCount)
    try replaceLastLayer(with: regression)

    var history = History()
    let score = regression.score(train)
    let epoch = History.Epoch(
      loss: score.loss, accuracy: score.accuracy, validation: validation.map(regression.score))
    history.epochs = [epoch]
    history.seconds = start.duration(to: .now).seconds
    let outcome = try write(history)
    let fit = FeatureFit(
      penalty: penalty, trainCount: train.count, validationCount: validation?.count ?? 0,
      featureCount: extractor.featureCount)
    let beginning = TrainingRun.Beginning(
      recipe: recipe, seed: run.seed, stepsPerEpoch: 1, resumed: nil, invocation: run.invocation,
      data: run.data, readingSeconds: 0)
    let events: [TrainingRun.Event] = [
      .began(beginning), .fitted(fit),
      .training(.epochEnded(epoch: 1, epochs: 1, epoch, seconds: history.seconds)), .finished(outcome),
    ]
    let sinks = try run.sinks.map { try $0(folder.url) }
    for event in events {
      onEvent(event)
      for sink in sinks { try sink.receive(event, model: saved.model) }
    }
    return outcome
  }

  private var recipe: Recipe { run.recipe }

  /// The features of a split's photos that can be read, with their classes.
  private func samples(
    of photos: PhotoFolder, _ split: String, _ extractor: FeatureExtractor
  ) async throws -> LogisticRegression.Samples {
    let paths = photos.photos.map { photos.url(of: $0).path }
    let (rows, failures) = try await extractor.features(of: paths) { done, total in
      onEvent(.extracted(split: split, done: done, total: total))
    }
    let unreadable =
      photos.unreadable.map { "\($0.path): \($0.reason)" }
      + failures.sorted { $0.key < $1.key }.map { "\(photos.photos[$0.key].path): \($0.value.message)" }
    if run.isStrict, let first = unreadable.first {
      throw DatasetError(
        .unreadablePhotos, photos.root.path, "\(unreadable.count) photos can't be read, such as \(first)")
    }
    for text in unreadable { onEvent(.warning("set aside \(text)")) }
    var (features, labels, weights): ([Float], [Int], [Double]) = ([], [], [])
    for (photo, row) in zip(photos.photos, rows) {
      guard let row else { continue }
      features += row
      labels.append(photo.classIndex)
      weights.append(Double(photo.weight ?? 1))
    }
    for (index, name) in photos.classNames.enumerated() where !labels.contains(index) {
      throw DatasetError(.emptyClass, photos.root.path, "no photo of the class \"\(name)\" can be read")
    }
    return LogisticRegression.Samples(
      features: features, labels: labels, weights: weights, featureCount: extractor.featureCount)
  }

  /// The best regression of those with the head's penalties, from the strongest to the weakest: each begins where the
  /// one before ended.
  private func fit(
    _ train: LogisticRegression.Samples, _ validation: LogisticRegression.Samples?, _ featureCount: Int
  ) throws -> (LogisticRegression, penalty: Double) {
    var penalties = head.penalties.sorted(by: >)
    if validation == nil {
      let usual = log(1 / Double(train.count))
      penalties = penalties.min { abs(log($0) - usual) < abs(log($1) - usual) }.map { [$0] } ?? penalties
    }
    var regression = LogisticRegression(featureCount: featureCount, classes: saved.classNames.count)
    var best: (regression: LogisticRegression, penalty: Double, score: History.Score)?
    for penalty in penalties {
      try regression.fit(train, penalty: penalty)
      let score = regression.score(validation ?? train)
      // Photos told right come in whole numbers, and the loss says more of how sure they are.
      if best.map({ score.loss < $0.score.loss }) ?? true { best = (regression, penalty, score) }
    }
    guard let best else { return (regression, penalties.first ?? 1) }
    return (best.regression, best.penalty)
  }

  private func replaceLastLayer(with regression: LogisticRegression) throws {
    var weights = try saved.model.weights()
    guard let layer = try saved.model.network().layers.last(where: { !$0.weights.isEmpty }) else { return }
    for specification in layer.weights {
      weights[layer.stateName(of: specification)] =
        specification.name == "bias" ? regression.bias : regression.kernel
    }
    try saved.model.setWeights(weights)
  }

  private func write(_ history: History) throws -> TrainingRun.Outcome {
    try Task.checkCancellation()
    try folder.clear()
    try folder.write(recipe.yaml(), to: RunFolder.FileName.recipe)
    try folder.write(history.csv, to: RunFolder.FileName.history)
    try saved.write(to: folder.file(RunFolder.FileName.model))
    if history.bestEpoch != nil { try saved.write(to: folder.file(RunFolder.FileName.best)) }
    try folder.writeKerasFiles(saved)
    return TrainingRun.Outcome(history: history, in: folder, wasFinished: false)
  }
}
