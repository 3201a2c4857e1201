import Foundation

/// A file mapped into memory, from which tensors are made without a copy of the bytes between.
///
/// Pages are read from disk as they are touched and released once their numbers are taken, so that a file of
/// weights isn't in memory twice. Before each use the file's size is looked at, for a mapped file that has been
/// shortened ends the program with SIGBUS; one that is shortened in the very moment of reading still does.
package final class MappedFile: Sendable {
  private let file: ReadableFile
  /// The first byte; nil for an empty file.
  ///
  /// Nobody writes through it, so any thread may read.
  private nonisolated(unsafe) let start: UnsafeRawPointer?

  /// Maps a file.
  package init(_ file: ReadableFile) throws(WhiskerError) {
    self.file = file
    start = try file.map()
  }

  /// The number of bytes when it was opened.
  package var size: Int { file.size }

  deinit {
    if let start { munmap(UnsafeMutableRawPointer(mutating: start), file.size) }
  }

  /// Hands over the bytes of a range, which must lie within the file.
  package func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(WhiskerError) -> Result
  ) throws(WhiskerError) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= file.size, "a range beyond the end of the file")
    try file.checkSize()
    let bytes = UnsafeRawBufferPointer(start: start.map { $0 + range.lowerBound }, count: range.count)
    defer { release(range) }
    return try body(bytes)
  }

  /// Hands over the bytes of a range, which must lie within the file, a part at a time.
  package func forEachPart(
    of range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(WhiskerError) -> Void
  ) throws(WhiskerError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let end = min(position + MappedFile.partSize, range.upperBound)
      try withBytes(position..<end, body)
      position = end
    }
  }

  /// Copies the bytes from byte `offset` on, which must lie within the file, into memory that is already there.
  ///
  /// Returns what went wrong: closures that initialize an array can't throw typed errors.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> WhiskerError? {
    var filled = 0
    do throws(WhiskerError) {
      try forEachPart(of: offset..<offset + buffer.count) { part in
        UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: part)
        filled += part.count
      }
      return nil
    } catch {
      return error
    }
  }

  /// How many bytes are taken before their pages are released.
  package static let partSize = 1 << 20

  /// Releases the pages that are wholly in a range; they come back from the system's cache if touched again.
  private func release(_ range: Range<Int>) {
    let page = Int(getpagesize())
    let first = (range.lowerBound + page - 1) / page * page
    // Of the last page of the file there is nothing more to take.
    let end = range.upperBound == file.size ? range.upperBound : range.upperBound / page * page
    guard let start, first < end else { return }
    madvise(UnsafeMutableRawPointer(mutating: start) + first, end - first, MADV_DONTNEED)
  }
}
