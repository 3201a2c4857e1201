package import Foundation

/// Checks whether a result can be written, before the work that leads to it.
extension AtomicFile {
  /// Finds out whether a file can take a name, and leaves nothing behind.
  ///
  /// This doesn't cover a disk that is full by then.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`, in the system's words.
  package static func check(replacing url: URL) throws(WhiskerError) {
    var status = stat()
    if lstat(url.path, &status) != 0, errno == ENAMETOOLONG { throw failure(url.path) }
    _ = try AtomicFile(replacing: url)
  }

  /// Finds out whether a folder can be made, or written where it is there, and leaves nothing behind.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`, in the system's words.
  package static func check(makingFolder url: URL) throws(WhiskerError) {
    var status = stat()
    if stat(url.path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw WhiskerError(.cannotWrite, url.path, expected: "a folder", got: "a file")
      }
      do {
        _ = try AtomicFile(replacing: url.appendingPathComponent("file"))
      } catch {
        throw error.with(.cannotWrite, at: url.path)
      }
      return
    }
    guard errno == ENOENT, url.path != "/" else { throw failure(url.path) }
    // A link that leads nowhere can't become a folder.
    guard lstat(url.path, &status) != 0 else { throw failure(url.path) }
    try check(makingFolder: url.standardizedFileURL.deletingLastPathComponent())
  }
}
