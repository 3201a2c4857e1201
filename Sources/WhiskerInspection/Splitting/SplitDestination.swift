import Foundation
import WhiskerSystem

/// The folder that a split will be written to, and what is there now.
struct SplitDestination {
  /// The folder's real path: links in it are resolved, as far as it exists.
  let path: String
  /// Looks at the destination and refuses what mustn't be touched.
  init(_ destination: URL, source: URL) throws(WhiskerError) {
    path = try destination.absoluteURL.path.realPath()
    let source = try source.absoluteURL.path.realPath()
    if path == source {
      throw WhiskerError(
        .overlappingFolders, path, expected: "another folder than the source", got: "the same")
    }
    if source.hasPrefix(path.appendingPath("")) {
      throw WhiskerError(
        .overlappingFolders, path, "the source lies in it and would be replaced: \(source.onOneLine)")
    }
    if path.hasPrefix(source.appendingPath("")) {
      throw WhiskerError(
        .overlappingFolders, path,
        "it lies in the source, whose photos would then count twice: \(source.onOneLine)")
    }
    _ = try ListedFolder<SplitManifest>(path: path).isThere()
  }
}
