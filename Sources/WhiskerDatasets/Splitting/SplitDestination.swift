import Foundation

/// The folder that a split is to become, and what stands there now.
struct SplitDestination {
  /// The folder's real path: links in it are resolved, as far as it exists.
  let path: String
  /// Whether a split of ours stands there and is to be replaced.
  let holdsOldSplit: Bool

  /// Looks at the destination and refuses what mustn't be touched.
  init(_ destination: URL, source: URL) throws(DatasetError) {
    path = try Self.realPath(of: destination.absoluteURL.path)
    let source = try Self.realPath(of: source.absoluteURL.path)
    if path == source {
      throw DatasetError(.overlappingFolders, path, "expected another folder than the source")
    }
    if source.hasPrefix(path.appendingPath("")) {
      throw DatasetError(
        .overlappingFolders, path, "the source lies in it and would be replaced: \(source.onOneLine)")
    }
    if path.hasPrefix(source.appendingPath("")) {
      throw DatasetError(
        .overlappingFolders, path,
        "it lies in the source, whose photos would then count twice: \(source.onOneLine)")
    }
    holdsOldSplit = try Self.holdsOldSplit(path)
  }

  /// Whether a split of ours stands there, with nothing beside it; false if there is nothing at all.
  static func holdsOldSplit(_ path: String) throws(DatasetError) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else { return false }
    guard status.kind == .folder else {
      throw DatasetError(.cannotWrite, path, "expected a folder or nothing, got a file")
    }
    let listing = try FolderListing(of: path, includingHidden: true)
    if listing.entries.isEmpty { return false }
    guard let manifest = try SplitManifest(in: URL(fileURLWithPath: path, isDirectory: true)) else {
      throw DatasetError(
        .notOurs, path,
        "the folder isn't empty and `whisker split` didn't make it: it holds \(listing.entries.map(\.name).listed())"
      )
    }
    let strangers = try Self.strangers(in: path, beside: manifest)
    if !strangers.isEmpty {
      throw DatasetError(
        .notOurs, path, "the folder holds what `whisker split` didn't put there: \(strangers.listed())")
    }
    return true
  }

  /// What lies in the folder without being in its manifest; no links are followed.
  private static func strangers(in root: String, beside manifest: SplitManifest) throws(DatasetError)
    -> [String]
  {
    // Bytes, since Swift takes names in NFC and NFD for the same and the disk doesn't.
    var known: Set<[UInt8]> = [Array(SplitManifest.fileName.utf8)]
    var knownFolders: Set<[UInt8]> = []
    for file in manifest.files.keys {
      known.insert(Array(file.utf8))
      var folder = file[...]
      while let slash = folder.lastIndex(of: "/") {
        folder = folder[..<slash]
        if !knownFolders.insert(Array(folder.utf8)).inserted { break }
      }
    }
    var strangers: [String] = []
    var waiting = [""]
    while let folder = waiting.popLast() {
      for entry in try FolderListing(of: root.appendingPath(folder), includingHidden: true).entries {
        let path = folder.appendingPath(entry.name)
        var status = stat()
        let isRealFolder = lstat(root.appendingPath(path), &status) == 0 && status.kind == .folder
        if isRealFolder && knownFolders.contains(Array(path.utf8)) {
          waiting.append(path)
        } else if isRealFolder || !known.contains(Array(path.utf8)) {
          if !litter.contains(entry.name) { strangers.append(path) }
        }
      }
    }
    return strangers.sorted { $0.precedesByCodePoint($1) }
  }

  /// What file managers leave wherever they look; nobody misses it.
  private static let litter: Set<String> = [".DS_Store", "Thumbs.db", "desktop.ini", ".directory"]

  /// The path with its links resolved; what doesn't exist yet is taken as it is written.
  static func realPath(of path: String) throws(DatasetError) -> String {
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    var status = stat()
    if lstat(path, &status) == 0 {
      throw DatasetError(.cannotWrite, path, "a link that leads nowhere: \(systemMessage(errno))")
    }
    let url = URL(fileURLWithPath: path).standardizedFileURL
    if url.path == "/" { return "/" }
    return try realPath(of: url.deletingLastPathComponent().path).appendingPath(url.lastPathComponent)
  }
}
