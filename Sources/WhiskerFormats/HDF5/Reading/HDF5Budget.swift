import WhiskerSystem

/// How much reading one HDF5 file may still cost, so that a hostile file can't exhaust memory or time.
///
/// Structures of a valid file don't overlap, so that reading it takes about its own size; in a hostile one
/// many names may lead to the same large structure.
final class HDF5Budget {
  private let file: String
  private let memoryLimit: Int
  private var memory: Int
  private var reading: Int

  /// The memory that may be used for a file of this size.
  static func memoryLimit(forSize size: Int) -> Int {
    let (product, overflows) = size.multipliedReportingOverflow(by: 4)
    return overflows ? Int.max : product + (64 << 20)
  }

  /// A budget for a file of this size.
  init(file: String, size: Int) {
    self.file = file
    memoryLimit = Self.memoryLimit(forSize: size)
    memory = memoryLimit
    reading = memoryLimit
  }

  /// Takes memory for what is about to be kept.
  func keep(_ bytes: Int) throws(WhiskerError) {
    guard bytes <= memory else {
      throw WhiskerError(
        .corruptHeader, file,
        expected: "contents that fit in \(memoryLimit) bytes of memory, four times the file and 64 MiB",
        got: "more"
      )
    }
    memory -= bytes
  }

  /// Counts bytes of structures that are about to be read.
  func read(_ bytes: Int) throws(WhiskerError) {
    guard bytes <= reading else {
      throw WhiskerError(
        .corruptHeader, file, expected: "structures side by side", got: "some that overlap many times")
    }
    reading -= bytes
  }
}
