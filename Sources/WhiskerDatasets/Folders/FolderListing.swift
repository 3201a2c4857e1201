import Foundation

/// What one folder holds, read with the system's own calls: no name is changed or skipped on the way.
struct FolderListing {
  /// One thing in a folder; symbolic links have been followed (a link to nothing counts as a file).
  struct Entry {
    let name: String
    let kind: Kind
    /// False if the name isn't UTF-8: such a file can't be opened by `name`, in which the odd bytes were replaced.
    let hasValidName: Bool
  }

  /// A file or a folder; `special` is a pipe, socket or device, opening which may wait for ever.
  enum Kind { case file, folder, special }

  /// Which folder it is, whatever path led to it.
  let identity: FileIdentity
  /// Everything in the folder, ordered by name as Python orders it (by code point).
  let entries: [Entry]

  /// Reads a folder; hidden entries and the litter of other systems are left out unless asked for.
  init(of path: String, includingHidden: Bool = false) throws(DatasetError) {
    guard let stream = opendir(path) else { throw Self.error(opening: path, errno) }
    defer { closedir(stream) }
    var status = stat()
    fstat(dirfd(stream), &status)
    identity = FileIdentity(status)

    var entries: [Entry] = []
    while true {
      errno = 0
      guard let record = readdir(stream) else {
        if errno != 0 { throw Self.error(opening: path, errno) }
        break
      }
      let entry = withUnsafePointer(to: &record.pointee.d_name) { bytes in
        bytes.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { name in
          Entry(
            name: String(cString: name),
            kind: fstatat(dirfd(stream), name, &status, 0) == 0 ? status.kind : .file,
            hasValidName: String(validatingCString: name) != nil)
        }
      }
      if entry.name == "." || entry.name == ".." { continue }
      if includingHidden || !Self.isHidden(entry.name) { entries.append(entry) }
    }
    self.entries = entries.sorted { $0.name.precedesByCodePoint($1.name) }
  }

  /// Hidden by Unix custom (which covers macOS's `._*` and `.DS_Store`), or a system's own litter.
  static func isHidden(_ name: String) -> Bool {
    name.hasPrefix(".") || name == "Thumbs.db" || name == "desktop.ini" || name == "__MACOSX"
  }

  private static func error(opening path: String, _ number: Int32) -> DatasetError {
    switch number {
    case ENOENT: DatasetError(.missingFolder, path, "there is no such folder")
    case ENOTDIR: DatasetError(.notAFolder, path, "expected a folder, got a file")
    default: DatasetError(.cannotRead, path, "can't read the folder: \(systemMessage(number))")
    }
  }
}

extension stat {
  /// What the system says that a path is.
  var kind: FolderListing.Kind {
    switch st_mode & S_IFMT {
    case S_IFDIR: .folder
    case S_IFREG: .file
    default: .special
    }
  }
}

extension String {
  /// The order of Python's `sorted`: by code point, which for UTF-8 is the order of the bytes.
  func precedesByCodePoint(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

  /// `self/name`, with nothing in front if this is empty.
  func appendingPath(_ name: String) -> String {
    isEmpty ? name : hasSuffix("/") ? self + name : "\(self)/\(name)"
  }
}

/// The system's words for an error number: "No space left on device".
func systemMessage(_ number: Int32) -> String { String(cString: strerror(number)) }

/// The system's words for an error that Foundation has wrapped in its own.
package func systemReason(of error: any Error) -> String {
  // Not always an `NSError`, and each error becomes one.
  let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
  guard let cause = cause.map({ $0 as NSError }), cause.domain == NSPOSIXErrorDomain else {
    return error.localizedDescription
  }
  return systemMessage(Int32(cause.code))
}
