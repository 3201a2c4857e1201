import WhiskerDatasets
public import WhiskerGraph
import WhiskerSystem

/// A learning curve: how accuracy on the same validation photos grows with the number of photos to train on.
///
/// ```swift
/// let curve = LearningCurve(TrainingRun(data: data, recipe: recipe, output: output), sizes: [50, 100, 200])
/// for point in try await curve.run(makingEngine: { OneDNNEngine() }).points {
///   print(point.photos, point.accuracy.mean)
/// }
/// ```
/// Each size is trained on several times, with samples and weights of different seeds; a sample contains every
/// smaller one of the same seed. The output folder receives `curve.json` and `curve.csv` (a line for each run);
/// no models are kept. However the work was interrupted, it continues where it was with ``ExistingRun/resume``,
/// also with more sizes or repetitions.
public struct LearningCurve: Sendable {
  /// What is trained, on what, and where it is written; its ``TrainingRun/part`` is ignored.
  public var run: TrainingRun
  /// How many photos to train on, each at least the number of classes; order and repetition don't matter.
  public var sizes: [Int]
  /// How many times each size is trained on, at least 1; the seed is ``TrainingRun/seed`` the first time and 1 more each
  /// time.
  public var repeats = 3

  /// What was measured.
  public struct Result: Hashable, Sendable, Codable, SeriesResult {
    /// The scores of the runs, size by size.
    public let scores: [SeriesScore]
    /// Of all runs with the same number of photos, in the order of that number.
    public let points: [Point]

    init(_ scores: [SeriesScore]) {
      self.scores = scores.sorted { ($0.trainCount, $0.repetition) < ($1.trainCount, $1.repetition) }
      points = Dictionary(grouping: scores, by: \.trainCount).sorted { $0.key < $1.key }.map {
        Point(
          photos: $0.key, accuracy: Spread($0.value.map(\.accuracy)), loss: Spread($0.value.map(\.loss)),
          balancedAccuracy: Spread(balanced: $0.value))
      }
    }

    /// What was measured as a table: `photos,repeat,seed,val_acc,val_loss`, a line for each run, and where it was measured
    /// `val_balanced_accuracy`.
    public var csv: String {
      let isBalanced = scores.contains { $0.balancedAccuracy != nil }
      let rows = scores.map { score in
        "\(score.trainCount),\(score.repetition),\(score.seed),\(score.accuracy),\(score.loss)"
          + (isBalanced ? ",\(score.balancedAccuracy.map { "\($0)" } ?? "")" : "")
      }
      let header = "photos,repeat,seed,val_acc,val_loss" + (isBalanced ? ",val_balanced_accuracy" : "")
      return ([header] + rows).joined(separator: "\n") + "\n"
    }

    var tables: [String: String] { [RunFolder.FileName.learningCurveTable: csv] }
  }

  /// The results with a number of photos.
  public struct Point: Hashable, Sendable, Codable {
    /// Photos to train on.
    public let photos: Int
    /// On the validation photos, of the final models of the runs.
    public let accuracy: Spread
    /// On the validation photos, of the final models of the runs.
    public let loss: Spread
    /// On the validation photos, of the final models of the runs; nil where the classes are even and the recipe doesn't ask
    /// for it.
    public let balancedAccuracy: Spread?

    private enum CodingKeys: String, CodingKey {
      case photos, accuracy, loss
      case balancedAccuracy = "balanced_accuracy"
    }
  }

  /// The learning curve of a run's settings.
  public init(_ run: TrainingRun, sizes: [Int]) {
    self.run = run
    self.sizes = sizes
  }

  /// Trains on each size, from few photos to many.
  ///
  /// - Parameters:
  ///   - makingEngine: Makes the engine, a new one for each run.
  ///   - onEvent: Called with every event.
  /// - Throws: What ``TrainingRun/run(on:onEvent:)`` throws; ``WhiskerSystem/WhiskerError`` with `invalidSetting` for sizes that can't
  ///   be, `runChanged` or `dataChanged` if it is resumed with other settings or photos; `noValidationPhotos` if
  ///   there are no validation photos.
  public func run(
    makingEngine: () throws -> any Engine, onEvent: @escaping @Sendable (SeriesEvent) -> Void = { _ in }
  ) async throws -> Result {
    try requireSetting(repeats >= 1, "repeats", expected: "at least 1", got: repeats)
    let data = try DataFolder(
      forTraining: run.data, validationSplit: run.validationSplit, groups: run.groups)
    let sizes = try checkedSizes(for: data)
    var run = run
    run.recipe = run.recipe.measuringBalance(in: data, resuming: run.recipeToResume)
    if let warning = run.warningOfHeldBack { onEvent(.warning(warning)) }
    let members = sizes.flatMap { size in
      (1...repeats).map { repetition in
        let seed = run.seed &+ UInt64(repetition - 1)
        return SeriesMember(part: .sample(count: size, seed: seed), repetition: repetition, seed: seed)
      }
    }
    let series = TrainingSeries<Result>(
      run: run, members: members, settings: SeriesSettings(run, folds: nil, data),
      fileName: RunFolder.FileName.learningCurve, keepsModels: false)
    return try await series.run(makingEngine: makingEngine, onEvent: onEvent)
  }

  /// The sizes in order, once each.
  private func checkedSizes(for data: DataFolder) throws -> [Int] {
    guard data.validation != nil else {
      throw WhiskerError(
        .noValidationPhotos, run.data.path, expected: "validation photos to measure on", got: "none")
    }
    guard let least = sizes.min(), let most = sizes.max() else {
      throw WhiskerError(.invalidSetting, "sizes", expected: "at least one", got: "none")
    }
    let classes = data.train.classNames.count
    try requireSetting(
      least >= classes, "sizes", expected: "at least \(classes), a photo of each class", got: least)
    let photos = data.train.photos.count
    try requireSetting(
      most <= photos, "sizes", expected: "at most \(photos), the training photos there are", got: most)
    // The smallest sample must have photos to hold back, too.
    _ = try DataFolder(
      forTraining: run.data, validationSplit: run.validationSplit,
      part: .sample(count: least, seed: run.seed), groups: run.groups, choosing: run.choiceShare)
    return Set(sizes).sorted()
  }
}
