package import Foundation

/// Which file or folder it is, by device and number: the same for every path that leads to it, whatever links, hard
/// links and mounts are on the way.
package struct FileIdentity: Hashable, Sendable {
  private let device: UInt64
  private let number: UInt64

  /// The identity of what a path leads to, links followed; nil if there is nothing.
  package init?(of path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  package init(_ status: stat) {
    device = UInt64(status.st_dev)
    number = UInt64(status.st_ino)
  }
}

/// A name in a folder: what is moved when a file is moved; for a link, the link itself.
///
/// Two paths that reach the same name, through a link to its folder or a mount, are one entry, and what leaves
/// one leaves the other. Two hard links of a file are two entries, and each can be removed without the other.
package struct FolderEntry: Hashable {
  private let file: FileIdentity
  /// Where a file has one name only, that is found by the file alone; so it is even if a mount shows the name twice.
  private let folder: FileIdentity?
  private let name: [UInt8]

  /// What is at a path, and whether it is a link; nil if nothing is.
  package static func at(_ path: String) -> (entry: FolderEntry, isLink: Bool)? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    let url = path.lastIndex(of: "/").map { (folder: path[...$0], name: path[path.index(after: $0)...]) }
    let hasOneName = status.st_nlink == 1
    let entry = FolderEntry(
      file: FileIdentity(status),
      folder: hasOneName ? nil : FileIdentity(of: url.map { String($0.folder) } ?? "."),
      name: hasOneName ? [] : Array((url?.name ?? path[...]).utf8))
    return (entry, status.st_mode & S_IFMT == S_IFLNK)
  }

  /// The entries that a link leads through, up to the file at its end; empty for anything but a link.
  package static func behind(link path: String) -> [FolderEntry] {
    var entries: [FolderEntry] = []
    var path = path
    // As many as the system follows.
    for _ in 0..<40 {
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { break }
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
      path = target.hasPrefix("/") ? target : folder + target
      guard let found = at(path) else { break }
      entries.append(found.entry)
      if !found.isLink { break }
    }
    return entries
  }
}
