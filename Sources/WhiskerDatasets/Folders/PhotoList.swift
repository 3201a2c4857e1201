import Foundation
public import WhiskerSystem

/// Photos named by a user: files, folders and patterns, in the order given.
///
/// A folder stands for every photo at or below it (known by the ending of its name, ``PhotoFolder/photoEndings``, or by
/// its first bytes), in natural order. A name that is neither a file nor a folder may be a pattern such as
/// `photos/*.jpg`, which stands for what matches it, also in natural order. A file that was named, or matched,
/// is used whatever its extension.
public struct PhotoList: Hashable, Sendable {
  /// The paths, each beginning with what the user wrote.
  public private(set) var paths: [String] = []
  /// Photos whose names the system can't represent.
  public private(set) var unreadable: [UnreadablePhoto] = []
  /// What else the folders hold.
  public private(set) var skipped = SkippedFiles()

  /// Finds the photos.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFile` if a name matches nothing, `emptyFolder` if a
  ///   folder holds no photo, `cannotRead`.
  public init(_ names: [String]) throws(WhiskerError) {
    for name in names {
      // The literal name comes first: file names may hold brackets and stars.
      if let kind = FileKind(of: name) {
        try append(name, kind)
        continue
      }
      let matches = GlobPattern.paths(matching: name)
      if matches.isEmpty {
        throw WhiskerError(.missingFile, name, "there is no such file or folder, and nothing that matches it")
      }
      for path in matches { try append(path, FileKind(of: path) ?? .file) }
    }
  }

  private mutating func append(_ path: String, _ kind: FileKind) throws(WhiskerError) {
    guard kind == .folder else { return paths.append(path) }
    let found = try PhotoSearch(root: path, folder: "")
    if found.isEmpty { throw WhiskerError(.emptyFolder, path, "the folder holds no photo\(found.whatElse)") }
    skipped.add(found.skipped)
    paths += NaturalOrder.sorted(found.paths).map { path.appendingPath($0) }
    unreadable += found.unreadable.map {
      UnreadablePhoto(
        path: path.appendingPath($0.path), reason: $0.reason, isOutOfReach: $0.isOutOfReach)
    }
  }
}
