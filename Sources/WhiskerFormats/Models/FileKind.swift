package import Foundation
import WhiskerSystem

/// What a file is by its first bytes, whatever its name says.
///
/// TensorFlow up to 2.11 wrote HDF5 under any name, also one that ends in `.keras`; downloads and copies lose or gain
/// endings.
package enum FileKind: Hashable, Sendable {
  /// A format of whole models that is read.
  case model(ModelFormat)
  /// PyTorch's: weights by name.
  case torch
  /// Something else that is known.
  case foreign(ForeignFile)
  /// None of these: what the name says has to do.
  case unknown

  /// Looks at a file or folder.
  ///
  /// One that can't be opened is unknown: whoever reads it says why.
  package init(of url: URL) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      self = .unknown
      return
    }
    if isFolder.boolValue {
      self = ForeignFile(folder: url).map { .foreign($0) } ?? .unknown
    } else if let file = try? ReadableFile(url), let mapped = try? MappedFile(file) {
      let size = min(file.size, FileKind.examined)
      let beginning = try? mapped.withBytes(0..<size) { bytes throws(WhiskerError) in Array(bytes) }
      self = FileKind(beginning ?? [], of: url)
    } else {
      self = .unknown
    }
  }

  /// How much is looked at: HDF5 may begin after a block of a user's own.
  private static let examined = 4096 + 8

  private init(_ beginning: [UInt8], of url: URL) {
    func begins(_ bytes: [UInt8], at place: Int = 0) -> Bool {
      beginning.dropFirst(place).starts(with: bytes)
    }
    if begins(FileKind.hdf5) {
      self = .model(.hdf5)
    } else if begins(FileKind.zip) {
      // Before the places below: the weights within an archive are HDF5 too, and may begin at one of these.
      self = FileKind(archive: url)
    } else if begins([UInt8(ascii: "{")], at: 8), beginning[4..<8].allSatisfy({ $0 == 0 }) {
      // The length of the description comes first, in 8 bytes.
      self = .model(.safetensors)
    } else if begins([0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C]) {
      // PyTorch's magic number, pickled, before its releases wrote archives.
      self = .torch
    } else if [512, 1024, 2048, 4096].contains(where: { begins(FileKind.hdf5, at: $0) }) {
      self = .model(.hdf5)
    } else if let foreign = ForeignFile(beginning, ending: url.pathExtension.lowercased()) {
      self = .foreign(foreign)
    } else {
      self = .unknown
    }
  }

  private static let hdf5: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
  private static let zip: [UInt8] = [0x50, 0x4B, 3, 4]

  /// What a ZIP archive is by the names in it.
  private init(archive url: URL) {
    guard let archive = try? ZipArchive(contentsOf: url) else {
      self = .unknown
      return
    }
    let names = archive.sizes.keys
    if KerasArchive.isModel(archive) {
      self = .model(.keras)
    } else if names.contains(where: { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }) {
      self = .torch
    } else {
      self = .foreign(.packed(contents: names.sorted()))
    }
  }
}
