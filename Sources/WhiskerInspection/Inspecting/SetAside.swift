import Foundation
import WhiskerSystem

/// Carries out a ``SetAsidePlan``: moves photos into a folder next to the data, keeping their paths.
///
/// Nothing is deleted and nothing is overwritten. `manifest.jsonl` in the folder has a line for each photo: where it
/// was, where it went, why. The lines are on disk before the first photo is moved, so that after a crash every
/// moved photo is listed, and running again moves the rest.
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
  /// - Throws: ``WhiskerSystem/WhiskerError``: `cannotWrite`, `cannotRead`; `CancellationError` if the task was
  ///   cancelled. Each photo is then in one of the two places, and the list names those that were moved.
  public func carryOut(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws {
    if plan.moves.isEmpty { return }
    var made = try NewFolders.make(plan.folder.path)
    let list = MoveList(plan.folder.path.appendingPath(Self.manifestName))
    var done = 0
    do {
      try list.add(plan.moves)
      var transfer = FileTransfer(.copy)
      for move in plan.moves {
        try Task.checkCancellation()
        let target = plan.folder.path.appendingPath(move.movedTo)
        let folder = URL(fileURLWithPath: target).deletingLastPathComponent().path
        made += try NewFolders.make(folder)
        try requireSeparate(folder)
        try transfer.move(plan.root.path.appendingPath(move.file), to: target)
        done += 1
        progress(done, plan.moves.count)
      }
    } catch {
      try? list.remove(plan.moves.dropFirst(done))
      NewFolders.removeEmpty(made)
      throw error
    }
  }

  /// Refuses a target folder that leads back into the data through a link.
  private func requireSeparate(_ folder: String) throws(WhiskerError) {
    let root = try plan.root.absoluteURL.path.realPath()
    let real = try folder.realPath()
    guard real == root || real.hasPrefix(root.appendingPath("")) else { return }
    throw WhiskerError(
      .cannotWrite, folder, expected: "a folder outside of the data", got: "a link into it: \(real.onOneLine)"
    )
  }
}

/// The list of what was moved, a line of JSON for each photo.
private struct MoveList {
  private let path: String

  init(_ path: String) { self.path = path }

  /// Adds the lines that aren't there yet: an interrupted run may have written them before.
  func add(_ moves: [SetAsidePlan.Move]) throws {
    let old = try text()
    let known = Set(old.split(separator: "\n").map(String.init))
    // The last line of a crashed run may be cut short.
    var text = old.isEmpty || old.hasSuffix("\n") ? "" : "\n"
    text += try moves.map(Self.line).filter { !known.contains($0) }.map { $0 + "\n" }.joined()
    do {
      if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(fileURLWithPath: path)) }
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      defer { try? file.close() }
      try file.seekToEnd()
      try file.write(contentsOf: Data(text.utf8))
      try file.synchronize()
    } catch {
      throw WhiskerError(.cannotWrite, path, "can't be written: \(systemReason(of: error))")
    }
  }

  /// Removes the lines of photos that weren't moved after all, and the file if there are no others.
  func remove(_ moves: ArraySlice<SetAsidePlan.Move>) throws {
    let undone = Set(try moves.map(Self.line))
    let left = try text().split(separator: "\n").filter { !undone.contains(String($0)) }
    if left.isEmpty {
      unlink(path)
    } else {
      let text = left.map { $0 + "\n" }.joined()
      try Data(text.utf8).write(to: URL(fileURLWithPath: path, isDirectory: false), options: .atomic)
    }
  }

  private func text() throws(WhiskerError) -> String {
    var status = stat()
    guard lstat(path, &status) == 0 else { return "" }
    guard status.kind == .file else {
      throw WhiskerError(.cannotWrite, path, expected: "a file or nothing", got: "a link or a folder")
    }
    do {
      return String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    } catch {
      throw WhiskerError(.cannotRead, path, "can't be read: \(systemReason(of: error))")
    }
  }

  private static func line(_ move: SetAsidePlan.Move) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(move), as: UTF8.self)
  }
}

extension FileTransfer {
  /// Moves a file to a name that nothing may have yet; a link is moved as a link.
  ///
  /// The new name is made before the old one is removed, so that the file always has one.
  fileprivate mutating func move(_ source: String, to destination: String) throws(WhiskerError) {
    if linkat(AT_FDCWD, source, AT_FDCWD, destination, 0) != 0 {
      switch errno {
      case EEXIST: throw WhiskerError(.cannotWrite, destination, systemMessage(EEXIST))
      case EXDEV: try copyAcross(source, destination)
      default:
        // Some file systems have no hard links.
        return try rename(source, destination)
      }
    }
    if unlink(source) != 0 {
      let number = errno
      unlink(destination)
      throw WhiskerError(.cannotWrite, source, "can't be moved: \(systemMessage(number))")
    }
  }

  /// Makes the same file, or the same link, on another file system.
  private mutating func copyAcross(_ source: String, _ destination: String) throws(WhiskerError) {
    if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: source) {
      if symlink(target, destination) != 0 {
        throw WhiskerError(.cannotWrite, destination, systemMessage(errno))
      }
      return
    }
    try place(source, at: destination)
    do throws(WhiskerError) {
      try flush(destination, like: source)
    } catch {
      unlink(destination)
      throw error
    }
  }

  private func rename(_ source: String, _ destination: String) throws(WhiskerError) {
    var status = stat()
    if lstat(destination, &status) == 0 {
      throw WhiskerError(.cannotWrite, destination, systemMessage(EEXIST))
    }
    if Foundation.rename(source, destination) != 0 {
      throw WhiskerError(.cannotWrite, source, "can't be moved: \(systemMessage(errno))")
    }
  }

  /// Gives a copy the permissions and the times of its original, and waits until its bytes are on the disk.
  private func flush(_ path: String, like source: String) throws(WhiskerError) {
    var status = stat()
    let file = open(path, O_RDONLY | O_CLOEXEC)
    defer { if file >= 0 { close(file) } }
    guard file >= 0, stat(source, &status) == 0 else {
      throw WhiskerError(.cannotWrite, path, systemMessage(errno))
    }
    // Some file systems have neither permissions nor exact times; the photo is copied all the same.
    _ = fchmod(file, status.st_mode & 0o7777)
    _ = futimens(file, [status.st_atim, status.st_mtim])
    if fsync(file) != 0 { throw WhiskerError(.cannotWrite, path, systemMessage(errno)) }
  }
}
