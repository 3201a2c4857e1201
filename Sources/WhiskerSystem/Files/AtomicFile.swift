package import Foundation

/// A file that appears whole under its name or not at all.
///
/// The bytes go to a temporary file in the same folder, which ``commit()`` flushes to the disk and renames. A
/// value that ends before that, by an error or otherwise, removes the temporary file and leaves an existing
/// file of that name untouched; ``removeLeftovers(in:)`` removes what a killed process leaves behind. A
/// symbolic link is replaced, not followed.
///
/// Every failure throws a ``WhiskerSystem/WhiskerError`` of code `cannotWrite` with the system's own words: a
/// full disk, a missing permission, a file where a folder should be.
package struct AtomicFile: ~Copyable {
  private let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private var isCommitted = false

  /// Opens a temporary file next to `url`, which will take its name.
  package init(replacing url: URL) throws(WhiskerError) {
    let opened = try AtomicFile.open(in: url.deletingLastPathComponent(), toReplace: url.path)
    descriptor = opened.descriptor
    path = url.path
    temporaryPath = opened.path
  }

  deinit {
    close(descriptor)
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Writes these bytes after those before them.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(WhiskerError) {
    var remaining = bytes[...]
    while !remaining.isEmpty {
      let written = Foundation.write(
        descriptor, UnsafeRawBufferPointer(rebasing: remaining).baseAddress, remaining.count)
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw AtomicFile.failure(path) }
      remaining = remaining.dropFirst(written)
    }
  }

  /// Writes the elements' bytes after those before them, as they lie in memory.
  package mutating func append<Element: BitwiseCopyable>(_ elements: [Element]) throws(WhiskerError) {
    let result = elements.withUnsafeBytes { bytes in
      Result { () throws(WhiskerError) in try append(bytes) }
    }
    try result.get()
  }

  /// Gives the file its name, after all its bytes have reached the disk.
  package consuming func commit() throws(WhiskerError) {
    guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else { throw AtomicFile.failure(path) }
    isCommitted = true
    // The name survives a power cut only once the folder is on the disk too. The file is already in place, and
    // some file systems refuse to flush a folder, so a failure here is ignored.
    let folder = Foundation.open(
      URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Writes a whole file of these bytes.
  package static func write(_ bytes: [UInt8], to url: URL) throws(WhiskerError) {
    var file = try AtomicFile(replacing: url)
    try file.append(bytes)
    try file.commit()
  }

  /// Writes a whole file of this text in UTF-8.
  package static func write(_ text: String, to url: URL) throws(WhiskerError) {
    try write(Array(text.utf8), to: url)
  }

  /// Removes what killed processes left in a folder.
  ///
  /// A temporary file is locked while it is written: one of a process that is still working in the folder
  /// stays, as does everything with other names.
  package static func removeLeftovers(in folder: URL) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    for name in names where isTemporary(name) {
      let path = folder.appendingPathComponent(name).path
      let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
      else { continue }
      unlink(path)
    }
  }

  // MARK: Temporary files

  private static let (prefix, suffix) = (".whisker-", ".tmp")
  private static let digitCount = 13

  /// `.whisker-1234-0a1b2c3d4e5f6.tmp`: the process, and a number that no other file has.
  private static func temporaryName() -> String {
    let unique = String(UInt64.random(in: .min ... .max), radix: 36)
    let zeros = String(repeating: "0", count: digitCount - unique.count)
    return "\(prefix)\(getpid())-\(zeros)\(unique)\(suffix)"
  }

  private static func isTemporary(_ name: String) -> Bool {
    guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return false }
    let parts = name.dropFirst(prefix.count).dropLast(suffix.count).split(
      separator: "-", omittingEmptySubsequences: false)
    return parts.count == 2 && Int32(parts[0]) != nil && parts[1].utf8.count == digitCount
      && parts[1].utf8.allSatisfy {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0
      }
  }

  /// Makes a temporary file and locks it.
  private static func open(
    in folder: URL, toReplace path: String
  ) throws(WhiskerError) -> (path: String, descriptor: Int32) {
    var status = stat()
    // As root, renaming would replace a device such as /dev/null.
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG, status.st_mode & S_IFMT != S_IFLNK {
      throw WhiskerError(.cannotWrite, path, expected: "a file's name", got: "a folder's or a device's")
    }
    while true {
      let temporaryPath = folder.appendingPathComponent(temporaryName()).path
      let descriptor = Foundation.open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw failure(path) }
      while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
      // Another process's clean-up may have come between the two lines.
      if fstat(descriptor, &status) != 0 || status.st_nlink > 0 { return (temporaryPath, descriptor) }
      close(descriptor)
    }
  }

  package static func failure(_ path: String) -> WhiskerError {
    WhiskerError(.cannotWrite, path, "can't be written: \(String(cString: strerror(errno)))")
  }
}
