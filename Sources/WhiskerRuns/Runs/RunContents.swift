package import Foundation
import WhiskerFormats
import WhiskerTraining

/// The contents of a folder that a run or a series of runs will be written to: whether there is one already,
/// and which files belong to it.
///
/// A run is recognised by what only Whisker writes: its settings, a checkpoint, its log. Without any of these
/// no file in the folder is a run's, whatever its name. No links are followed: a run doesn't make any.
package struct RunContents {
  /// What is written into a folder.
  package enum Kind: Sendable {
    case run, crossValidation, learningCurve

    /// "a run".
    var word: String {
      switch self {
      case .run: "a run"
      case .crossValidation: "a cross-validation"
      case .learningCurve: "a learning curve"
      }
    }

    /// The names of the files that it writes, besides checkpoints and those of its sinks.
    fileprivate var names: [String] {
      switch self {
      case .run:
        RunFolder.FileName.models(withBest: true)
          + [RunFolder.FileName.history, RunFolder.FileName.recipe, RunFolder.FileName.events]
          + RunFolder.FileName.curves
          + [RunFolder.FileName.beginning, RunFolder.FileName.end].map(RunContents.inCheckpoints)
      case .crossValidation: [RunFolder.FileName.crossValidation]
      case .learningCurve:
        [RunFolder.FileName.learningCurve, RunFolder.FileName.learningCurveTable]
          + RunFolder.FileName.learningCurvePictures
      }
    }
  }

  /// What there is; nil if there is neither a run nor a series.
  package let kind: Kind?
  /// The names of its files that are there.
  package let names: [String]
  private let folder: URL

  /// Looks into a folder, which needn't be there.
  package init(of folder: URL) {
    self.folder = folder
    let checkpoints = folder.appendingPathComponent(RunFolder.FileName.checkpoint)
    let beginning = RunManifest(in: checkpoints)
    kind = RunContents.kind(of: folder, beginning)
    var names = kind?.names ?? []
    if kind == .run {
      names += RunContents.stepNames(in: checkpoints)
      names +=
        beginning?.filesOfSinks(in: folder) ?? TensorBoardLog.files(in: folder).map(\.lastPathComponent)
    }
    self.names = names.filter { RunContents.isFile(folder.appendingPathComponent($0)) }
  }

  /// Its files for people to read: `model.safetensors, history.csv, checkpoint`.
  var text: String {
    let inFolder = names.filter { kind?.names.contains($0) == true && !$0.contains("/") }
    let hasCheckpoints = names.contains { $0.contains("/") }
    return (inFolder + (hasCheckpoints ? [RunFolder.FileName.checkpoint] : [])).joined(separator: ", ")
  }

  /// Whether a file is the run's that is there.
  package func owns(_ name: String) -> Bool { names.contains(name) }

  /// The names that a run or a series needs and that files of others have.
  func strangers(to kind: Kind) -> [String] {
    var needed = kind.names
    let checkpoints = folder.appendingPathComponent(RunFolder.FileName.checkpoint)
    if kind == .run {
      needed += RunContents.stepNames(in: checkpoints)
      // A link to a folder is fine, such as one on a larger disk.
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: checkpoints.path, isDirectory: &isFolder)
      if !isFolder.boolValue, RunContents.status(of: checkpoints) != nil {
        return [RunFolder.FileName.checkpoint]
      }
    }
    return needed.filter { !owns($0) && RunContents.status(of: folder.appendingPathComponent($0)) != nil }
  }

  /// The names of what is removed with a replaced run, in the order of removal: first what the run would be
  /// resumed from, last what marks it as a run.
  var namesToRemove: [String] {
    guard kind != nil else { return [] }
    let place = { (name: String) in
      switch name {
      case RunFolder.FileName.crossValidation, RunFolder.FileName.learningCurve: 3
      case RunContents.inCheckpoints(RunFolder.FileName.beginning): 3
      case RunFolder.FileName.events: 2
      default: name.hasPrefix(RunFolder.FileName.checkpoint + "/") ? 0 : 1
      }
    }
    let report = folder.appendingPathComponent(RunFolder.FileName.report)
    let pages = RunContents.isReport(report) ? [RunFolder.FileName.report] : []
    return (names + pages).enumerated().sorted {
      (place($0.element), $0.offset) < (place($1.element), $1.offset)
    }
    .map(\.element)
  }

  // MARK: What tells

  private static func kind(of folder: URL, _ beginning: RunManifest?) -> Kind? {
    switch SeriesSettings.found(in: folder)?.fileName {
    case RunFolder.FileName.crossValidation?: return .crossValidation
    case .some: return .learningCurve
    case nil: break
    }
    if beginning != nil { return .run }
    let checkpoints = folder.appendingPathComponent(RunFolder.FileName.checkpoint)
    let isRun =
      CheckpointStore.steps(in: checkpoints).contains {
        Checkpoint.isOne(checkpoints.appendingPathComponent(CheckpointStore.name(ofStep: $0)))
      } || EventLog.isOne(folder.appendingPathComponent(RunFolder.FileName.events))
    return isRun ? .run : nil
  }

  /// What every page on a run has in its head.
  package static let reportMark = "<meta name=\"generator\" content=\"Whisker\"/>"

  /// Whether a file is a page on a run that Whisker wrote.
  package static func isReport(_ url: URL) -> Bool {
    guard isFile(url), let head = beginning(of: url, byteCount: 4096) else { return false }
    // Pages from before there was a mark.
    let title = " – training report</title>"
    return head.contains(reportMark)
      || head.contains("http-equiv=\"Content-Security-Policy\"") && head.contains(title)
  }

  /// How a file begins, as text.
  static func beginning(of url: URL, byteCount: Int) -> String? {
    guard let file = try? FileHandle(forReadingFrom: url), let bytes = try? file.read(upToCount: byteCount)
    else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isFile(_ url: URL) -> Bool {
    status(of: url).map { $0.st_mode & S_IFMT == S_IFREG } ?? false
  }

  /// What there is of a name, a link as such; nil if there is nothing.
  private static func status(of url: URL) -> stat? {
    var status = stat()
    return lstat(url.path, &status) == 0 ? status : nil
  }

  private static func inCheckpoints(_ name: String) -> String { "\(RunFolder.FileName.checkpoint)/\(name)" }

  private static func stepNames(in checkpoints: URL) -> [String] {
    CheckpointStore.steps(in: checkpoints).map { inCheckpoints(CheckpointStore.name(ofStep: $0)) }
  }
}
