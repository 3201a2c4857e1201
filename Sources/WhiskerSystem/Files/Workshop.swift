import Foundation

/// A hidden folder next to a destination, in which the destination's contents are made before they are moved
/// there.
///
/// It holds its manifest from the beginning, and the process that works in it holds a lock on it: what a killed
/// process left behind is recognised by both, and the next one removes it.
package final class Workshop<Manifest: FolderManifest> {
  package let path: String
  /// The folders above the destination that had to be made, outermost first.
  private let madeParents: [String]
  /// The open folder, which the lock is on; closed, and so unlocked, however the process ends.
  private let lock: Int32

  /// Makes the folder for what a manifest lists.
  package init(for destination: String, _ manifest: Manifest) throws(WhiskerError) {
    let parent = URL(fileURLWithPath: destination, isDirectory: true).deletingLastPathComponent().path
    madeParents = try NewFolders.make(parent)
    Self.removeLeftovers(in: parent)
    do throws(WhiskerError) {
      (path, lock) = try Self.makeLocked(in: parent)
    } catch {
      NewFolders.removeEmpty(madeParents)
      throw error
    }
    do throws(WhiskerError) {
      try ListedFolder<Manifest>(path: path).write(manifest)
    } catch {
      rmdir(path)
      NewFolders.removeEmpty(madeParents)
      throw error
    }
  }

  deinit { close(lock) }

  /// Moves the finished work to its destination, where there may be nothing, an empty folder or older work.
  package func replace(_ destination: String) throws(WhiskerError) {
    // Looked at again: someone may have put something there in the meantime.
    guard try ListedFolder<Manifest>(path: destination).isThere() else {
      return try move(path, to: destination)
    }
    if Self.exchange(path, destination) {
      do throws(WhiskerError) {
        // And once more, now that it can't be found by its name.
        _ = try ListedFolder<Manifest>(path: path).isThere()
      } catch {
        _ = Self.exchange(path, destination)
        throw error.with(at: destination)
      }
      return ListedFolder<Manifest>(path: path).remove()
    }
    // Some file systems can't exchange two folders.
    let old = path + ".old"
    try move(destination, to: old)
    do {
      try move(path, to: destination)
    } catch {
      try move(old, to: destination)
      throw error
    }
    ListedFolder<Manifest>(path: old).remove()
  }

  /// Removes the work, together with the folders that were made for it.
  package func remove() {
    ListedFolder<Manifest>(path: path).remove()
    NewFolders.removeEmpty(madeParents)
  }

  /// The error with the path that the user knows in place of that of the hidden folder.
  package func naming(_ destination: String, in error: any Error) -> any Error {
    guard let error = error as? WhiskerError, error.place.hasPrefix(path) else { return error }
    return WhiskerError(error.code, destination + error.place.dropFirst(path.count), error.message)
  }

  private func move(_ old: String, to new: String) throws(WhiskerError) {
    if rename(old, new) == 0 { return }
    let hint = errno == EBUSY || errno == EXDEV ? ": a mounted folder can't be replaced, one in it can" : ""
    throw WhiskerError(.cannotWrite, new, systemMessage(errno) + hint)
  }

  // MARK: Locked folders

  private static var prefix: String { ".whisker-\(Manifest.command)-" }
  private static var suffix: String { ".partial" }

  private static func makeLocked(in parent: String) throws(WhiskerError) -> (path: String, lock: Int32) {
    // Before it is locked, another process may mistake it for a leftover.
    for _ in 0..<10 {
      let path = parent.appendingPath(prefix + UUID().uuidString + suffix)
      guard mkdir(path, 0o777) == 0 else { break }
      if let lock = FolderLock.take(path) { return (path, lock) }
      rmdir(path)
    }
    throw WhiskerError(.cannotWrite, parent, "can't make a folder in it: \(systemMessage(errno))")
  }

  /// Removes what killed processes left behind: folders of our names and with our manifests that no process
  /// has a lock on.
  private static func removeLeftovers(in parent: String) {
    for name in (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    where name.hasPrefix(prefix) && name.hasSuffix(suffix)
      && UUID(uuidString: String(name.dropFirst(prefix.count).dropLast(suffix.count))) != nil
    {
      let folder = ListedFolder<Manifest>(path: parent.appendingPath(name))
      guard let lock = FolderLock.take(folder.path, mustBeSupported: true) else { continue }
      defer { close(lock) }
      // Someone else's file in it makes it theirs.
      if folder.isOurs { folder.remove() }
    }
  }

  /// Exchanges two folders in one step; false where the file system can't.
  private static func exchange(_ first: String, _ second: String) -> Bool {
    // The Glibc module leaves the function out; this is how its manual page declares it.
    guard let symbol = dlsym(nil, "renameat2") else { return false }
    typealias Rename =
      @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) -> CInt
    let exchanging: CUnsignedInt = 2
    return unsafeBitCast(symbol, to: Rename.self)(AT_FDCWD, first, AT_FDCWD, second, exchanging) == 0
  }
}

/// A lock on a folder that ends with the process that holds it.
package enum FolderLock {
  /// Locks a folder; returns what is to be closed, or nil if another process has it or the folder doesn't
  /// exist.
  ///
  /// - Parameter mustBeSupported: Whether nil is returned as well where the file system has no locks on folders.
  package static func take(_ path: String, mustBeSupported: Bool = false) -> Int32? {
    let folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard folder >= 0 else { return nil }
    let isLocked = flock(folder, LOCK_EX | LOCK_NB) == 0
    let isHeld = !isLocked && errno == EWOULDBLOCK
    var status = stat()
    let isStillThere = fstat(folder, &status) == 0 && FileIdentity(of: path) == FileIdentity(status)
    if isHeld || !isStillThere || mustBeSupported && !isLocked {
      close(folder)
      return nil
    }
    return folder
  }
}
