import Foundation
import WhiskerFormats
import WhiskerSystem
import WhiskerTraining

/// A run's result, in the file `checkpoint/finished.json`.
///
/// It is written when all the run's other files are: a run is finished if it is there and of the run's last epoch.
struct RunResult: Codable {
  /// Loss and accuracy of each epoch.
  let history: History
  /// How many epochs were planned; early stopping may have left some out.
  let epochs: Int
  /// The checksums of the files of its models, by their names.
  let models: [String: String]

  /// The run's other files, which may be changed by hand.
  private static let texts = [RunFolder.FileName.history, RunFolder.FileName.recipe]

  /// Records the result of a run that has just written its files.
  init(_ history: History, epochs: Int, models: [String], in folder: RunFolder) throws {
    self.history = history
    self.epochs = epochs
    self.models = Dictionary(
      uniqueKeysWithValues: try models.map { ($0, try RunResult.checksum(folder.file($0))) })
  }

  /// Reads it; nil if it isn't there or is damaged.
  init?(in checkpoints: URL) {
    guard let data = FileManager.default.contents(atPath: RunResult.url(in: checkpoints).path),
      let end = try? PlainJSON.decode(RunResult.self, from: String(decoding: data, as: UTF8.self))
    else { return nil }
    self = end
  }

  /// Writes it, atomically.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  func write(in checkpoints: URL) throws {
    let url = RunResult.url(in: checkpoints)
    try AtomicFile.write(PlainJSON.encode(self) + "\n", to: url)
  }

  /// Whether a run without checkpoints has nothing left to do for a recipe.
  func isOver(_ recipe: Recipe) -> Bool {
    !recipe.trainsInSteps || recipe.training.epochs == epochs
      // It stopped early, and would again.
      || history.epochs.count < epochs && recipe.training.epochs >= history.epochs.count
  }

  /// The names of those of its files that aren't there, in order.
  func missing(in folder: URL) -> [String] {
    (RunResult.texts + models.keys)
      .filter { !FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path) }.sorted()
  }

  /// The names of the models that are there and aren't what was written, in order.
  func changed(in folder: RunFolder) -> [String] {
    models.filter { name, checksum in
      folder.holds(name) && (try? RunResult.checksum(folder.file(name))) != checksum
    }.keys.sorted()
  }

  private static func checksum(_ url: URL) throws -> String {
    do {
      var checksum = Checksum()
      checksum.add(try Data(contentsOf: url, options: .alwaysMapped))
      return checksum.text
    } catch {
      throw WhiskerError(.missingFile, url.path, "can't be read: \(systemReason(of: error))")
    }
  }

  private static func url(in checkpoints: URL) -> URL {
    checkpoints.appendingPathComponent(RunFolder.FileName.end)
  }
}
