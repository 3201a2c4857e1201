public import Foundation
public import WhiskerSystem

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
/// One process at a time may hold a run; the hold ends with the object or with the process. Only what a run wrote is
/// ever replaced or removed: a file of somebody else's in its way is refused, and all others stay.
public final class RunFolder: Sendable {
  /// The folder.
  public let url: URL
  private let lock: RunLock
  /// The folders that had to be made, outermost first.
  private let madeFolders: [URL]

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
    /// In that folder too, what the run came to; it is written when the run's other files are.
    package static let end = "finished.json"
    /// The extensions of the same models in Keras's formats.
    static let kerasEndings = ["keras", "h5"]

    /// The files of the models that a training ends with; those of the best are there where there is validation.
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
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `runExists` if it is to be refused, or if another process is writing it;
  ///   `cannotWrite` if the folder can't be made or written, or if files that no run wrote have names that a run needs.
  public convenience init(_ url: URL, existing: ExistingRun) throws(WhiskerError) {
    try self.init(url, existing: existing, for: .run)
  }

  /// The same for a run or for a series of them.
  init(_ url: URL, existing: ExistingRun, for kind: RunContents.Kind) throws(WhiskerError) {
    self.url = url
    madeFolders = RunFolder.missingFolders(url)
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw WhiskerError(
        .cannotWrite, url.path, expected: "a folder to write", got: "\"\(systemReason(of: error))\"")
    }
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
    // A run that never began leaves no folder; one with anything in it can't be removed so.
    for folder in madeFolders.reversed() { rmdir(folder.path) }
  }

  /// Checks that a run or a series may begin or go on in a folder, which needn't be there: nothing is touched.
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

  /// The folders on the way to one that aren't there, outermost first.
  private static func missingFolders(_ url: URL) -> [URL] {
    var missing: [URL] = []
    var url = url.standardizedFileURL
    var status = stat()
    while lstat(url.path, &status) != 0, url.path != "/" {
      missing.insert(url, at: 0)
      url.deleteLastPathComponent()
    }
    return missing
  }

  /// Removes the files of an older run, its report too.
  ///
  /// What tells that the files are a run's goes last: whatever is left when this is ended on the way can be removed later.
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
