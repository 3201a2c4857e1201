import Foundation

/// An open file whose contents are read by position.
///
/// What is small is read, not mapped into memory as large tensors are (``MappedFile``): a file that another process
/// shortens comes back short and can be reported.
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

  /// Maps the whole file into memory, where its pages come as they are touched; nil for an empty file.
  func map() throws(FormatError) -> UnsafeRawPointer? {
    guard size > 0 else { return nil }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), start != MAP_FAILED else {
      throw FormatError(.cannotRead, file: path, "can't be mapped: \(String(cString: strerror(errno)))")
    }
    return UnsafeRawPointer(start)
  }

  /// Makes sure that the file still has the bytes that it had when it was opened.
  func checkSize() throws(FormatError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, Int(status.st_size) >= size else {
      throw FormatError(.truncated, file: path, "expected \(size) bytes, got \(status.st_size)")
    }
  }

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
