import Foundation
package import WhiskerSystem

/// Puts one file at a new path, by copy or by link.
package struct FileTransfer {
  let placement: SplitSettings.Placement
  private var buffer: [UInt8]

  package init(_ placement: SplitSettings.Placement) {
    self.placement = placement
    buffer = placement == .copy ? Array(repeating: 0, count: 1 << 20) : []
  }

  /// Makes `destination`, which mustn't exist, completely or not at all; links in `source` are followed.
  package mutating func place(_ source: String, at destination: String) throws(WhiskerError) {
    switch placement {
    case .copy: try copy(source, to: destination)
    case .hardLink:
      if linkat(AT_FDCWD, source, AT_FDCWD, destination, AT_SYMLINK_FOLLOW) != 0 {
        let hint = errno == EXDEV || errno == EPERM ? "; copies or symbolic links work there" : ""
        throw WhiskerError(
          .cannotWrite, destination, "can't link to \(source.onOneLine): \(systemMessage(errno))\(hint)")
      }
    case .symbolicLink:
      if symlink(source, destination) != 0 {
        throw WhiskerError(
          .cannotWrite, destination, "can't link to \(source.onOneLine): \(systemMessage(errno))")
      }
    }
  }

  private mutating func copy(_ source: String, to destination: String) throws(WhiskerError) {
    let input = open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw WhiskerError(.cannotRead, source, systemMessage(errno)) }
    defer { close(input) }
    let output = open(destination, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard output >= 0 else { throw WhiskerError(.cannotWrite, destination, systemMessage(errno)) }
    do throws(WhiskerError) {
      try copy(input, source, to: output, destination)
    } catch {
      unlink(destination)
      throw error
    }
  }

  /// Copies one open file to another, which is then closed.
  private mutating func copy(
    _ input: Int32, _ source: String, to output: Int32, _ destination: String
  ) throws(WhiskerError) {
    var isClosed = false
    defer { if !isClosed { close(output) } }
    while true {
      let count = read(input, &buffer, buffer.count)
      if count == 0 { break }
      if count > 0 {
        try writeBuffer(count, to: output, path: destination)
      } else if errno != EINTR {
        throw WhiskerError(.cannotRead, source, systemMessage(errno))
      }
    }
    // Some file systems find out only here that the disk is full.
    isClosed = true
    if close(output) != 0 { throw WhiskerError(.cannotWrite, destination, systemMessage(errno)) }
  }

  /// Writes the first `count` bytes of the buffer.
  private func writeBuffer(_ count: Int, to file: Int32, path: String) throws(WhiskerError) {
    var done = 0
    while done < count {
      let written = buffer.withUnsafeBytes { write(file, $0.baseAddress.map { $0 + done }, count - done) }
      if written >= 0 {
        done += written
      } else if errno != EINTR {
        throw WhiskerError(.cannotWrite, path, systemMessage(errno))
      }
    }
  }
}
