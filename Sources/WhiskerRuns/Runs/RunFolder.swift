public import Foundation
public import WhiskerSystem

/// What to do if there is a run already.
public enum ExistingRun: Hashable, Sendable {
  /// Leave it, and throw.
  case refuse
  /// Replace it.
  case overwrite
  /// Resume it; start one where there is none.
  case resume
}

/// The folder that a run is written to: `model.safetensors`, `best.safetensors`, `history.csv`, `recipe.yaml`,
/// `events.jsonl`, `checkpoint/`, and what its sinks write; the command adds the curves.
///
/// One process at a time may lock a run; the lock ends with the object or with the process. Only what a run
/// wrote is ever replaced or removed: someone else's file in its way is refused, and all others stay.
public final class RunFolder: Sendable {
  /// The folder.
  public let url: URL
  private let lock: RunLock
  /// The folders that had to be made, outermost first.
  private let madeFolders: [String]

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
    /// The log, a line of JSON for each event.
    public static let events = "events.jsonl"
    /// The curves of loss and accuracy, as pictures.
    public static let curves = ["curves.png", "curves.svg"]
    /// The report on a run; it is removed when the run is replaced.
    public static let report = "report.html"
    /// What the folds of a ``CrossValidation`` measured.
    public static let crossValidation = "cross_validation.json"
    /// What the runs of a ``LearningCurve`` measured.
    public static let learningCurve = "curve.json"
    /// The same as a table.
    public static let learningCurveTable = "curve.csv"
    /// The same as pictures.
    public static let learningCurvePictures = ["curve.png", "curve.svg"]
    /// The folder of checkpoints (``CheckpointStore``).
    public static let checkpoint = "checkpoint"
    /// In that folder, the settings that the run was started with.
    static let beginning = "run.json"
    /// In that folder too, the run's result; it is written when the run's other files are.
    package static let end = "finished.json"
    /// The extensions of the same models in Keras's formats.
    static let kerasEndings = ["keras", "h5"]

    /// The files of the models that a run ends with; those of the best exist where there is validation.
    static func models(withBest: Bool) -> [String] {
      ([model] + (withBest ? [best] : []))
        + kerasEndings.flatMap { ["model.\($0)"] + (withBest ? ["best.\($0)"] : []) }
    }
  }

  /// Makes the folder, or takes over an old one, in which everything stays until ``clear()``.
  ///
  /// - Parameters:
  ///   - url: The folder.
  ///   - existing: What to do if there is a run already.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `runExists` if an existing run is to be refused, or if
  ///   another process is writing it; `cannotWrite` if the folder can't be made or written, or if files that no
  ///   run wrote have names that a run needs.
  public convenience init(_ url: URL, existing: ExistingRun) throws(WhiskerError) {
    try self.init(url, existing: existing, for: .run)
  }

  /// The same for a run or for a series of them.
  init(_ url: URL, existing: ExistingRun, for kind: RunContents.Kind) throws(WhiskerError) {
    self.url = url
    madeFolders = try NewFolders.make(url.standardizedFileURL.path)
    guard access(url.path, W_OK | X_OK) == 0 else {
      throw WhiskerError(
        .cannotWrite, url.path, expected: "a folder to write", got: "\"\(String(cString: strerror(errno)))\"")
    }
    lock = try RunLock(url)
    for folder in [url, checkpoints] { AtomicFile.removeLeftovers(in: folder) }
    try RunFolder.check(url, existing: existing, for: kind)
  }

  deinit {
    lock.release()
    // A run that never began leaves no folder; one with anything in it can't be removed this way.
    NewFolders.removeEmpty(madeFolders)
  }

  /// Checks that a run or a series may start or resume in a folder, which needn't exist: nothing is touched.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `runExists` or `cannotWrite`, as ``init(_:existing:)``.
  static func check(_ url: URL, existing: ExistingRun, for kind: RunContents.Kind) throws(WhiskerError) {
    let contents = RunContents(of: url)
    switch existing {
    case .refuse where contents.kind != nil:
      throw WhiskerError(
        .runExists, url.path, expected: "no run here", got: contents.text)
    case .resume where contents.kind != nil && contents.kind != kind:
      throw WhiskerError(
        .notResumable, url.path, expected: "\(kind.word) to resume", got: contents.text)
    case .refuse, .resume, .overwrite: break
    }
    let strangers = contents.strangers(to: kind)
    guard strangers.isEmpty else {
      throw WhiskerError(
        .cannotWrite, url.path,
        expected: "no files of the names that \(kind.word) needs but those of \(kind.word)",
        got: "\(strangers.joined(separator: ", ")): move them, or choose another folder")
    }
  }

  /// Removes the files of an older run, its report too.
  ///
  /// What marks the files as a run's is removed last: whatever is left when this is interrupted can be removed
  /// later.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  public func clear() throws(WhiskerError) {
    for name in RunContents(of: url).namesToRemove {
      let path = file(name).path
      guard unlink(path) == 0 || errno == ENOENT else {
        throw WhiskerError(.cannotWrite, path, "can't be removed: \(String(cString: strerror(errno)))")
      }
    }
    // A folder with anything else in it stays.
    rmdir(checkpoints.path)
  }

  /// One of the run's files.
  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// Whether one of them is there.
  func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name).path) }

  /// The folder of checkpoints.
  public var checkpoints: URL { url.appendingPathComponent(FileName.checkpoint, isDirectory: true) }

  /// Writes a text file, atomically.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  public func write(_ text: String, to name: String) throws(WhiskerError) {
    try AtomicFile.write(text, to: file(name))
  }
}
