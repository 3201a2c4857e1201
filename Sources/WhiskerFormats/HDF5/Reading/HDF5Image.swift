public import Foundation
public import WhiskerSystem
import WhiskerTensors

/// The bytes of an HDF5 file that is to be written, laid out by libhdf5.
///
/// The library lays the file out in memory and never touches the disk, so that a full one is an ordinary error of
/// ``WhiskerSystem/AtomicFile``. It doesn't get the weights either: tensors leave a hole of the right size, and go from their
/// own memory straight to where the file is written. The same tree gives the same bytes.
package struct HDF5Image: Sendable {
  /// The bytes of the file.
  package let size: Int
  /// What isn't a tensor's, at its place.
  private let structures: HDF5MemoryFile
  /// The tensors and where they begin, in order.
  private let tensors: [(start: Int, tensor: Tensor)]

  /// Lays out a tree, as a file that errors call by the name.
  ///
  /// Throws `cannotWrite` for what the format can't hold: an attribute of more than 64,512
  /// bytes, apart from single texts; zeros in names and texts.
  package init(_ root: HDF5Group, name: String) throws(WhiskerError) {
    structures = try HDF5MemoryFile(name: name)
    tensors = try HDF5Writer.lay(out: root, in: structures.path, name: name).sorted { $0.start < $1.start }
    size = try structures.size()
  }

  /// Gives all bytes, in order, a part at a time.
  package func forEachPart(
    _ body: (UnsafeRawBufferPointer) throws(WhiskerError) -> Void
  ) throws(WhiskerError) {
    var position = 0
    for (start, tensor) in tensors {
      try structures.read(position..<start, body)
      // The format's byte order is that of every processor that Swift for Linux runs on.
      let result = tensor.values.withUnsafeBytes { bytes in
        Result { () throws(WhiskerError) in try body(bytes) }
      }
      try result.get()
      position = start + tensor.values.count * MemoryLayout<Float>.size
    }
    try structures.read(position..<size, body)
  }

  /// All bytes.
  package func bytes() throws(WhiskerError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(size)
    try forEachPart { part throws(WhiskerError) in bytes.append(contentsOf: part) }
    return bytes
  }
}

extension HDF5File {
  /// Writes a tree to a file, completely or not at all.
  ///
  /// The same tree gives the same bytes: nothing in them depends on the time. Throws
  /// `cannotWrite`, with the reason, and leaves a file of that name as it was.
  public static func write(_ root: HDF5Group, to url: URL) throws(WhiskerError) {
    let image = try HDF5Image(root, name: url.path)
    var file = try AtomicFile(replacing: url)
    try image.forEachPart { part throws(WhiskerError) in try file.append(part) }
    try file.commit()
  }

  /// The bytes of the file that ``write(_:to:)`` would write; errors call it by the name.
  public static func bytes(of root: HDF5Group, name: String) throws(WhiskerError) -> [UInt8] {
    try HDF5Image(root, name: name).bytes()
  }
}
