import Foundation

/// An open file whose contents are read by position.
///
/// It is read and not mapped into memory: a mapped file that another process shortens ends the program with
/// SIGBUS, where a read comes back short and can be reported.
final class ReadableFile: Sendable {
  /// The file, as its name was given.
  let path: String
  /// The number of bytes when it was opened.
  let size: Int
  private let descriptor: Int32

  /// Opens a regular file.
  init(_ url: URL) throws(FormatError) {
    path = url.path
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code: FormatError.Code = errno == ENOENT || errno == ENOTDIR ? .missingFile : .cannotRead
      throw FormatError(code, file: path, "can't be opened: \(String(cString: strerror(errno)))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FormatError(.cannotRead, file: path, "expected a file, got a folder or a device")
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// The `count` elements that lie from byte `offset` on, in the processor's byte order.
  ///
  /// The range must lie within ``size``; a file that has shrunk since is reported as truncated.
  func values<Element: BitwiseCopyable>(
    _ type: Element.Type, at offset: Int, count: Int
  ) throws(FormatError) -> [Element] {
    precondition(
      offset >= 0 && count >= 0 && count <= (size - offset) / MemoryLayout<Element>.stride,
      "a range beyond the end of the file")
    var fault: FormatError?
    let values = [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      fault = fill(UnsafeMutableRawBufferPointer(buffer), at: offset)
      initializedCount = fault == nil ? count : 0
    }
    if let fault { throw fault }
    return values
  }

  /// Reads the bytes from byte `offset` on into memory that is there already; returns what went wrong.
  ///
  /// The range must lie within ``size``.
  func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> FormatError? {
    var filled = 0
    while filled < buffer.count, let start = buffer.baseAddress {
      let received = pread(descriptor, start + filled, buffer.count - filled, off_t(offset + filled))
      if received < 0 && errno == EINTR { continue }
      if received < 0 {
        return FormatError(.cannotRead, file: path, "can't be read: \(String(cString: strerror(errno)))")
      }
      if received == 0 {
        return FormatError(.truncated, file: path, "expected \(size) bytes, got \(offset + filled)")
      }
      filled += received
    }
    return nil
  }
}
