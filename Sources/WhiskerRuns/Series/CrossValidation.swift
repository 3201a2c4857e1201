import Foundation
import WhiskerDatasets
import WhiskerFormats
public import WhiskerGraph
import WhiskerSystem

/// Cross-validation: as many runs as there are folds of the photos, each measured on the fold that it hasn't
/// seen.
///
/// ```swift
/// let validation = CrossValidation(TrainingRun(data: data, recipe: recipe, output: output), folds: 5)
/// let result = try await validation.run(makingEngine: { OneDNNEngine() })
/// print(result.accuracy.mean, result.accuracy.standardDeviation ?? 0)
/// ```
/// So each photo is used for validation once, which makes the most of very small sets. Nothing is chosen on the
/// fold that is measured on: where the recipe stops early, a fifth of the training photos is held back for that
/// (``TrainingRun/part``). Every fold is a separate run in the output folder, `fold-1`, `fold-2`, …, those of
/// further repetitions `repeat-2/fold-1`, …; `cross_validation.json` next to them has the results. However the
/// work was interrupted, it continues where it was with ``ExistingRun/resume``.
public struct CrossValidation: Sendable {
  /// What is trained, on what, and where it is written; its ``TrainingRun/part`` is ignored, and so are its own
  /// validation photos.
  public var run: TrainingRun
  /// How many folds, at least 2 and at most the photos of the smallest class.
  public var folds: Int
  /// How many times all folds are trained, at least 1, each time with other folds and other weights: the seed is
  /// ``TrainingRun/seed`` the first time and 1 more each time.
  public var repeats = 1

  /// The results.
  public struct Result: Hashable, Sendable, Codable, SeriesResult {
    /// The scores of the runs, repetition by repetition and fold by fold.
    public let scores: [SeriesScore]
    /// Over all runs.
    ///
    /// Runs share most of their photos, so their scores are correlated: the mean is less certain than `s / √n`.
    public let accuracy: Spread
    /// Over all runs.
    public let loss: Spread
    /// Over all runs; nil where the classes are even and the recipe doesn't ask for it.
    public let balancedAccuracy: Spread?

    private enum CodingKeys: String, CodingKey {
      case scores, accuracy, loss
      case balancedAccuracy = "balanced_accuracy"
    }

    init(_ scores: [SeriesScore]) {
      self.scores = scores.sorted { ($0.repetition, $0.fold ?? 0) < ($1.repetition, $1.fold ?? 0) }
      accuracy = Spread(scores.map(\.accuracy))
      loss = Spread(scores.map(\.loss))
      balancedAccuracy = Spread(balanced: scores)
    }
  }

  /// The cross-validation of a run's settings.
  public init(_ run: TrainingRun, folds: Int) {
    self.run = run
    self.folds = folds
  }

  /// Runs the cross-validation.
  ///
  /// - Parameters:
  ///   - makingEngine: Makes the engine, a new one for each run.
  ///   - onEvent: Called with every event.
  /// - Throws: What ``TrainingRun/run(on:onEvent:)`` throws; ``WhiskerSystem/WhiskerError`` with `runChanged`
  ///   or `dataChanged` if it is resumed with other settings or photos.
  public func run(
    makingEngine: () throws -> any Engine, onEvent: @escaping @Sendable (SeriesEvent) -> Void = { _ in }
  ) async throws -> Result {
    try requireSetting(repeats >= 1, "repeats", expected: "at least 1", got: repeats)
    let first = DataPart.fold(number: 1, count: folds, seed: run.seed)
    let data = try DataFolder(
      forTraining: run.data, validationSplit: run.validationSplit, part: first, groups: run.groups,
      choosing: run.choiceShare)
    if let unused = data.unusedValidation {
      onEvent(
        .warning("\(unused.photos.count) validation photos are not used: each fold is measured on in turn"))
    }
    var run = run
    run.recipe = run.recipe.measuringBalance(in: data, resuming: run.recipeToResume)
    if let warning = run.warningOfHeldBack { onEvent(.warning(warning)) }
    let members = (1...repeats).flatMap { repetition in
      let seed = run.seed &+ UInt64(repetition - 1)
      return (1...folds).map { number in
        SeriesMember(
          part: .fold(number: number, count: folds, seed: seed), repetition: repetition, seed: seed)
      }
    }
    let series = TrainingSeries<Result>(
      run: run, members: members, settings: SeriesSettings(run, folds: folds, data),
      fileName: RunFolder.FileName.crossValidation, keepsModels: true)
    return try await series.run(makingEngine: makingEngine, onEvent: onEvent)
  }
}

extension CrossValidation {
  /// The folders of the runs that were measured so far, repetition by repetition and fold by fold; nil where there is no
  /// cross-validation that can be read.
  static func folderNames(in folder: URL) -> [String]? {
    struct Record: Decodable { let result: Result }
    let file = folder.appendingPathComponent(RunFolder.FileName.crossValidation)
    guard let bytes = FileManager.default.contents(atPath: file.path),
      let record = try? PlainJSON.decode(Record.self, from: String(decoding: bytes, as: UTF8.self))
    else { return nil }
    return record.result.scores.map(\.folderName)
  }
}
