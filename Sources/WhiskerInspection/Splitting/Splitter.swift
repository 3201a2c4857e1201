public import Foundation
public import WhiskerDatasets
public import WhiskerSystem

/// Carries out a ``SplitPlan``.
///
/// The split is written into a hidden folder next to the destination and moved into place when it is complete:
/// an interruption, an error or a full disk leaves the destination unchanged and nothing next to it.
public struct Splitter: Sendable {
  /// The folder that the split becomes.
  public let destination: URL

  /// A splitter into the given folder, which may hold an older split (it is replaced) or be missing.
  public init(into destination: URL) { self.destination = destination }

  /// Scans, plans and carries out a split.
  ///
  /// - Parameters:
  ///   - source: The folder that holds the photos, flat or in one folder per class.
  ///   - settings: How many photos go where.
  ///   - progress: Called with the files done and their number after each.
  /// - Returns: What was done: the manifest that now lies in the destination.
  /// - Throws: ``WhiskerSystem/WhiskerError``; `CancellationError` if the surrounding task was cancelled.
  @discardableResult
  public func split(
    _ source: URL, _ settings: SplitSettings, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> SplitManifest {
    try write(plan(source, settings), progress: progress)
  }

  /// Scans and plans a split; the parameters are those of ``split(_:_:progress:)``.
  public func plan(_ source: URL, _ settings: SplitSettings) throws(WhiskerError) -> SplitPlan {
    // The destination is looked at first, so that a refusal doesn't wait for the scan of a large folder.
    _ = try SplitDestination(destination, source: source)
    return try SplitPlan(of: SplitSource(scanning: source), settings)
  }

  /// Scans and plans a split of photos of which some belong together.
  ///
  /// - Parameters:
  ///   - source: The folder that holds the photos, flat or in one folder per class.
  ///   - settings: How many photos go where.
  ///   - groups: Finds the photos that belong together, by their paths below the source.
  /// - Throws: ``WhiskerSystem/WhiskerError``, and what `groups` throws.
  public func plan(
    _ source: URL, _ settings: SplitSettings, groups: (SplitSource) async throws -> PhotoGroups
  ) async throws -> SplitPlan {
    // The destination and the numbers are looked at first, so that a refusal doesn't wait for the photos to be read.
    _ = try SplitDestination(destination, source: source)
    let found = try SplitSource(scanning: source)
    _ = try SplitPlan(of: found, settings)
    return try SplitPlan(of: found, settings, groups: try await groups(found))
  }

  /// Carries out a plan; the parameters are those of ``split(_:_:progress:)``.
  @discardableResult
  public func write(
    _ plan: SplitPlan, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> SplitManifest {
    let target = try SplitDestination(destination, source: plan.source.root)
    let manifest = SplitManifest(of: plan)
    let workshop = try Workshop(for: target.path, manifest)
    do {
      try fill(workshop.path, plan, progress)
      try workshop.replace(target.path)
      return manifest
    } catch {
      workshop.remove()
      throw workshop.naming(target.path, in: error)
    }
  }

  private func fill(_ folder: String, _ plan: SplitPlan, _ progress: (Int, Int) -> Void) throws {
    let source = try plan.source.root.absoluteURL.path.realPath()
    var transfer = FileTransfer(plan.settings.placement)
    var made: Set<[UInt8]> = []
    for (index, move) in plan.moves.enumerated() {
      try Task.checkCancellation()
      try Self.makeParents(of: move.destination, in: folder, &made)
      try transfer.place(source.appendingPath(move.source), at: folder.appendingPath(move.destination))
      progress(index + 1, plan.moves.count)
    }
    try Task.checkCancellation()
  }

  /// Makes the folders above a file that haven't been made yet.
  ///
  /// If it already exists, two class names differ only in case or Unicode form: the photos of two classes would
  /// silently be mixed.
  private static func makeParents(
    of file: String, in root: String, _ made: inout Set<[UInt8]>
  ) throws(WhiskerError) {
    guard let slash = file.lastIndex(of: "/") else { return }
    let folder = String(file[..<slash])
    guard made.insert(Array(folder.utf8)).inserted else { return }
    try makeParents(of: folder, in: root, &made)
    let path = root.appendingPath(folder)
    guard mkdir(path, 0o777) != 0 else { return }
    let hint = errno == EEXIST ? ": the disk treats it as the name of another class or folder" : ""
    throw WhiskerError(.cannotWrite, path, "can't make the folder: \(systemMessage(errno))\(hint)")
  }
}
