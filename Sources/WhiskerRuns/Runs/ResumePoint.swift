import WhiskerSystem
import WhiskerTraining

/// Where an existing run resumes.
struct ResumePoint {
  /// The newest checkpoint that can be read; nil if the run ended before its first.
  let checkpoint: Checkpoint?
  /// The settings that the run was started with.
  let description: RunSettings
  /// The run's result; nil if there is something left to do.
  let end: RunResult?
  /// What the user should know.
  private(set) var warnings: [String] = []

  /// Finds it, and checks that the settings and the photos are those that the run was started with.
  ///
  /// - Returns: nil if there is no run.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `runChanged`, `dataChanged`, `badCheckpoint`, or `runExists` for a run without
  ///   checkpoints; `invalidSetting` for fewer epochs than are done.
  init?(in folder: RunFolder, of new: RunSettings, photos: PhotoFingerprint) throws {
    let found = try CheckpointStore.newest(in: folder.checkpoints)
    let beginning = RunManifest(in: folder.checkpoints)
    guard let old = found.flatMap({ RunSettings($0.checkpoint) }) ?? beginning?.description else {
      let contents = RunContents(of: folder.url)
      guard contents.kind != nil else { return nil }
      throw WhiskerError(
        .notResumable, folder.url.path, expected: "a run with checkpoints to resume", got: contents.text)
    }
    try old.check(allows: new, in: folder.url)
    if old.photos != new.photos || (old.contents.map { $0 != new.contents } ?? false) {
      throw ResumePoint.dataChanged(folder, beginning?.photos.changes(to: photos) ?? [])
    }
    checkpoint = found?.checkpoint
    description = old
    end = try ResumePoint.end(of: folder, found?.checkpoint, new.recipe)
    if let progress = checkpoint?.progress {
      let begun = progress.epochsDone + (progress.stepInEpoch > 0 ? 1 : 0)
      try requireSetting(
        new.recipe.training.epochs >= begun, "epochs",
        expected: "at least the \(begun) that the run has begun", got: new.recipe.training.epochs)
    }
    for error in found?.damaged ?? [] {
      warnings.append("a checkpoint is damaged, the one before it is used: \(error)")
    }
    let differences = try old.computingDifferences(to: new)
    if !differences.isEmpty {
      warnings.append(
        "computed in another way than the run began, which changes the last bits of the weights: "
          + differences.map(\.description).joined(separator: "; "))
    }
  }

  /// A run's result, if no epoch is left to do and all its files were written after the last.
  private static func end(
    of folder: RunFolder, _ checkpoint: Checkpoint?, _ recipe: Recipe
  ) throws -> RunResult? {
    guard let end = RunResult(in: folder.checkpoints) else { return nil }
    guard let progress = checkpoint?.progress else {
      // A run that is trained on features has no checkpoints; those of another run were removed.
      if end.isOver(recipe) { return end }
      try requireSetting(
        recipe.training.epochs >= end.history.epochs.count, "epochs",
        expected: "at least the \(end.history.epochs.count) that the run has done",
        got: recipe.training.epochs)
      guard recipe.learnsFromFeatures else {
        throw WhiskerError(
          .badCheckpoint, folder.checkpoints.path,
          expected: "a checkpoint to resume from with more epochs", got: "none")
      }
      return nil
    }
    // A result from before more epochs were added says nothing about this.
    let isOver =
      progress.epochsDone >= recipe.training.epochs
      || progress.phase.isOver && progress.phase.index >= recipe.phases.count - 1
    return isOver && progress.stepInEpoch == 0 && end.history.epochs.count == progress.epochsDone ? end : nil
  }

  /// Checks that as many photos can be read as before.
  func check(readable counts: [String: Int], in folder: RunFolder) throws(WhiskerError) {
    let old = checkpoint.flatMap { RunSettings($0) }?.readableCounts ?? [:]
    guard !old.isEmpty, old != counts else { return }
    let changes = counts.keys.sorted().filter { old[$0] != counts[$0] }.map {
      "\(counts[$0] ?? 0) photos of \($0) can be read, \(old[$0] ?? 0) could"
    }
    throw ResumePoint.dataChanged(folder, changes)
  }

  private static func dataChanged(_ folder: RunFolder, _ changes: [String]) -> WhiskerError {
    WhiskerError(
      .dataChanged, folder.url.path,
      expected: "the photos that the run began with", got: "others" + listed(changes))
  }

  /// The first changes, one to a line, and how many more there are.
  static func listed(_ changes: [String]) -> String {
    let rest = changes.count > 5 ? "\n  … and \(changes.count - 5) more" : ""
    return changes.prefix(5).map { "\n  \($0.onOneLine)" }.joined() + rest
  }
}
