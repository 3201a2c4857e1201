import Foundation
import WhiskerDatasets
import WhiskerRuns
import WhiskerSystem

/// What a report is made from: a run's files and its photos.
struct RunSource {
  let run: URL
  let record: RunRecord
  let log: RunLog
  let recipe: Recipe
  let saved: SavedModel
  /// The name of the model's file.
  let modelName: String
  /// Where the photos are.
  let data: URL
  let folders: DataFolder
  /// The photos that the model is measured on.
  let measured: PhotoFolder
  /// What changed about photos to measure on; these are not measured.
  let missed: [String]
  /// What has changed about the training photos since; nil if the run doesn't say which photos it had.
  let lost: [String]?

  /// Whether the model is measured on photos that it wasn't trained on.
  var hasValidation: Bool { folders.validation != nil }

  /// What was chosen on the photos that the model is measured on.
  var choices: [ModelPhotos.Choice] {
    guard folders.validation != nil, folders.measured == nil else { return [] }
    // An older model file doesn't say; its name does.
    let isBest = modelName == RunFolder.FileName.best && record.history.epochs.count > 1
    return saved.knownPhotos?.choices ?? (isBest ? [.epoch] : [])
  }

  /// What everything random was drawn from, given or not; nil if the run doesn't say.
  var seed: String? { log.sessions.last?.seed ?? RunSettings(ofRun: run).map { "\($0.seed)" } }

  /// What the user should know of the photos that aren't what they were; nil if all are.
  var missedDescription: String? {
    guard let first = missed.first else { return nil }
    let count = missed.count + measured.photos.count
    return
      "\(missed.count) of the \(count) photos that the run was measured on \(missed.count == 1 ? "is" : "are") gone "
      + "or not what \(missed.count == 1 ? "it was" : "they were"), and not measured: \(first)"
      + (missed.count > 1 ? " and others" : "")
  }

  /// The run's name, that of its folder.
  var name: String { run.standardizedFileURL.lastPathComponent }

  init(_ report: RunReport) throws {
    run = report.run
    record = try Self.record(of: report.run)
    recipe = try Self.recipe(of: record)
    (saved, modelName) = try Self.model(of: report)
    log = RunLog(folder: report.run)
    data = try Self.data(of: report, log)
    if let photos = try RunPhotos(of: report.run, in: data, classNames: saved.classNames) {
      (folders, missed, lost) = (photos.folders, photos.missed, photos.lost)
    } else {
      let description = RunSettings(ofRun: report.run)
      folders = try DataFolder(
        forTraining: data, validationSplit: description?.validationSplit, part: description?.part,
        groups: RunSettings.groups(ofRun: report.run))
      (missed, lost) = ([], nil)
    }
    measured = folders.measured ?? folders.validation ?? folders.train
  }

  private static func record(of run: URL) throws -> RunRecord {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: run.path, isDirectory: &isFolder) else {
      throw WhiskerError(.missingFile, run.path, expected: "a run's folder", got: "nothing of this name")
    }
    guard isFolder.boolValue else {
      throw WhiskerError(.badContents, run.path, expected: "the folder of a run", got: "a file")
    }
    let history = run.appendingPathComponent(RunFolder.FileName.history)
    guard FileManager.default.fileExists(atPath: history.path) else {
      throw WhiskerError(
        .badContents, run.path, expected: "the folder of a run", got: "one without history.csv")
    }
    return try RunRecord(contentsOf: run)
  }

  private static func recipe(of record: RunRecord) throws(WhiskerError) -> Recipe {
    guard let recipe = record.recipe else {
      throw WhiskerError(
        .badContents, record.url.path,
        expected: "the folder of a run", got: "one without recipe.yaml")
    }
    return recipe
  }

  private static func model(of report: RunReport) throws -> (SavedModel, String) {
    let names = [
      RunReport.Choice.best: RunFolder.FileName.best, .model: RunFolder.FileName.model,
    ]
    let wanted = report.choice.map { [$0] } ?? [.best, .model]
    let files = wanted.compactMap { names[$0] }
    guard
      let file = files.first(where: {
        FileManager.default.fileExists(atPath: report.run.appendingPathComponent($0).path)
      })
    else {
      throw WhiskerError(
        .missingFile, report.run.path,
        expected: "\(files.joined(separator: " or ")) in the run",
        got: "neither: it has no epoch behind it yet")
    }
    return (try SavedModel(contentsOf: report.run.appendingPathComponent(file)), file)
  }

  private static func data(of report: RunReport, _ log: RunLog) throws(WhiskerError) -> URL {
    if let data = report.data { return data }
    return try log.data(ofRun: report.run)
  }
}
