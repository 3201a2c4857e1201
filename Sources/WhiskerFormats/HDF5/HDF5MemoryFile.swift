import CLinux
import Foundation
import WhiskerSystem

/// A file in memory without a name, which takes up only what is written to it.
final class HDF5MemoryFile: Sendable {
  private let descriptor: Int32
  private let name: String

  /// An empty file; errors name the file that will be written from it.
  init(name: String) throws(WhiskerError) {
    descriptor = whisker_memory_file("whisker-hdf5")
    self.name = name
    guard descriptor >= 0 else { throw failure() }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// A path under which this process can open it.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// The bytes that it has.
  func size() throws(WhiskerError) -> Int {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure() }
    return Int(status.st_size)
  }

  /// Gives the bytes of a range, a part at a time.
  func read(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(WhiskerError) -> Void
  ) throws(WhiskerError) {
    let step = 1 << 20
    var block = [UInt8](repeating: 0, count: min(range.count, step))
    for start in stride(from: range.lowerBound, to: range.upperBound, by: step) {
      let count = min(step, range.upperBound - start)
      guard pread(descriptor, &block, count, off_t(start)) == count else { throw failure() }
      let result = block.withUnsafeBytes { bytes in
        Result { () throws(WhiskerError) in try body(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
      }
      try result.get()
    }
  }

  private func failure() -> WhiskerError {
    WhiskerError(.cannotWrite, name, "can't be written: \(String(cString: strerror(errno)))")
  }
}
