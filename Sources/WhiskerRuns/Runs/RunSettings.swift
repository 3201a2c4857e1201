public import Foundation
public import WhiskerDatasets
import WhiskerFormats
import WhiskerSystem
import WhiskerTraining

/// The settings that a run was started with, which a resumed run must share.
public struct RunSettings: Codable, Sendable {
  /// The recipe, with every option applied.
  public let recipe: Recipe
  /// The seed of everything random.
  public let seed: UInt64
  /// What part of the training photos is held back for validation; nil for none.
  public let validationSplit: Double?
  /// Which of the training photos are taken; nil for all.
  public let part: DataPart?
  /// How it is computed, such as the number of threads.
  public let computing: [String: String]
  /// A checksum of the photos' names, classes and sizes.
  let photos: String
  /// A checksum of their contents; nil in older runs.
  let contents: String?
  /// How many photos of each split can be read; empty until they are decoded.
  var readableCounts: [String: Int] = [:]

  init(_ run: TrainingRun, photos: PhotoFingerprint) {
    recipe = run.recipe
    seed = run.seed
    validationSplit = run.validationSplit
    part = run.part
    computing = run.computing
    self.photos = photos.digest
    contents = photos.contentDigest
  }

  private enum CodingKeys: String, CodingKey {
    case recipe, seed, part, computing, photos, contents
    case validationSplit = "validation_split"
    case readableCounts = "readable_counts"
  }

  /// The name of the note that holds it in a checkpoint.
  static let note = "run"

  /// Reads the settings that a run was started with; nil if the folder holds no run that can be resumed.
  public init?(ofRun url: URL) {
    let checkpoints = url.appendingPathComponent(RunFolder.FileName.checkpoint)
    if let found = try? CheckpointStore.newest(in: checkpoints),
      let description = RunSettings(found.checkpoint)
    {
      self = description
    } else if let beginning = RunManifest(in: checkpoints) {
      self = beginning.description
    } else {
      return nil
    }
  }

  /// The training photos that belong together, as the run in a folder began with them; nil if it didn't look for them.
  public static func groups(ofRun url: URL) -> PhotoGroups? {
    RunManifest(in: url.appendingPathComponent(RunFolder.FileName.checkpoint))?.groups
  }

  /// The settings that the run of a checkpoint was started with; nil if it isn't a run's.
  init?(_ checkpoint: Checkpoint) {
    guard let text = checkpoint.notes[RunSettings.note],
      let description = try? PlainJSON.decode(RunSettings.self, from: text)
    else { return nil }
    self = description
  }

  /// Checks that a run may resume with `other`: with the same recipe and seed, except for the number of epochs.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `runChanged`, listing the differences.
  func check(allows other: RunSettings, in folder: URL) throws {
    struct Settings: Encodable {
      let recipe: Recipe
      let seed: UInt64
      let validation_split: Double?
    }
    var differences = try FieldDifference.between(
      Settings(recipe: recipe, seed: seed, validation_split: validationSplit),
      Settings(recipe: other.recipe, seed: other.seed, validation_split: other.validationSplit))
    // Mostly no step depends on how many epochs follow; that there aren't fewer than are done is checked elsewhere.
    let dependsOnLength = recipe.dependsOnLength || other.recipe.dependsOnLength
    if !dependsOnLength { differences.removeAll { $0.field == "recipe.training.epochs" } }
    guard !differences.isEmpty else { return }
    throw WhiskerError(
      .runChanged, folder.path,
      expected: "the settings that the run began with", got: "others" + FieldDifference.lines(differences),
      note: dependsOnLength && differences.map(\.field) == ["recipe.training.epochs"]
        ? "its schedule or its stages are shares of its length" : nil)
  }

  /// What differs in how it is computed, which changes only the last bits of a result.
  func computingDifferences(to other: RunSettings) throws -> [FieldDifference] {
    try FieldDifference.between(computing, other.computing)
  }
}
