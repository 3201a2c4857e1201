public import Foundation
public import WhiskerDatasets
public import WhiskerGraph
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem

/// A page on a run: what was trained on what, how good it is, and which photos to look at.
///
/// The page is one file that needs nothing else: pictures are embedded, and it loads nothing from the network.
/// The model is measured on the validation photos; where there are none, on the training photos, which the page
/// says.
public struct RunReport: Sendable {
  /// Which of a run's models is examined.
  public enum Choice: String, Hashable, Sendable, CaseIterable {
    /// That of the epoch with the best validation.
    case best
    /// That of the last epoch.
    case model
  }

  /// The current phase of the work.
  public enum Phase: String, Hashable, Sendable {
    /// Photos are read and the model is measured on them.
    case evaluating = "Evaluating"
    /// Photos are explained.
    case explaining = "Explaining"
  }

  /// The run's folder.
  public var run: URL
  /// Where the photos are now; nil uses the place that the run recorded.
  public var data: URL?
  /// The model to look at; nil takes the best, or the last where there is no best.
  public var choice: Choice?
  /// Photos that are computed at once, at least 1.
  public var batchSize = 32
  /// Threads and memory of the loader.
  public var loading = PhotoDataset.Loading()
  /// Sentences at the head of the page; nil takes what the run's curves show (``Advice``).
  public var advice: [String]?

  /// Called with what the user should know, such as photos that have changed; the page says it too.
  public var onWarning: @Sendable (String) -> Void = { _ in }

  /// The name of the page in a run's folder.
  public static let fileName = RunFolder.FileName.report

  /// A report on a run.
  public init(run: URL) { self.run = run }

  /// Makes the page and writes it, whole or not at all.
  ///
  /// - Parameters:
  ///   - url: The file; nil is `report.html` in the run's folder.
  ///   - engine: The engine that computes.
  ///   - onProgress: Called with the progress of a phase.
  /// - Returns: the file.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `missingFile` or `badContents` if there is no run, no model or no data, `cannotWrite`, also
  ///   if `report.html` in the run's folder isn't a report; ``WhiskerSystem/WhiskerError`` (`dataChanged` if the photos
  ///   aren't those that the run is measured on), ``WhiskerSystem/WhiskerError``, `CancellationError`.
  @discardableResult
  public func write(
    to url: URL? = nil, on engine: any Engine,
    onProgress: @escaping @Sendable (_ phase: Phase, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) async throws -> URL {
    let target = url ?? run.appendingPathComponent(Self.fileName)
    var status = stat()
    // A file that the caller names may be replaced; this name wasn't chosen by anybody.
    guard url != nil || RunContents.isReport(target) || lstat(target.path, &status) != 0 else {
      throw WhiskerError(
        .cannotWrite, target.path,
        expected: "a report on a run or no file", got: "a file that isn't one: name another to write")
    }
    // What is no run has its own error.
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: run.path, isDirectory: &isFolder)
    if url != nil || isFolder.boolValue {
      try AtomicFile.check(replacing: target)
    }
    let page = try await html(on: engine, onProgress: onProgress)
    try AtomicFile.write(page, to: target)
    return target
  }

  /// Makes the page.
  ///
  /// - Throws: as ``write(to:on:onProgress:)``.
  public func html(
    on engine: any Engine,
    onProgress: @escaping @Sendable (_ phase: Phase, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) async throws -> String {
    let source = try RunSource(self)
    if let warning = source.missedDescription { onWarning(warning) }
    try source.saved.compile(engine: engine)
    let study = try await ValidationStudy(source, batchSize: batchSize, loading: loading, onProgress)
    let pictures = try ReportPictures(source)
    return ReportPage(source, study, pictures, advice: advice ?? Self.advice(on: source.record)).html
  }

  /// What the curves show and what to do next; nothing where there are too few epochs.
  private static func advice(on record: RunRecord) -> [String] {
    Advice(on: record.history, .init(record)).map { [$0.text] } ?? []
  }
}
