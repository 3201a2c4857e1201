import Foundation
package import WhiskerSystem

/// Every photo at or below one folder, ordered by folder and then by name.
package struct PhotoSearch {
  /// The photos' paths below the root, `cats/cat.0.jpg`.
  package private(set) var paths: [String] = []
  package private(set) var unreadable: [UnreadablePhoto] = []
  /// What else is there, but for ``unreadable``.
  package private(set) var skipped = SkippedFiles()

  /// Whether there is no photo, readable or not.
  package var isEmpty: Bool { paths.isEmpty && unreadable.isEmpty }

  /// Searches `folder`, a path below `root` (empty for the root itself).
  package init(root: String, folder: String) throws(WhiskerError) {
    var photosByFolder: [(folder: String, names: [String])] = []
    var visited: Set<FileIdentity> = []
    var waiting = [folder]
    let above = Self.foldersAbove(root.appendingPath(folder))
    while let folder = waiting.popLast() {
      let listing = try FolderListing(of: root.appendingPath(folder))
      // What lies above belongs to other classes too.
      guard !above.contains(listing.identity) else {
        let reason = "a link back to a folder that it lies in, which is not followed"
        unreadable.append(UnreadablePhoto(path: folder, reason: reason, isOutOfReach: true))
        continue
      }
      // A link back to a folder that was visited would otherwise be followed for ever.
      guard visited.insert(listing.identity).inserted else { continue }
      skipped.add(litterOf: listing)
      var names: [String] = []
      for entry in listing.entries {
        let path = folder.appendingPath(entry.name)
        switch entry.kind {
        case .folder where !entry.hasValidName:
          unreadable.append(UnreadablePhoto(path: path, reason: "a folder whose name isn't valid UTF-8"))
        case .folder: waiting.append(path)
        case .file, .special:
          switch PhotoFile(entry, at: root.appendingPath(path), called: path) {
          case .photo: names.append(entry.name)
          case .unusable(let photo): unreadable.append(photo)
          case .other: skipped.add(.notAPhoto, entry)
          }
        }
      }
      photosByFolder.append((folder, names))
    }
    photosByFolder.sort { $0.folder.precedesByCodePoint($1.folder) }
    paths = photosByFolder.flatMap { folder, names in names.map { folder.appendingPath($0) } }
  }

  private static func foldersAbove(_ path: String) -> Set<FileIdentity> {
    var folders: Set<FileIdentity> = []
    var url = URL(fileURLWithPath: (try? path.realPath()) ?? path)
    while url.path != "/" {
      url.deleteLastPathComponent()
      if let identity = FileIdentity(of: url.path) { folders.insert(identity) }
    }
    return folders
  }

  /// What a message says of a folder without photos: ` (2 skipped: 2 .txt)`, or nothing where there is nothing to say.
  package var whatElse: String { skipped.count == 0 ? "" : " (\(skipped))" }
}
