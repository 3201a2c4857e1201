import Foundation
import Synchronization
import WhiskerSystem

/// An unnamed temporary file for what doesn't fit in memory: it disappears with the process, however that ends.
///
/// It is read and written by position rather than mapped: a full disk is then an error and not a signal, and
/// the system may drop what it caches of the file.
final class SpillFile: Sendable {
  /// The folder whose disk holds the file.
  let folder: String
  /// How many bytes it may grow to: half of what was free, so that some of the disk is left for others.
  let capacity: Int
  private let descriptor: Int32
  private let firstProblem = Mutex<String?>(nil)

  /// Why bytes couldn't be written, the first time; nil while all could.
  var problem: String? { firstProblem.withLock(\.self) }

  /// A file of no bytes.
  ///
  /// - Parameters:
  ///   - folder: Where it may be.
  ///   - mayBeInMemory: Whether a folder that is kept in memory is allowed: for tests, whose small disks are.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `cannotWrite` if there can't be such a file in the folder.
  init(in folder: String, mayBeInMemory: Bool = false) throws(WhiskerError) {
    descriptor = try Self.open(in: folder)
    self.folder = folder
    var status = stat()
    var disk = statvfs()
    guard fstat(descriptor, &status) == 0, fstatvfs(descriptor, &disk) == 0 else {
      close(descriptor)
      throw WhiskerError(.cannotWrite, folder, "can't be examined: \(systemMessage(errno))")
    }
    guard mayBeInMemory || !Self.isMemory(device: status.st_dev) else {
      close(descriptor)
      throw WhiskerError(
        .cannotWrite, folder, expected: "a folder on a disk", got: "one that is kept in memory")
    }
    let free = Int(
      clamping: UInt64(disk.f_bavail).multipliedReportingOverflow(by: UInt64(disk.f_frsize)).partialValue)
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    // Beyond the process's own limit a write would be answered by a signal.
    capacity = min(free / 2, Int(clamping: limit.rlim_cur))
  }

  deinit { close(descriptor) }

  private static func open(in folder: String) throws(WhiskerError) -> Int32 {
    // O_TMPFILE, a macro that Swift doesn't see.
    let nameless = Foundation.open(folder, 0o20000000 | O_DIRECTORY | O_RDWR | O_CLOEXEC, 0o600)
    if nameless >= 0 { return nameless }
    // Not every file system can; then the file has a name for a moment.
    var template = Array("\(folder)/whisker-XXXXXX".utf8CString)
    let named = mkstemp(&template)
    guard named >= 0 else {
      throw WhiskerError(.cannotWrite, folder, "can't hold a temporary file: \(systemMessage(errno))")
    }
    unlink(template)
    _ = fcntl(named, F_SETFD, FD_CLOEXEC)
    return named
  }

  /// Whether a file system is kept in memory, as the list of mounts has it: `… 0:25 / /dev/shm rw - tmpfs …`.
  private static func isMemory(device: dev_t) -> Bool {
    let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
    // The system's macros major and minor, which Swift doesn't see.
    let major = device >> 8 & 0xFFF | device >> 32 & ~0xFFF
    let minor = device & 0xFF | device >> 12 & ~0xFF
    let number = "\(major):\(minor)"
    return mounts?.split(separator: "\n").contains { line in
      let fields = line.split(separator: " ")
      let kind = fields.firstIndex(of: "-").flatMap { fields.indices.contains($0 + 1) ? fields[$0 + 1] : nil }
      return fields.count > 2 && fields[2] == number && ["tmpfs", "devtmpfs", "ramfs"].contains(kind)
    } ?? false
  }

  /// Writes bytes; false if that wasn't possible.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    guard offset + bytes.count <= capacity else {
      return fail("no more room than half of what was free, or than a file may have")
    }
    return transfer(bytes.count, at: offset) { done, offset in
      pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset))
    } || fail(systemMessage(errno))
  }

  /// Reads as many bytes as `bytes` has room for; false if that wasn't possible.
  func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Bool {
    transfer(bytes.count, at: offset) { done, offset in
      pread(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(offset))
    }
  }

  private func fail(_ reason: String) -> Bool {
    firstProblem.withLock { $0 = $0 ?? "\(folder): \(reason)" }
    return false
  }

  private func transfer(_ count: Int, at offset: Int, _ step: (_ done: Int, _ offset: Int) -> Int) -> Bool {
    var done = 0
    while done < count {
      let moved = step(done, offset + done)
      if moved < 0 && errno == EINTR { continue }
      if moved <= 0 { return false }
      done += moved
    }
    return true
  }
}
