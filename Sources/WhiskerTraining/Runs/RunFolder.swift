public import Foundation
import WhiskerFormats

/// The folder that a training writes into: `model.safetensors`, `best.safetensors`, `history.csv`, `recipe.yaml`.
///
/// One process at a time may hold a run; the hold ends with the object or with the process.
public final class RunFolder: Sendable {
  /// The folder.
  public let url: URL
  private let lock: Int32
  /// Whether the folder wasn't there before.
  private let isNew: Bool

  /// The names of the files in a run.
  public enum FileName {
    /// The weights after the last epoch.
    public static let model = "model.safetensors"
    /// The weights of the best epoch on the validation data.
    public static let best = "best.safetensors"
    /// Loss and accuracy of each epoch.
    public static let history = "history.csv"
    /// The recipe as it was trained, with every option applied.
    public static let recipe = "recipe.yaml"
    fileprivate static let all = [model, best, history, recipe]
  }

  /// Makes the folder, or takes over an old one, in which everything stays until ``clear()``.
  ///
  /// - Parameter overwrites: whether the files of a run that is there already may go.
  /// - Throws: ``TrainingError`` with `runExists` if they may not, or if another process is writing the run;
  ///   `cannotWrite` if the folder can't be made or written.
  public init(_ url: URL, overwrites: Bool) throws(TrainingError) {
    self.url = url
    isNew = !FileManager.default.fileExists(atPath: url.path)
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw TrainingError(
        .cannotWrite, url.path, "expected a folder to write, got \"\(RunFolder.reason(error))\"")
    }
    lock = open(url.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0, access(url.path, W_OK | X_OK) == 0 else {
      throw TrainingError(
        .cannotWrite, url.path, "expected a folder to write, got \"\(String(cString: strerror(errno)))\"")
    }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw TrainingError(
        .runExists, url.path, "expected a folder of its own, got one that another process is writing")
    }
    let old = FileName.all.filter {
      FileManager.default.fileExists(atPath: url.appendingPathComponent($0).path)
    }
    guard overwrites || old.isEmpty else {
      throw TrainingError(
        .runExists, url.path,
        "expected no run here, got \(old.joined(separator: ", ")): use --overwrite or another --output")
    }
  }

  deinit {
    // A run that never began leaves no folder; one with anything in it can't be removed so.
    if isNew { rmdir(url.path) }
    if lock >= 0 { close(lock) }
  }

  /// Removes the files of an older run.
  ///
  /// - Throws: ``TrainingError`` with `cannotWrite`.
  public func clear() throws(TrainingError) {
    for path in FileName.all.map({ file($0).path }) where FileManager.default.fileExists(atPath: path) {
      do {
        try FileManager.default.removeItem(atPath: path)
      } catch {
        throw TrainingError(.cannotWrite, path, RunFolder.reason(error))
      }
    }
  }

  /// One of the run's files.
  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// Writes a text file, atomically.
  ///
  /// - Throws: ``TrainingError`` with `cannotWrite`.
  public func write(_ text: String, to name: String) throws(TrainingError) {
    do {
      try AtomicFile.write(text, to: file(name))
    } catch {
      throw TrainingError(.cannotWrite, file(name).path, error.message)
    }
  }

  private static func reason(_ error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    return underlying.map { String(cString: strerror(Int32(($0 as NSError).code))) }
      ?? (error as NSError).localizedDescription
  }
}
