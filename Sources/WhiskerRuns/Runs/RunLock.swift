import Foundation
import WhiskerSystem

/// A lock on a run's folder: a file in it with the holder's process id, locked with `flock`.
///
/// The lock ends when it is released or with the process, however that ends. The file of a killed process stays
/// but is no longer locked, and the next process takes it over. A file of this name that Whisker didn't write
/// is locked and nothing else: it stays as it is.
final class RunLock: Sendable {
  private let descriptor: Int32
  private let path: String
  /// Whether the file is Whisker's own.
  private let isOwn: Bool

  static let fileName = ".whisker-run.lock"
  /// What the file begins with; the process id follows.
  private static let beginning = "whisker run of process "

  /// - Throws: ``WhiskerSystem/WhiskerError`` with `folderInUse` if another process holds the folder; `cannotWrite`.
  init(_ folder: URL) throws(WhiskerError) {
    path = folder.appendingPathComponent(Self.fileName).path
    descriptor = try RunLock.hold(path, in: folder.path)
    let text = RunLock.text(descriptor)
    isOwn = text.isEmpty || text.hasPrefix(Self.beginning)
    guard isOwn else { return }
    let line = Array("\(Self.beginning)\(getpid())\n".utf8)
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, line, line.count, 0) }
  }

  /// Releases the lock; the object is of no use afterwards.
  func release() {
    // While it is still locked, so that it can't be one that somebody else has just made.
    if isOwn, RunLock.isNamed(path, descriptor) { unlink(path) }
    close(descriptor)
  }

  private static func hold(_ path: String, in folder: String) throws(WhiskerError) -> Int32 {
    while true {
      let descriptor = try open(path, in: folder)
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        let reason = errno
        let holder = holder(descriptor)
        close(descriptor)
        guard reason == EWOULDBLOCK else {
          throw WhiskerError(.cannotWrite, path, "can't be locked: \(String(cString: strerror(reason)))")
        }
        throw WhiskerError(
          .folderInUse, folder,
          expected: "a folder that no other process writes",
          got: "one that another process\(holder) is writing; the lock ends with it"
        )
      }
      // Whoever held it may have removed the file after it was opened here.
      if isNamed(path, descriptor) { return descriptor }
      close(descriptor)
    }
  }

  private static func open(_ path: String, in folder: String) throws(WhiskerError) -> Int32 {
    let options = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    var descriptor = Foundation.open(path, O_RDWR | O_CREAT | options, 0o666)
    // Locking takes no right to write.
    if descriptor < 0 && errno == EACCES { descriptor = Foundation.open(path, O_RDONLY | options) }
    guard descriptor >= 0 else {
      throw WhiskerError(
        .cannotWrite, folder,
        expected: "a folder to write", got: "\"\(String(cString: strerror(errno)))\" for \(fileName)")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw WhiskerError(.cannotWrite, path, expected: "a file or nothing", got: "a folder or a device")
    }
    return descriptor
  }

  /// Whether an open file still has its name.
  private static func isNamed(_ path: String, _ descriptor: Int32) -> Bool {
    var (opened, named) = (stat(), stat())
    return fstat(descriptor, &opened) == 0 && lstat(path, &named) == 0 && opened.st_ino == named.st_ino
      && opened.st_dev == named.st_dev
  }

  /// ` (1234)`: the process id in the file, if there is one.
  private static func holder(_ descriptor: Int32) -> String {
    let text = text(descriptor)
    guard text.hasPrefix(beginning) else { return "" }
    let digits = text.dropFirst(beginning.count).prefix { $0.isASCII && $0.isNumber }
    return digits.isEmpty ? "" : " (\(digits))"
  }

  /// How the file begins.
  private static func text(_ descriptor: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
  }
}
