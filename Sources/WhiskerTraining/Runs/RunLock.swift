import Foundation

/// A hold on a run's folder: a file `.lock` in it with the holder's process id, locked with `flock`.
///
/// The lock goes when it is released or with the process, however that ends. The file of a process that was killed stays
/// but is no longer locked, and the next takes it over.
final class RunLock: Sendable {
  private let descriptor: Int32
  private let path: String

  /// - Throws: ``TrainingError`` with `runExists` if another process holds the folder; `cannotWrite`.
  init(_ folder: URL) throws(TrainingError) {
    path = folder.appendingPathComponent(".lock").path
    descriptor = try RunLock.hold(path, in: folder.path)
    let text = Array("\(getpid())\n".utf8)
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
  }

  /// Ends the hold; the object is of no use afterwards.
  func release() {
    // While it is still locked, so that it can't be one that somebody else has just made.
    unlink(path)
    close(descriptor)
  }

  private static func hold(_ path: String, in folder: String) throws(TrainingError) -> Int32 {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
      guard descriptor >= 0 else {
        throw TrainingError(
          .cannotWrite, folder, "expected a folder to write, got \"\(String(cString: strerror(errno)))\"")
      }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let reason = errno
        let holder = holder(descriptor)
        close(descriptor)
        guard reason == EWOULDBLOCK else {
          throw TrainingError(.cannotWrite, path, "can't be locked: \(String(cString: strerror(reason)))")
        }
        throw TrainingError(
          .runExists, folder,
          "expected a folder of its own, got one that another process\(holder) is writing; the lock ends with it"
        )
      }
      // Whoever held it may have removed the file after it was opened here.
      var (opened, named) = (stat(), stat())
      if fstat(descriptor, &opened) == 0, stat(path, &named) == 0, opened.st_ino == named.st_ino {
        return descriptor
      }
      close(descriptor)
    }
  }

  /// ` (1234)`: the process id in the file, if there is one.
  private static func holder(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    let digits = bytes.prefix(max(0, count)).prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    return digits.isEmpty ? "" : " (\(String(decoding: digits, as: UTF8.self)))"
  }
}
