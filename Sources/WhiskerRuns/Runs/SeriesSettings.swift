public import Foundation
public import WhiskerDatasets
import WhiskerFormats
import WhiskerSystem

/// The settings that a series of runs was started with, which a resumed series must share.
public struct SeriesSettings: Codable, Sendable {
  /// The recipe, with every option applied.
  public let recipe: Recipe
  /// The seed of the first repetition.
  public let seed: UInt64
  /// What part of the training photos is held back for validation; nil for none.
  public let validationSplit: Double?
  /// How many folds there are; nil on a learning curve.
  public let folds: Int?
  /// The training photos that belong together; nil in series that don't look for them, and in older ones.
  public let groups: PhotoGroups?
  /// How it is computed, such as the number of threads.
  public let computing: [String: String]
  /// A checksum of the photos' names, classes and sizes.
  let photos: String
  /// A checksum of their contents; nil in older series.
  let contents: String?

  private enum CodingKeys: String, CodingKey {
    case recipe, seed, folds, groups, computing, photos, contents
    case validationSplit = "validation_split"
  }

  init(_ run: TrainingRun, folds: Int?, _ data: DataFolder) {
    recipe = run.recipe
    seed = run.seed
    validationSplit = run.validationSplit
    self.folds = folds
    groups = run.groups
    computing = run.computing
    let fingerprint = PhotoFingerprint(data)
    photos = fingerprint.digest
    contents = fingerprint.contentDigest
  }

  /// Reads the settings that the series in a folder was started with; nil if there is none that can be read.
  public init?(ofSeries url: URL) {
    guard let found = SeriesSettings.found(in: url) else { return nil }
    self = found.settings
  }

  /// The settings that the series in a folder was started with, and the file that holds them.
  static func found(in folder: URL) -> (settings: SeriesSettings, fileName: String)? {
    struct Record: Decodable { let settings: SeriesSettings }
    for name in [RunFolder.FileName.crossValidation, RunFolder.FileName.learningCurve] {
      if let bytes = FileManager.default.contents(atPath: folder.appendingPathComponent(name).path),
        let record = try? PlainJSON.decode(Record.self, from: String(decoding: bytes, as: UTF8.self))
      {
        return (record.settings, name)
      }
    }
    return nil
  }

  /// Checks that a series may resume with `other`: with the same recipe, seed, folds and photos.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `runChanged`, listing the differences, or `dataChanged`.
  func check(allows other: SeriesSettings, in folder: URL) throws {
    struct Settings: Encodable {
      let recipe: Recipe
      let seed: UInt64
      let validation_split: Double?
      let folds: Int?
    }
    let differences = try FieldDifference.between(
      Settings(recipe: recipe, seed: seed, validation_split: validationSplit, folds: folds),
      Settings(
        recipe: other.recipe, seed: other.seed, validation_split: other.validationSplit, folds: other.folds))
    guard differences.isEmpty else {
      throw WhiskerError(
        .runChanged, folder.path,
        expected: "the settings that the runs began with",
        got: "others" + FieldDifference.lines(differences))
    }
    guard photos == other.photos, contents == nil || contents == other.contents else {
      throw WhiskerError(
        .dataChanged, folder.path,
        expected: "the photos that the runs began with", got: "others")
    }
  }
}
