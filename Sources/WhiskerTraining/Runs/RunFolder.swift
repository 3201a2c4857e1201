public import Foundation
import WhiskerDatasets
import WhiskerFormats

/// What to do where there is a run already.
public enum ExistingRun: Hashable, Sendable {
  /// Leave it, and throw.
  case refuse
  /// Replace it.
  case overwrite
  /// Go on with it; begin where there is none.
  case resume
}

/// The folder that a training writes into: `model.safetensors`, `best.safetensors`, `history.csv`, `recipe.yaml`,
/// `events.jsonl`, `checkpoint/`, and what its sinks write; the command adds the curves.
///
/// One process at a time may hold a run; the hold ends with the object or with the process.
public final class RunFolder: Sendable {
  /// The folder.
  public let url: URL
  private let lock: RunLock
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
    /// Everything that happened, a line of JSON for each event.
    public static let events = "events.jsonl"
    /// The curves of loss and accuracy, as pictures.
    public static let curves = ["curves.png", "curves.svg"]
    /// The page on a run; whoever replaces the run removes it.
    public static let report = "report.html"
    /// What the folds of a ``CrossValidation`` measured.
    public static let crossValidation = "cross_validation.json"
    /// What the trainings of a ``LearningCurve`` measured.
    public static let learningCurve = "curve.json"
    /// The same as a table.
    public static let learningCurveTable = "curve.csv"
    /// The same as pictures.
    public static let learningCurvePictures = ["curve.png", "curve.svg"]
    /// The folder of checkpoints (``CheckpointStore``).
    public static let checkpoint = "checkpoint"
    /// In that folder, what the run was begun with.
    static let beginning = "run.json"
    /// The endings of the same models in Keras's formats.
    static let kerasEndings = ["keras", "h5"]
    fileprivate static let all =
      [model, best, history, recipe, events, crossValidation, learningCurve, learningCurveTable] + curves
      + learningCurvePictures + kerasEndings.flatMap { ["model.\($0)", "best.\($0)"] }
  }

  /// Makes the folder, or takes over an old one, in which everything stays until ``clear()``.
  ///
  /// - Parameters:
  ///   - url: The folder.
  ///   - existing: What to do if there is a run already.
  /// - Throws: ``TrainingError`` with `runExists` if it is to be refused, or if another process is writing it;
  ///   `cannotWrite` if the folder can't be made or written.
  public init(_ url: URL, existing: ExistingRun) throws(TrainingError) {
    self.url = url
    isNew = !FileManager.default.fileExists(atPath: url.path)
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw TrainingError(
        .cannotWrite, url.path, "expected a folder to write, got \"\(systemReason(of: error))\"")
    }
    guard access(url.path, W_OK | X_OK) == 0 else {
      throw TrainingError(
        .cannotWrite, url.path, "expected a folder to write, got \"\(String(cString: strerror(errno)))\"")
    }
    lock = try RunLock(url)
    for folder in [url, checkpoints] { AtomicFile.removeLeftovers(in: folder) }
    guard existing == .refuse, !contents.isEmpty else { return }
    throw TrainingError(
      .runExists, url.path,
      "expected no run here, got \(contents.joined(separator: ", ")): go on with it with --resume, or use "
        + "--overwrite or another --output")
  }

  deinit {
    lock.release()
    // A run that never began leaves no folder; one with anything in it can't be removed so.
    if isNew { rmdir(url.path) }
  }

  /// The names of a run's files that are there.
  var contents: [String] {
    let hasCheckpoints = !CheckpointStore.steps(in: checkpoints).isEmpty
    return FileName.all.filter { FileManager.default.fileExists(atPath: file($0).path) }
      + (hasCheckpoints ? [FileName.checkpoint] : [])
  }

  /// Removes the files of an older run.
  ///
  /// - Throws: ``TrainingError`` with `cannotWrite`.
  public func clear() throws(TrainingError) {
    // First what a run would be resumed from: half of an old run is none.
    try CheckpointStore.removeAll(in: checkpoints)
    let files =
      [checkpoints.appendingPathComponent(FileName.beginning), file(FileName.report)]
      + FileName.all.map(file)
      + TensorBoardLog.files(in: url)
    for path in files.map(\.path) where FileManager.default.fileExists(atPath: path) {
      do {
        try FileManager.default.removeItem(atPath: path)
      } catch {
        throw TrainingError(.cannotWrite, path, systemReason(of: error))
      }
    }
    // A folder with anything else in it stays.
    rmdir(checkpoints.path)
  }

  /// One of the run's files.
  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// The folder of checkpoints.
  public var checkpoints: URL { url.appendingPathComponent(FileName.checkpoint, isDirectory: true) }

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
}
