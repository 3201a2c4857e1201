public import Foundation
public import WhiskerSystem

/// An HDF5 file of groups, datasets and attributes, as h5py writes it and so Keras: `.h5` models and weights,
/// and the `model.weights.h5` within a `.keras` file.
///
/// Whisker reads with its own code and writes through libhdf5. The format's library isn't safe for files
/// from strangers: of a thousand files damaged at random, Debian's release 1.10.8 crashed on 37 and hung on 4.
/// What Keras writes is a small part of the format, and a reader of that part can check every address and
/// length, limit memory and time and report damage as an error. Everything else is refused by name: dense
/// storage of links and attributes, symbolic and external links, compression other than gzip, chunk indices
/// other than a B-tree of version 1. The format is described at
/// https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html.
public struct HDF5File: Sendable {
  /// The group that holds everything.
  public let root: HDF5Group

  /// Opens a file and reads all but the elements of its datasets.
  ///
  /// Throws a ``WhiskerSystem/WhiskerError`` that names the place in the file. While a dataset of it is in use the file stays
  /// open.
  public init(contentsOf url: URL) throws(WhiskerError) {
    let file = try ReadableFile(url)
    try self.init(HDF5Source(file, name: file.path))
  }

  /// Reads the HDF5 file that lies within another file, such as an uncompressed entry of a ZIP.
  package init(contentsOf url: URL, range: Range<Int>, name: String) throws(WhiskerError) {
    try self.init(HDF5Source(try ReadableFile(url), range: range, name: name))
  }

  /// Reads a file whose bytes are in memory; errors call it by the name.
  public init(bytes: [UInt8], name: String) throws(WhiskerError) {
    try self.init(HDF5Source(bytes, name: name))
  }

  /// Reads a file from wherever it is.
  init(_ source: HDF5Source) throws(WhiskerError) {
    let superblock = try HDF5Superblock(source)
    let place = HDF5Place(file: source.name, path: "")
    let node = try HDF5Reader(source, superblock).node(at: superblock.root, place, depth: 0)
    guard let root = node.group else { throw place.corrupt(expected: "a group", got: "a dataset") }
    self.root = root
  }
}
