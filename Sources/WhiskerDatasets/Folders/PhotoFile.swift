import Foundation
import WhiskerImages
package import WhiskerSystem

/// What a file in a folder seems to be, before it is decoded.
///
/// A name that ends as those of photos do is taken at its word, so that a damaged photo is named rather than counted
/// among other things, and a scan of many photos opens none of them. Of every other file the first bytes decide.
package enum PhotoFile {
  /// A photo, whether or not it can be decoded.
  case photo
  /// Something else.
  case other
  /// It can't be used, and may be a photo.
  case unusable(UnreadablePhoto)

  /// The endings of photos' names, without the dot and in lower case: those of the formats that are read.
  static let endings: Set<String> = Set(PhotoFormat.allCases.map(\.rawValue)).union([
    "jpg", "jpe", "jfif", "tif", "dib", "pbm", "pgm", "pnm", "heif", "hif", "avifs",
  ])

  /// The names of cameras' raw files: many begin as a TIFF does, whose first picture is a small preview.
  private static let rawEndings: Set<String> = [
    "3fr", "arw", "cr2", "cr3", "dcr", "dng", "erf", "iiq", "kdc", "mef", "mos", "nef", "nrw", "orf", "pef",
    "rw2", "rwl", "sr2", "srf", "srw",
  ]

  /// Looks at a file or a special file; `path` is where it is, `name` how a report calls it.
  package init(_ entry: FolderListing.Entry, at path: @autoclosure () -> String, called name: String) {
    let ending = Self.ending(of: entry.name)
    let isNamedSo = Self.endings.contains(ending)
    switch (entry.kind, isNamedSo) {
    case (.special, true):
      self = .unusable(UnreadablePhoto(path: name, reason: "expected a file, got a pipe, socket or device"))
    case (.special, false), (.folder, _): self = .other
    case (.file, true) where entry.hasValidName: self = .photo
    case (.file, true): self = .unusable(UnreadablePhoto(path: name, reason: "its name isn't valid UTF-8"))
    // A file whose name isn't text can't be opened by it.
    case (.file, false) where !entry.hasValidName || Self.rawEndings.contains(ending): self = .other
    case (.file, false): self.init(unnamed: path(), called: name)
    }
  }

  /// Whether a name ends like a photo's.
  static func isNamedAsPhoto(_ name: String) -> Bool { endings.contains(ending(of: name)) }

  private static func ending(of name: String) -> String {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return "" }
    return name[name.utf8.index(after: dot)...].lowercased()
  }

  /// Looks at the first bytes.
  private init(unnamed path: String, called name: String) {
    switch FileBeginning.read(path) {
    case .success(let bytes): self = Self.isPhoto(bytes) ? .photo : .other
    case .failure(let error):
      self = .unusable(UnreadablePhoto(path: name, reason: error.message, isOutOfReach: true))
    }
  }

  private static func isPhoto(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { bytes in
      guard let format = PhotoFormat(startOf: bytes) else { return false }
      // Two letters alone would make a photo of every text that begins with them.
      return format != .bmp && format != .ppm || (try? PhotoHeader(of: bytes)) != nil
    }
  }
}

extension FolderListing {
  /// The photos that lie directly in the folder, whether or not they can be used.
  package var photos: [Entry] { entries.filter(isPhoto) }

  /// Whether photos lie directly in the folder.
  var hasPhotos: Bool { entries.contains(where: isPhoto) }

  private func isPhoto(_ entry: Entry) -> Bool {
    guard entry.kind != .folder else { return false }
    if PhotoFile.isNamedAsPhoto(entry.name) { return true }
    if case .photo = PhotoFile(entry, at: path.appendingPath(entry.name), called: entry.name) { return true }
    return false
  }
}

/// The first bytes of files.
enum FileBeginning {
  /// Enough to tell formats apart.
  private static let byteCount = 256

  /// The first bytes of a file, fewer of a short one; a pipe or device has none.
  static func read(_ path: String, upTo count: Int = byteCount) -> Result<[UInt8], WhiskerError> {
    // Without O_NONBLOCK, opening a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else {
      return .failure(WhiskerError(.cannotRead, path, "can't be opened: \(systemMessage(errno))"))
    }
    defer { close(descriptor) }
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let start = buffer.baseAddress {
        let received = Foundation.read(descriptor, start + filled, count - filled)
        if received < 0 && errno == EINTR { continue }
        // A pipe that a writer has open, and a folder, have nothing to give.
        if received < 0 && errno != EAGAIN && errno != EISDIR { failure = errno }
        if received <= 0 { break }
        filled += received
      }
    }
    return failure == 0
      ? .success(bytes)
      : .failure(WhiskerError(.cannotRead, path, "can't be read: \(systemMessage(failure))"))
  }
}
