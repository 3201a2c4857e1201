import Foundation

/// The folder that a split is to become, and what stands there now.
struct SplitDestination {
  /// The folder's real path: links in it are resolved, as far as it exists.
  let path: String
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
    _ = try ListedFolder<SplitManifest>(path: path).isThere()
  }

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
