package import Foundation

/// An open file whose contents are read by position.
///
/// What is small is read, not mapped into memory as large tensors are (``MappedFile``): a file that another
/// process shortens gives a short read, which can be reported.
package final class ReadableFile: Sendable {
  /// The file, as its name was given.
  package let path: String
  /// The number of bytes when it was opened.
  package let size: Int
  private let descriptor: Int32

  /// Opens a regular file.
  package init(_ url: URL) throws(WhiskerError) {
    path = url.path
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code: WhiskerError.Code = errno == ENOENT || errno == ENOTDIR ? .missingFile : .cannotRead
      throw WhiskerError(code, path, "can't be opened: \(String(cString: strerror(errno)))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw WhiskerError(.cannotRead, path, expected: "a file", got: "a folder or a device")
    }
    size = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Maps the whole file into memory, where its pages come as they are touched; nil for an empty file.
  package func map() throws(WhiskerError) -> UnsafeRawPointer? {
    guard size > 0 else { return nil }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw WhiskerError(.cannotRead, path, "can't be mapped: \(String(cString: strerror(errno)))")
    }
    return UnsafeRawPointer(start)
  }

  /// Makes sure that the file still has the bytes that it had when it was opened.
  package func checkSize() throws(WhiskerError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) >= size else {
      throw WhiskerError(.truncated, path, expected: "\(size) bytes", got: "\(status.st_size)")
    }
  }

  /// The `count` elements that lie from byte `offset` on, in the processor's byte order.
  ///
  /// The range must lie within ``size``; a file that has shrunk since is reported as truncated.
  package func values<Element: BitwiseCopyable>(
    _ type: Element.Type, at offset: Int, count: Int
  ) throws(WhiskerError) -> [Element] {
    precondition(
      offset >= 0 && count >= 0 && count <= (size - offset) / MemoryLayout<Element>.stride,
      "a range beyond the end of the file")
    var fault: WhiskerError?
    let values = [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      fault = fill(UnsafeMutableRawBufferPointer(buffer), at: offset)
      initializedCount = fault == nil ? count : 0
    }
    if let fault { throw fault }
    return values
  }

  /// Reads the bytes from byte `offset` on into memory that is already there; returns what went wrong.
  ///
  /// The range must lie within ``size``.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> WhiskerError? {
    var filled = 0
    while filled < buffer.count, let start = buffer.baseAddress {
      let received = pread(descriptor, start + filled, buffer.count - filled, off_t(offset + filled))
      if received < 0 && errno == EINTR { continue }
      if received < 0 {
        return WhiskerError(.cannotRead, path, "can't be read: \(String(cString: strerror(errno)))")
      }
      if received == 0 {
        return WhiskerError(.truncated, path, expected: "\(size) bytes", got: "\(offset + filled)")
      }
      filled += received
    }
    return nil
  }
}
