import Foundation

/// Puts one file at a new path, by copy or by link.
struct FileTransfer {
  let placement: SplitSettings.Placement
  private var buffer: [UInt8]

  init(_ placement: SplitSettings.Placement) {
    self.placement = placement
    buffer = placement == .copy ? Array(repeating: 0, count: 1 << 20) : []
  }

  /// Makes `destination`, which mustn't exist; links in `source` are followed.
  mutating func place(_ source: String, at destination: String) throws(DatasetError) {
    switch placement {
    case .copy: try copy(source, to: destination)
    case .hardLink:
      if linkat(AT_FDCWD, source, AT_FDCWD, destination, AT_SYMLINK_FOLLOW) != 0 {
        let hint = errno == EXDEV || errno == EPERM ? "; copies or symbolic links work there" : ""
        throw DatasetError(
          .cannotWrite, destination, "can't link to \(source.onOneLine): \(systemMessage(errno))\(hint)")
      }
    case .symbolicLink:
      if symlink(source, destination) != 0 {
        throw DatasetError(
          .cannotWrite, destination, "can't link to \(source.onOneLine): \(systemMessage(errno))")
      }
    }
  }

  private mutating func copy(_ source: String, to destination: String) throws(DatasetError) {
    let input = open(source, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw DatasetError(.cannotRead, source, systemMessage(errno)) }
    defer { close(input) }
    let output = open(destination, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard output >= 0 else { throw DatasetError(.cannotWrite, destination, systemMessage(errno)) }
    var isClosed = false
    defer { if !isClosed { close(output) } }
    while true {
      let count = read(input, &buffer, buffer.count)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw DatasetError(.cannotRead, source, systemMessage(errno))
      }
      try write(buffer[..<count], to: output, path: destination)
    }
    // Some file systems find out only here that the disk is full.
    isClosed = true
    if close(output) != 0 { throw DatasetError(.cannotWrite, destination, systemMessage(errno)) }
  }

  private func write(_ bytes: ArraySlice<UInt8>, to file: Int32, path: String) throws(DatasetError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw DatasetError(.cannotWrite, path, systemMessage(errno))
      }
      rest = rest.dropFirst(count)
    }
  }
}
