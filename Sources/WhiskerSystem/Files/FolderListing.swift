package import Foundation

/// What one folder holds, read with the system's own calls: no name is changed or skipped on the way.
package struct FolderListing {
  /// One thing in a folder; symbolic links have been followed (a link to nothing counts as a file).
  package struct Entry {
    package let name: String
    package let kind: Kind
    /// False if the name isn't UTF-8: such a file can't be opened by `name`, in which the odd bytes were replaced.
    package let hasValidName: Bool
  }

  /// A file or a folder; `special` is a pipe, socket or device, which may block forever when opened.
  package enum Kind { case file, folder, special }

  /// The folder, as it was named.
  package let path: String
  /// Which folder it is, whatever path led to it.
  package let identity: FileIdentity
  /// Everything in the folder but ``litter``, ordered by name as Python orders it (by code point).
  package let entries: [Entry]
  /// What is hidden, and what systems and programs leave everywhere (``isLitter(_:)``); empty where it was requested.
  package let litter: [Entry]

  /// Reads a folder; litter isn't among the entries unless hidden ones are requested.
  package init(of path: String, includingHidden: Bool = false) throws(WhiskerError) {
    self.path = path
    guard let stream = opendir(path) else { throw Self.error(opening: path, errno) }
    defer { closedir(stream) }
    var status = stat()
    fstat(dirfd(stream), &status)
    identity = FileIdentity(status)

    var entries: [Entry] = []
    var litter: [Entry] = []
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
      if includingHidden || !Self.isLitter(entry.name) { entries.append(entry) } else { litter.append(entry) }
    }
    self.entries = entries.sorted { $0.name.precedesByCodePoint($1.name) }
    self.litter = litter
  }

  /// Hidden by Unix custom (which covers macOS's `._*` and `.DS_Store`, and `.ipynb_checkpoints`), or what a system, a
  /// network disk or an archive leaves in folders that people share.
  package static func isLitter(_ name: String) -> Bool {
    name.hasPrefix(".") || name.hasSuffix(":Zone.Identifier") || litterNames.contains(name.lowercased())
  }

  /// In lower case: some systems write `Desktop.ini` and `$Recycle.Bin`.
  private static let litterNames: Set<String> = [
    "thumbs.db", "thumbs.db:encryptable", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "__pycache__",
    "@eadir", "@recycle",
    "#recycle", "$recycle.bin", "system volume information", "lost+found",
  ]

  private static func error(opening path: String, _ number: Int32) -> WhiskerError {
    switch number {
    case ENOENT: WhiskerError(.missingFolder, path, "there is no such folder")
    case ENOTDIR: WhiskerError(.notAFolder, path, expected: "a folder", got: "a file")
    default: WhiskerError(.cannotRead, path, "can't read the folder: \(systemMessage(number))")
    }
  }
}

/// What a path leads to.
package enum FileKind {
  case file, folder

  /// Nil if there is nothing.
  package init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self = status.kind == .folder ? .folder : .file
  }
}

extension stat {
  /// The type that the system gives for a path.
  package var kind: FolderListing.Kind {
    switch st_mode & S_IFMT {
    case S_IFDIR: .folder
    case S_IFREG: .file
    default: .special
    }
  }
}

extension String {
  /// The order of Python's `sorted`: by code point, which for UTF-8 is the order of the bytes.
  package func precedesByCodePoint(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }

  /// The path with its links resolved; what doesn't exist yet is used as written.
  package func realPath() throws(WhiskerError) -> String {
    if let resolved = realpath(self, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    var status = stat()
    if lstat(self, &status) == 0 {
      throw WhiskerError(.cannotWrite, self, "a link that leads nowhere: \(systemMessage(errno))")
    }
    let url = URL(fileURLWithPath: self).standardizedFileURL
    if url.path == "/" { return "/" }
    return try url.deletingLastPathComponent().path.realPath().appendingPath(url.lastPathComponent)
  }

  /// `self/name`, with nothing in front if this is empty.
  package func appendingPath(_ name: String) -> String {
    isEmpty ? name : hasSuffix("/") ? self + name : "\(self)/\(name)"
  }
}

/// The system's words for an error number: "No space left on device".
package func systemMessage(_ number: Int32) -> String { String(cString: strerror(number)) }

/// The system's words for an error that Foundation has wrapped in its own.
package func systemReason(of error: any Error) -> String {
  // Not always an `NSError`, and each error becomes one.
  let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
  guard let cause = cause.map({ $0 as NSError }), cause.domain == NSPOSIXErrorDomain else {
    return error.localizedDescription
  }
  return systemMessage(Int32(cause.code))
}
