import WhiskerDatasets
public import WhiskerGraph
import WhiskerSystem

/// Cross-validation: as many trainings as there are folds of the photos, each measured on the fold that it hasn't seen.
///
/// ```swift
/// let validation = CrossValidation(TrainingRun(data: data, recipe: recipe, output: output), folds: 5)
/// let result = try await validation.run(makingEngine: { OneDNNEngine() })
/// print(result.accuracy.mean, result.accuracy.standardDeviation ?? 0)
/// ```
/// So each photo is for validation once, which makes the most of very small sets. Nothing is chosen by the fold that is
/// measured on: where the recipe stops early, a fifth of the training photos is held back for that
/// (``TrainingRun/part``). Every training is a run of its own in
/// the output folder, `fold-1`, `fold-2`, …, those of further repetitions `repeat-2/fold-1`, …; `cross_validation.json`
/// beside them tells what was measured. What ended the work in whatever way, it goes on where it was with
/// ``ExistingRun/resume``.
public struct CrossValidation: Sendable {
  /// What is trained, on what, and where it is written; its ``TrainingRun/part`` is ignored, and neither are
  /// validation photos of its own.
  public var run: TrainingRun
  /// How many folds, at least 2 and at most the photos of the smallest class.
  public var folds: Int
  /// How many times all folds are trained, at least 1, each time with other folds and other weights: the seed is
  /// ``TrainingRun/seed`` the first time and 1 more each time.
  public var repeats = 1

  /// What was measured.
  public struct Result: Hashable, Sendable, Codable, SeriesResult {
    /// Each training's, repetition by repetition and fold by fold.
    public let scores: [SeriesScore]
    /// Of all trainings.
    ///
    /// Trainings share most of their photos, so their scores hang together: the mean is less certain than `s / √n`.
    public let accuracy: Spread
    /// Of all trainings.
    public let loss: Spread

    init(_ scores: [SeriesScore]) {
      self.scores = scores.sorted { ($0.repetition, $0.fold ?? 0) < ($1.repetition, $1.fold ?? 0) }
      accuracy = Spread(scores.map(\.accuracy))
      loss = Spread(scores.map(\.loss))
    }
  }

  /// The cross-validation of a training.
  public init(_ run: TrainingRun, folds: Int) {
    self.run = run
    self.folds = folds
  }

  /// Does it.
  ///
  /// - Parameters:
  ///   - makingEngine: Makes what computes, anew for each training.
  ///   - onEvent: Called with every event.
  /// - Throws: What ``TrainingRun/run(on:onEvent:)`` throws; ``WhiskerSystem/WhiskerError`` with `runChanged` or `dataChanged` if it is
  ///   to be resumed with other settings or photos.
  public func run(
    makingEngine: () throws -> any Engine, onEvent: @escaping @Sendable (SeriesEvent) -> Void = { _ in }
  ) async throws -> Result {
    try requireSetting(repeats >= 1, "repeats", expected: "at least 1", got: repeats)
    let first = DataPart.fold(number: 1, count: folds, seed: run.seed)
    let data = try DataFolder(
      forTraining: run.data, validationSplit: run.validationSplit, part: first, choosing: run.choiceShare)
    if let unused = data.unusedValidation {
      onEvent(
        .warning("\(unused.photos.count) validation photos are not used: each fold is measured on in turn"))
    }
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
