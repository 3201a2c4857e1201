import Foundation
import WhiskerDatasets
import WhiskerGraph
import WhiskerInspection
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

/// Trains the layers after a recipe's base on the features of all photos, for a whole run or before
/// fine-tuning.
struct FeatureHeadFit {
  private let run: TrainingRun
  private let head: FeatureHead
  private let model: Model
  private let folders: DataFolder
  private let onEvent: @Sendable (TrainingRun.Event) -> Void

  /// - Parameter model: the base with its weights, and the layers after it.
  init(
    _ run: TrainingRun, _ head: FeatureHead, model: Model, folders: DataFolder,
    onEvent: @escaping @Sendable (TrainingRun.Event) -> Void
  ) {
    self.run = run
    self.head = head
    self.model = model
    self.folders = folders
    self.onEvent = onEvent
  }

  /// Fits the last layer by regression, before other layers are trained too.
  ///
  /// - Parameter photos: The training photos, which are already decoded and checked.
  func fitLastLayer(to photos: PhotoDataset, on engine: any Engine) async throws {
    guard case .logisticRegression(let penalties) = head.method else { return }
    onEvent(.fitted(try await fitLastLayer(to: samples(on: engine, decoded: photos), penalties).fit))
  }

  private var recipe: Recipe { run.recipe }

  // MARK: Features

  /// The features of the photos that can be read.
  ///
  /// - Parameter photos: The training photos, if they are decoded.
  func samples(
    on engine: any Engine, decoded photos: PhotoDataset? = nil
  ) async throws -> FeatureSamples {
    let base = try recipe.featureNetwork()
    let extractor = try FeatureExtractor(
      base.name, identity: base.identity, base.network, preparation: recipe.image,
      weights: await model.weights(), engine: engine,
      cache: run.featureCache, computing: run.computing, threads: run.loading.decodingThreads)
    var (train, trainPart) = try await samples(of: folders.train, .train, extractor)
    train.append(try await augmentedSamples(of: photos, extractor))
    var validation: (samples: LogisticRegression.Samples, part: TrainingRun.Part)?
    if let folder = folders.validation {
      validation = try await samples(of: folder, .validation, extractor)
    }
    return FeatureSamples(
      train: train, validation: validation?.samples, classNames: folders.train.classNames,
      trainPart: trainPart, validationPart: validation?.part)
  }

  /// The features of a split's photos that can be read, with their classes, and which photos those are.
  private func samples(
    of photos: PhotoFolder, _ split: SplitName, _ extractor: FeatureExtractor
  ) async throws -> (samples: LogisticRegression.Samples, part: TrainingRun.Part) {
    let paths = photos.photos.map { photos.url(of: $0).path }
    let (rows, failures) = try await extractor.features(of: paths) { done, total in
      onEvent(.extracted(split: split.rawValue, done: done, total: total))
    }
    let failed = failures.sorted { $0.key < $1.key }.map {
      UnreadablePhoto(photos.photos[$0.key], reason: $0.value.message)
    }
    let unreadable = (photos.unreadable + failed).inOrder
    if run.isStrict, let first = unreadable.first {
      throw WhiskerError(
        .unreadablePhotos, photos.root.path,
        "\(unreadable.count.counted("photo")) can't be read, such as \(first.path): \(first.explanation)")
    }
    var samples = LogisticRegression.Samples(featureCount: extractor.featureCount)
    for (photo, row) in zip(photos.photos, rows) {
      if let row { samples.append(row, label: photo.classIndex, weight: Double(photo.weight ?? 1)) }
    }
    let readable = Set(samples.labels)
    if let empty = Set(photos.photos.map(\.classIndex)).subtracting(readable).min() {
      throw WhiskerError(
        .emptyClass, photos.root.path,
        "no photo of the class \"\(photos.classNames[empty])\" can be read")
    }
    let part = TrainingRun.Part(
      count: samples.count, classCount: photos.classNames.count, unreadable: unreadable)
    return (samples, part)
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
  func fitLastLayer(
    to samples: FeatureSamples, _ penalties: [Double]
  ) throws -> (fit: FeatureFit, epoch: History.Epoch) {
    let (regression, penalty) = try best(of: penalties, samples)
    try replaceLastLayer(with: regression)
    // As in training in steps: the loss goes by the weights of classes, metrics and validation don't.
    let loss = regression.score(weighed(samples)).loss
    let metrics = recipe.training.metrics
    let score = regression.score(samples.train, measuring: metrics)
    return (
      FeatureFit(
        penalty: penalty, trainCount: samples.train.count, validationCount: samples.validation?.count ?? 0,
        featureCount: samples.train.featureCount),
      History.Epoch(
        loss: loss, accuracy: score.accuracy,
        validation: samples.validation.map { regression.score($0, measuring: metrics) },
        metrics: score.metrics)
    )
  }

  /// The training samples, each by the weight of its class too.
  private func weighed(_ samples: FeatureSamples) -> LogisticRegression.Samples {
    let classes = samples.classNames
    return samples.train.weighed(
      by: recipe.regressionClassWeights(
        for: classes, samples.train.classBalance(classes: classes.count)))
  }

  /// The best regression of those with some penalties, from the strongest to the weakest: each starts where the
  /// one before ended.
  private func best(
    of penalties: [Double], _ samples: FeatureSamples
  ) throws -> (LogisticRegression, penalty: Double) {
    var penalties = penalties.sorted(by: >)
    // A part is measured on its validation photos: nothing may be chosen on them.
    let validation = run.part == nil ? samples.validation : nil
    if validation == nil {
      let usual = log(1 / Double(samples.train.count))
      penalties = penalties.min { abs(log($0) - usual) < abs(log($1) - usual) }.map { [$0] } ?? penalties
    }
    var regression = LogisticRegression(
      featureCount: samples.train.featureCount, classes: samples.classNames.count)
    var best: (regression: LogisticRegression, penalty: Double, score: History.Score)?
    let train = weighed(samples)
    for penalty in penalties {
      try regression.fit(train, penalty: penalty)
      let score = regression.score(validation ?? train)
      // Correct predictions are whole numbers; the loss also says how confident they are.
      if best.map({ score.loss < $0.score.loss }) ?? true { best = (regression, penalty, score) }
    }
    guard let best else { return (regression, penalties.first ?? 1) }
    return (best.regression, best.penalty)
  }

  private func replaceLastLayer(with regression: LogisticRegression) throws {
    guard let layer = try model.network().layers.last(where: { !$0.weights.isEmpty }) else { return }
    var weights: [String: Tensor] = [:]
    for specification in layer.weights {
      weights[layer.stateName(of: specification)] =
        specification.name == "bias" ? regression.bias : regression.kernel
    }
    try model.session().replaceWeights(weights)
  }
}
