package import Foundation

/// What a command adds to a folder that it makes: the list of its own files.
package protocol FolderManifest {
  /// The name of the command, and of what it makes in the names of hidden folders: `split`.
  static var command: String { get }
  /// The name of the file.
  static var fileName: String { get }

  /// Reads the manifest of a folder; nil if there is none.
  init?(in folder: URL) throws(WhiskerError)

  /// The bytes of the file.
  var encoded: Data { get throws }
  /// What the command made: files and folders by their paths below the folder.
  var contents: FolderContents { get }
}

/// The files and folders that a manifest lists.
package struct FolderContents {
  package let holdsFile: (String) -> Bool
  package let holdsFolder: (String) -> Bool

  package init(holdsFile: @escaping (String) -> Bool, holdsFolder: @escaping (String) -> Bool) {
    self.holdsFile = holdsFile
    self.holdsFolder = holdsFolder
  }
}

/// A folder that a command made, recognised by the manifest in it: only what that lists is ever replaced or
/// removed.
package struct ListedFolder<Manifest: FolderManifest> {
  package let path: String

  package init(path: String) { self.path = path }

  /// Whether the command's work is there, with nobody else's files next to it; false if there is nothing.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `notOurs` if somebody else's files are there, `cannotWrite` if
  ///   it isn't a folder.
  package func isThere() throws(WhiskerError) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else { return false }
    guard status.kind == .folder else {
      throw WhiskerError(.cannotWrite, path, expected: "a folder or nothing", got: "a file")
    }
    let listing = try FolderListing(of: path, includingHidden: true)
    if listing.entries.isEmpty { return false }
    guard let manifest = try Manifest(in: URL(fileURLWithPath: path, isDirectory: true)) else {
      throw WhiskerError(
        .notOurs, path,
        "the folder isn't empty and `whisker \(Manifest.command)` didn't make it: it holds "
          + listing.entries.map(\.name).listed())
    }
    let strangers = try strangers(beside: manifest)
    if !strangers.isEmpty {
      throw WhiskerError(
        .notOurs, path,
        "the folder holds what `whisker \(Manifest.command)` didn't put there: \(strangers.listed())")
    }
    return true
  }

  /// Whether it contains only what an interrupted command leaves.
  package var isOurs: Bool {
    guard let entries = try? FolderListing(of: path, includingHidden: true).entries else { return false }
    // Killed before the manifest was there, and so before everything else.
    return entries.allSatisfy { $0.name == Self.newManifestName } || (try? isThere()) == true
  }

  /// Removes what the manifest lists, the manifest last: an interrupted removal can be finished by the next.
  ///
  /// What is not listed stays, and so do the folders that contain it.
  package func remove() {
    guard let manifest = try? Manifest(in: URL(fileURLWithPath: path, isDirectory: true)) else {
      unlink(path.appendingPath(Self.newManifestName))
      rmdir(path)
      return
    }
    var folders: [String] = []
    try? walk(manifest) { path, kind in
      switch kind {
      case .folder: folders.append(path)
      case .file where path != Manifest.fileName, .litter: unlink(self.path.appendingPath(path))
      case .file, .stranger: break
      }
    }
    NewFolders.removeEmpty(folders.map { path.appendingPath($0) })
    guard let left = try? FolderListing(of: path, includingHidden: true).entries.map(\.name),
      left.allSatisfy({ $0 == Manifest.fileName })
    else { return }
    unlink(path.appendingPath(Manifest.fileName))
    rmdir(path)
  }

  /// Writes the manifest, completely or not at all.
  package func write(_ manifest: Manifest) throws(WhiskerError) {
    let file = path.appendingPath(Manifest.fileName)
    let new = path.appendingPath(Self.newManifestName)
    do {
      try manifest.encoded.write(to: URL(fileURLWithPath: new, isDirectory: false))
    } catch {
      unlink(new)
      throw WhiskerError(.cannotWrite, file, "can't be written: \(systemReason(of: error))")
    }
    if rename(new, file) != 0 {
      let number = errno
      unlink(new)
      throw WhiskerError(.cannotWrite, file, "can't be written: \(systemMessage(number))")
    }
  }

  private static var newManifestName: String { Manifest.fileName + ".new" }

  private enum Kind { case file, folder, litter, stranger }

  private func strangers(beside manifest: Manifest) throws(WhiskerError) -> [String] {
    var strangers: [String] = []
    try walk(manifest) { path, kind in
      if kind == .stranger { strangers.append(path) }
    }
    return strangers.sorted { $0.precedesByCodePoint($1) }
  }

  /// Calls back with everything in the folder; no links are followed, and folders come before what they hold.
  private func walk(
    _ manifest: Manifest, _ body: (_ path: String, _ kind: Kind) -> Void
  ) throws(WhiskerError) {
    let contents = manifest.contents
    var waiting = [""]
    while let folder = waiting.popLast() {
      for entry in try FolderListing(of: path.appendingPath(folder), includingHidden: true).entries {
        let path = folder.appendingPath(entry.name)
        var status = stat()
        let isRealFolder = lstat(self.path.appendingPath(path), &status) == 0 && status.kind == .folder
        if isRealFolder && contents.holdsFolder(path) {
          body(path, .folder)
          waiting.append(path)
        } else if !isRealFolder && (path == Manifest.fileName || contents.holdsFile(path)) {
          body(path, .file)
        } else {
          body(path, !isRealFolder && Self.litter.contains(entry.name) ? .litter : .stranger)
        }
      }
    }
  }

  /// Files that file managers leave everywhere; nobody misses them.
  private static var litter: Set<String> { [".DS_Store", "Thumbs.db", "desktop.ini", ".directory"] }
}
