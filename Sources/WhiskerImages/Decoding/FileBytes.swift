package import Foundation
package import WhiskerSystem

/// Whole files in and out of memory, with errors that say what went wrong.
package enum FileBytes {
  /// The bytes of a regular file of at most `limit` bytes.
  package static func read(_ url: URL, limit: Int) throws(WhiskerError) -> [UInt8] {
    let path = url.path
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      let code: WhiskerError.Code = errno == ENOENT || errno == ENOTDIR ? .missingFile : .cannotRead
      throw WhiskerError(code, path, "can't be opened: \(lastErrorText)")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw WhiskerError(.cannotRead, path, "can't be examined: \(lastErrorText)")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw WhiskerError(.unreadable, path, expected: "a file", got: "a folder or a device")
    }
    let size = Int(status.st_size)
    guard size <= limit else {
      throw WhiskerError(.tooLarge, path, expected: "at most \(limit) bytes", got: "\(size)")
    }
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size, let start = buffer.baseAddress {
        let received = Foundation.read(descriptor, start + count, size - count)
        if received < 0 && errno == EINTR { continue }
        failed = received < 0
        if received <= 0 { break }
        count += received
      }
    }
    if failed { throw WhiskerError(.cannotRead, path, "can't be read: \(lastErrorText)") }
    return bytes
  }

  /// Writes a file.
  ///
  /// - Parameters:
  ///   - bytes: What it is to hold.
  ///   - url: The file.
  ///   - isAtomic: Whether it appears whole or not at all, through a temporary file next to it; one in a folder
  ///     that is thrown away as a whole needn't.
  package static func write(_ bytes: [UInt8], to url: URL, isAtomic: Bool = true) throws(WhiskerError) {
    do {
      try Data(bytes).write(to: url, options: isAtomic ? .atomic : [])
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
      let reason = cause.map { String(cString: strerror(Int32(($0 as NSError).code))) }
      throw WhiskerError(
        .cannotWrite, url.path, "can't be written: \(reason ?? (error as NSError).localizedDescription)"
      )
    }
  }

  private static var lastErrorText: String { String(cString: strerror(errno)) }
}
