package import Foundation
import WhiskerTensors

/// The bytes of an HDF5 file that is to be written, laid out by libhdf5.
///
/// The library lays the file out in memory and never touches the disk, so that a full one is an ordinary error of
/// ``AtomicFile``. It doesn't get the weights either: tensors leave a hole of the right size, and go from their
/// own memory straight to where the file is written. The same tree gives the same bytes.
package struct HDF5Image: ~Copyable {
  /// The bytes of the file.
  package let size: Int
  private let name: String
  private let descriptor: Int32
  /// The tensors and where they begin, in order.
  private let tensors: [(start: Int, tensor: Tensor)]

  /// Lays out a tree, as a file that errors call by the name.
  ///
  /// Throws ``FormatError/Code/cannotWrite`` for what the format can't hold: an attribute of more than 64,512
  /// bytes, apart from single texts; zeros in names and texts.
  package init(_ root: HDF5Group, name: String) throws(FormatError) {
    descriptor = try Self.memoryFile(name)
    self.name = name
    do throws(FormatError) {
      tensors = try HDF5Writer.lay(out: root, in: "/proc/self/fd/\(descriptor)", name: name)
        .sorted { $0.start < $1.start }
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw Self.failure(name) }
      size = Int(status.st_size)
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  /// Gives all bytes, in order, a part at a time.
  package func forEachPart(
    _ body: (UnsafeRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) {
    var position = 0
    for (start, tensor) in tensors {
      try structures(position..<start, body)
      // The format's byte order is that of every processor that Swift for Linux runs on.
      let result = tensor.values.withUnsafeBytes { bytes in
        Result { () throws(FormatError) in try body(bytes) }
      }
      try result.get()
      position = start + tensor.values.count * MemoryLayout<Float>.size
    }
    try structures(position..<size, body)
  }

  /// All bytes.
  package func bytes() throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    try forEachPart { part throws(FormatError) in bytes.append(contentsOf: part) }
    return bytes
  }

  private func structures(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) {
    var block = [UInt8](repeating: 0, count: min(range.count, 1 << 20))
    for start in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
      let count = min(1 << 20, range.upperBound - start)
      guard pread(descriptor, &block, count, off_t(start)) == count else { throw Self.failure(name) }
      let result = block.withUnsafeBytes { bytes in
        Result { () throws(FormatError) in try body(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
      }
      try result.get()
    }
  }

  private static func memoryFile(_ name: String) throws(FormatError) -> Int32 {
    let descriptor = HDF5Writer.memoryFile()
    guard descriptor >= 0 else { throw failure(name) }
    return descriptor
  }

  private static func failure(_ name: String) -> FormatError {
    FormatError(.cannotWrite, file: name, "can't be written: \(String(cString: strerror(errno)))")
  }
}

extension HDF5File {
  /// Writes a tree to a file, whole or not at all.
  ///
  /// The same tree gives the same bytes: nothing in them tells the time. Throws ``FormatError/Code/cannotWrite``,
  /// with the reason, and leaves a file of that name as it was.
  public static func write(_ root: HDF5Group, to url: URL) throws(FormatError) {
    let image = try HDF5Image(root, name: url.path)
    var file = try AtomicFile(replacing: url)
    try image.forEachPart { part throws(FormatError) in try file.append(part) }
    try file.commit()
  }

  /// The bytes of the file that ``write(_:to:)`` would write; errors call it by the name.
  public static func bytes(of root: HDF5Group, name: String) throws(FormatError) -> [UInt8] {
    try HDF5Image(root, name: name).bytes()
  }
}
