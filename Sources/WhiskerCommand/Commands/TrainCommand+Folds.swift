import ArgumentParser
import Whisker

/// Options that train several times instead of once.
struct FoldOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: """
      Cross-validate: divide the training photos into so many folds, 2 or more, and train as many times, each time \
      without one of them, which is measured on; photos that belong together are in one. DATA may hold the class folders themselves; validation/ isn't used. \
      Nothing is chosen by the fold: early stopping and the like go by a fifth of the training photos, held back for \
      that.
      """)
  var folds: Int?

  @Option(
    parsing: .unconditional,
    help:
      "With --folds: do all of it so many times, with folds and weights of the next seed each time; 1 by default."
  )
  var repeats: Int?

  /// The number of folds, nil for a single run, once the options are known to be compatible.
  func checked(with validation: ValidationOptions, _ changes: RecipeChanges) throws -> Int? {
    guard let folds else {
      if repeats != nil {
        throw WhiskerError(
          .invalidSetting, "--repeats", expected: "with --folds",
          got: "no folds (to train once more with other weights, give another --seed)")
      }
      return nil
    }
    try requireRange(folds, 2...1_000_000, "--folds")
    try requireRange(repeats, 1...1000, "--repeats")
    for (isGiven, option, reason) in [
      (validation.validationSplit != nil, "--validation-split", "each fold is for validation in turn"),
      (validation.noValidation, "--no-validation", "each fold is for validation in turn"),
      (changes.validationSteps != nil, "--validation-steps", "each fold is measured on whole"),
    ] where isGiven { throw WhiskerError(.invalidSetting, option, "expected none with --folds: \(reason)") }
    return folds
  }
}

extension TrainCommand {
  /// Trains once for each fold, and reports the results.
  func crossValidate(_ run: TrainingRun, folds: Int, _ groups: GroupReport?) async throws {
    var validation = CrossValidation(run, folds: folds)
    validation.repeats = self.folds.repeats ?? 1
    let report = SeriesReport()
    let result: CrossValidation.Result
    do {
      result = try await validation.run(makingEngine: { try engine.makeEngine() }) { report.show($0) }
    } catch {
      if error is CancellationError { report.showInterruption() }
      throw error
    }
    Console.note("Wrote \(run.output.relativePath.onOneLine)/\(RunFolder.FileName.crossValidation)")
    if json { return try Console.result(json: WithSkipped(result, report.skipped, groups)) }
    try Console.result(Self.table(of: result, isRepeated: validation.repeats > 1).text)
    try Console.result(
      "\nAccuracy \(SeriesReport.percent(result.accuracy)), "
        + (result.balancedAccuracy.map { "balanced accuracy \(SeriesReport.percent($0)), " } ?? "")
        + "loss \(SeriesReport.loss(result.loss)): mean and standard deviation of \(result.accuracy.count) runs"
    )
    if let note = SeriesReport.note(ofHeldBack: result.scores) { try Console.result(note) }
  }

  private static func table(of result: CrossValidation.Result, isRepeated: Bool) -> TextTable {
    let isBalanced = result.balancedAccuracy != nil
    var table = TextTable(
      titles: [isRepeated ? "repeat, fold" : "fold", "train", "validation", "accuracy"]
        + (isBalanced ? ["balanced"] : []) + ["loss"])
    for score in result.scores {
      let fold = "\(score.fold ?? 0)"
      let balanced = isBalanced ? [score.balancedAccuracy.map(TrainingReport.percent) ?? "–"] : []
      table.append(
        [
          isRepeated ? "\(score.repetition), \(fold)" : fold, "\(score.trainCount)",
          "\(score.validationCount)", TrainingReport.percent(score.accuracy),
        ] + balanced + [String(format: "%.4f", score.loss)])
    }
    return table
  }
}
