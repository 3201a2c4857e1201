import Foundation

/// Carries out a ``SetAsidePlan``: moves photos into a folder beside the data, keeping their paths.
///
/// Nothing is deleted and nothing is overwritten. `manifest.jsonl` in the folder has a line for each photo: where it
/// was, where it went, why. The lines are on the disk before the first photo moves, so that after a crash every moved
/// photo is accounted for, and running again moves the rest.
public struct SetAside: Sendable {
  /// The name of the list in the folder.
  public static let manifestName = "manifest.jsonl"

  /// What is moved.
  public let plan: SetAsidePlan

  /// A mover of what a plan says.
  public init(_ plan: SetAsidePlan) { self.plan = plan }

  /// Moves the photos.
  ///
  /// - Parameter progress: Called with the photos moved and their number after each.
  /// - Throws: ``DatasetError``: `cannotWrite`, `cannotRead`; `CancellationError` if the task was cancelled, which
  ///   leaves each photo either here or there.
  public func carryOut(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws {
    if plan.moves.isEmpty { return }
    try Workshop.makeFolders(plan.folder.path)
    try writeManifest()
    var transfer = FileTransfer(.copy)
    for (index, move) in plan.moves.enumerated() {
      try Task.checkCancellation()
      let target = plan.folder.path.appendingPath(move.movedTo)
      try Workshop.makeFolders(URL(fileURLWithPath: target).deletingLastPathComponent().path)
      try transfer.move(plan.root.path.appendingPath(move.file), to: target)
      progress(index + 1, plan.moves.count)
    }
  }

  /// Adds the lines that aren't there yet: an interrupted run may have written them before.
  private func writeManifest() throws {
    let path = plan.folder.path.appendingPath(Self.manifestName)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let old = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let known = Set(old.split(separator: "\n").map(String.init))
    let lines = try plan.moves.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    // The last line of a crashed run may be cut short.
    var text = old.isEmpty || old.hasSuffix("\n") ? "" : "\n"
    text += lines.filter { !known.contains($0) }.map { $0 + "\n" }.joined()
    do {
      if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      defer { try? file.close() }
      try file.seekToEnd()
      try file.write(contentsOf: Data(text.utf8))
      try file.synchronize()
    } catch {
      throw DatasetError(.cannotWrite, path, "can't be written: \(systemReason(of: error))")
    }
  }
}

extension FileTransfer {
  /// Moves a file to a name that nothing may have yet; a link is moved as a link.
  ///
  /// The new name is made before the old one goes, so that the file has one at every moment.
  fileprivate mutating func move(_ source: String, to destination: String) throws(DatasetError) {
    if linkat(AT_FDCWD, source, AT_FDCWD, destination, 0) != 0 {
      switch errno {
      case EEXIST: throw DatasetError(.cannotWrite, destination, systemMessage(EEXIST))
      case EXDEV:
        try place(source, at: destination)
        try flush(destination)
      default:
        // Some file systems have no hard links.
        return try rename(source, destination)
      }
    }
    if unlink(source) != 0 {
      let number = errno
      unlink(destination)
      throw DatasetError(.cannotWrite, source, "can't be moved: \(systemMessage(number))")
    }
  }

  private func rename(_ source: String, _ destination: String) throws(DatasetError) {
    var status = stat()
    if lstat(destination, &status) == 0 {
      throw DatasetError(.cannotWrite, destination, systemMessage(EEXIST))
    }
    if Foundation.rename(source, destination) != 0 {
      throw DatasetError(.cannotWrite, source, "can't be moved: \(systemMessage(errno))")
    }
  }

  /// Waits until a file's bytes are on the disk.
  private func flush(_ path: String) throws(DatasetError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    defer { if file >= 0 { close(file) } }
    if file < 0 || fsync(file) != 0 { throw DatasetError(.cannotWrite, path, systemMessage(errno)) }
  }
}
