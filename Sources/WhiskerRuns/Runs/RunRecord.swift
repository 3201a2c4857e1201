public import Foundation
import WhiskerDatasets
public import WhiskerSystem
public import WhiskerTraining

/// What a run's folder says about it, while it is running or afterwards: the curves, and what they were
/// measured on.
public struct RunRecord: Sendable {
  /// The folder.
  public let url: URL
  /// The epochs so far, from `history.csv`.
  public let history: History
  /// What is trained, from `recipe.yaml`; nil if that isn't there.
  public let recipe: Recipe?
  /// The number of training photos; nil if that isn't known.
  public let trainingCount: Int?
  /// How many photos of each class training has, by the classes' names; empty if that isn't known.
  public let trainingCounts: [String: Int]
  /// How many photos of each class validation has, by the classes' names; empty if that isn't known.
  public let validationCounts: [String: Int]

  /// Reads a run's folder.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `missingFile` if there is no such folder or no `history.csv` in it, `badHistory` or
  ///   `badRecipe` if a file makes no sense.
  public init(contentsOf url: URL) throws(WhiskerError) {
    self.url = url
    let table = url.appendingPathComponent(RunFolder.FileName.history)
    guard FileManager.default.fileExists(atPath: table.path) else {
      throw WhiskerError(
        .missingFile, url.path, expected: "the folder of a run, with \(RunFolder.FileName.history)",
        got: "none")
    }
    var history = try History(contentsOf: table)
    let recipe = url.appendingPathComponent(RunFolder.FileName.recipe)
    self.recipe = try FileManager.default.contents(atPath: recipe.path).map { bytes throws(WhiskerError) in
      try Recipe(yaml: String(decoding: bytes, as: UTF8.self), source: recipe.path)
    }
    if let best = self.recipe?.training.best { history.bestBy = best }
    self.history = history
    let photos = RunManifest(in: url.appendingPathComponent(RunFolder.FileName.checkpoint))?.photos.entries
    trainingCount = photos.map { $0.filter { $0.split == .train }.count }
    func counts(_ split: SplitName) -> [String: Int] {
      (photos ?? []).filter { $0.split == split }
        .reduce(into: [:]) { counts, photo in counts[photo.className, default: 0] += 1 }
    }
    trainingCounts = counts(.train)
    validationCounts = counts(.validation)
  }

  /// How many photos a validation looks at; nil if that isn't known.
  public var validationCount: Int? {
    guard !validationCounts.isEmpty else { return nil }
    let all = validationCounts.values.reduce(0, +)
    let schedule = recipe?.training
    return schedule?.validationSteps.map { min(all, $0 * (schedule?.batchSize ?? 1)) } ?? all
  }
}
