import Foundation
import WhiskerSystem

/// The bytes of an HDF5 file: a file, a range within a larger one (a ZIP's stored entry), or memory.
///
/// Positions count from the first byte of the range. Every range is checked before it is read. Of a file, structures
/// are read and elements are copied from a map of it: twice as fast, without a system call for each megabyte.
struct HDF5Source: Sendable {
  private enum Storage: Sendable {
    case file(ReadableFile, MappedFile, start: Int)
    case bytes([UInt8])
  }

  /// The file's name, for messages.
  let name: String
  /// The number of bytes.
  let count: Int
  private let storage: Storage

  /// A file, or the range of it that holds the HDF5 file.
  init(_ file: ReadableFile, range: Range<Int>? = nil, name: String) throws(WhiskerError) {
    let range = range ?? 0..<file.size
    guard range.lowerBound >= 0, range.upperBound <= file.size else {
      throw WhiskerError(
        .truncated, name, expected: "at least \(range.upperBound) bytes", got: "\(file.size)")
    }
    self.name = name
    count = range.count
    storage = .file(file, try MappedFile(file), start: range.lowerBound)
  }

  /// Bytes in memory.
  init(_ bytes: [UInt8], name: String) {
    self.name = name
    count = bytes.count
    storage = .bytes(bytes)
  }

  /// Whether that many bytes lie from a position on.
  func holds(_ count: Int, at position: Int) -> Bool {
    position >= 0 && count >= 0 && position <= self.count && count <= self.count - position
  }

  /// The bytes from a position on, which must lie in the file.
  func bytes(at position: Int, count: Int) throws(WhiskerError) -> [UInt8] {
    precondition(holds(count, at: position), "a range beyond the end of the file")
    switch storage {
    case .file(let file, _, let start): return try file.values(UInt8.self, at: start + position, count: count)
    case .bytes(let bytes): return Array(bytes[position..<position + count])
    }
  }

  /// Reads bytes from a position on, which must lie in the file, into memory that is already there.
  ///
  /// Returns what went wrong: closures that initialize an array can't throw typed errors.
  func fill(_ buffer: UnsafeMutableRawBufferPointer, at position: Int) -> WhiskerError? {
    precondition(holds(buffer.count, at: position), "a range beyond the end of the file")
    switch storage {
    case .file(_, let mapped, let start): return mapped.fill(buffer, at: start + position)
    case .bytes(let bytes):
      bytes[position..<position + buffer.count].withUnsafeBytes { buffer.copyMemory(from: $0) }
      return nil
    }
  }
}
