import Foundation
import WhiskerDatasets
import WhiskerFormats
import WhiskerSystem

/// The file `checkpoint/run.json`: the settings that a run was started with, before the first checkpoint and
/// with the photos by name.
struct RunManifest: Codable {
  let description: RunSettings
  let photos: PhotoFingerprint
  /// The training photos that belong together; nil in runs that don't look for them, and in older ones.
  let groups: PhotoGroups?
  /// The names of the files in the run's folder that its sinks write; nil in runs from before these were noted.
  var files: [String]?

  init(_ description: RunSettings, _ photos: PhotoFingerprint, _ groups: PhotoGroups? = nil) {
    self.description = description
    self.photos = photos
    self.groups = groups
    files = []
  }

  /// The names of the files that sinks wrote; those of runs that didn't note them are known by their extension.
  func filesOfSinks(in folder: URL) -> [String] {
    files ?? TensorBoardLog.files(in: folder).map(\.lastPathComponent)
  }

  /// Reads it; nil if it isn't there or is damaged.
  init?(in checkpoints: URL) {
    let url = checkpoints.appendingPathComponent(RunFolder.FileName.beginning)
    guard let data = try? Data(contentsOf: url),
      let beginning = try? PlainJSON.decode(RunManifest.self, from: String(decoding: data, as: UTF8.self))
    else { return nil }
    self = beginning
  }

  /// Writes it, atomically, into a folder that needn't be there yet.
  func write(in checkpoints: URL) throws {
    let url = checkpoints.appendingPathComponent(RunFolder.FileName.beginning)
    // A folder that can't be made is a file that can't be written.
    try? FileManager.default.createDirectory(at: checkpoints, withIntermediateDirectories: true)
    try AtomicFile.write(PlainJSON.encode(self) + "\n", to: url)
  }
}
