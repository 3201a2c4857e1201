public import Foundation

/// Carries out a ``SplitPlan``.
///
/// The split is written into a hidden folder beside the destination and moved into place when it is complete:
/// an interruption, an error or a full disk leaves the destination as it was and nothing beside it.
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
  /// - Throws: ``DatasetError``; `CancellationError` if the surrounding task was cancelled.
  @discardableResult
  public func split(
    _ source: URL, _ settings: SplitSettings, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> SplitManifest {
    // The destination is looked at first, so that a refusal doesn't wait for the scan of a large folder.
    _ = try SplitDestination(destination, source: source)
    return try write(SplitPlan(of: SplitSource(scanning: source), settings), progress: progress)
  }

  /// Carries out a plan; the parameters are those of ``split(_:_:progress:)``.
  @discardableResult
  public func write(
    _ plan: SplitPlan, progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws -> SplitManifest {
    let target = try SplitDestination(destination, source: plan.source.root)
    let workshop = try Workshop(for: target.path)
    do {
      let manifest = SplitManifest(of: plan)
      try fill(workshop.path, plan, progress)
      try writeManifest(manifest, in: workshop.path)
      try workshop.replace(target.path)
      return manifest
    } catch {
      workshop.remove()
      throw workshop.naming(target.path, in: error)
    }
  }

  private func fill(_ folder: String, _ plan: SplitPlan, _ progress: (Int, Int) -> Void) throws {
    let source = try SplitDestination.realPath(of: plan.source.root.absoluteURL.path)
    var transfer = FileTransfer(plan.settings.placement)
    var made: Set<String> = []
    for (index, move) in plan.moves.enumerated() {
      try Task.checkCancellation()
      let target = folder.appendingPath(move.destination)
      let parent = String(target[..<(target.lastIndex(of: "/") ?? target.startIndex)])
      if made.insert(parent).inserted { try Workshop.makeFolders(parent) }
      try transfer.place(source.appendingPath(move.source), at: target)
      progress(index + 1, plan.moves.count)
    }
    try Task.checkCancellation()
  }

  private func writeManifest(_ manifest: SplitManifest, in folder: String) throws {
    let path = folder.appendingPath(SplitManifest.fileName)
    do {
      try manifest.encoded.write(to: URL(fileURLWithPath: path, isDirectory: false))
    } catch {
      throw DatasetError(.cannotWrite, path, "can't be written: \(systemReason(of: error))")
    }
  }
}
