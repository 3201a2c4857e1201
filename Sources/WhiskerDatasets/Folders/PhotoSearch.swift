package import WhiskerSystem

/// Every photo at or below one folder, ordered by folder and then by name.
package struct PhotoSearch {
  /// The photos' paths below the root, `cats/cat.0.jpg`.
  package private(set) var paths: [String] = []
  package private(set) var unreadable: [UnreadablePhoto] = []

  /// Searches `folder`, a path below `root` (empty for the root itself).
  package init(root: String, folder: String) throws(WhiskerError) {
    var photosByFolder: [(folder: String, names: [String])] = []
    var visited: Set<FileIdentity> = []
    var waiting = [folder]
    while let folder = waiting.popLast() {
      let listing = try FolderListing(of: root.appendingPath(folder))
      // A link back to a folder above would otherwise be followed for ever.
      guard visited.insert(listing.identity).inserted else { continue }
      var names: [String] = []
      for entry in listing.entries {
        let path = folder.appendingPath(entry.name)
        let isPhoto = PhotoFolder.isPhoto(entry.name)
        switch entry.kind {
        case .folder where !entry.hasValidName:
          unreadable.append(UnreadablePhoto(path: path, reason: "a folder whose name isn't valid UTF-8"))
        case .folder: waiting.append(path)
        case .file where isPhoto && !entry.hasValidName:
          unreadable.append(UnreadablePhoto(path: path, reason: "its name isn't valid UTF-8"))
        case .file where isPhoto: names.append(entry.name)
        case .special where isPhoto:
          unreadable.append(
            UnreadablePhoto(path: path, reason: "expected a file, got a pipe, socket or device"))
        case .file, .special: break
        }
      }
      photosByFolder.append((folder, names))
    }
    photosByFolder.sort { $0.folder.precedesByCodePoint($1.folder) }
    paths = photosByFolder.flatMap { folder, names in names.map { folder.appendingPath($0) } }
  }
}
