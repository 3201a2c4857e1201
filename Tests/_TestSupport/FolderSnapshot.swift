public import Foundation

/// What lies in a folder at one moment.
///
/// It records kind, permissions, inode and bytes of every file, and the target of every link: two snapshots
/// show what was touched in between.
public struct FolderSnapshot {
  /// One file, folder, link or other thing.
  public struct Item: Equatable {
    /// Kind and permissions, as the system has them.
    public let mode: mode_t
    /// The number of the file on its disk.
    public let inode: ino_t
    /// The bytes of a file, the target of a link; nil for what is neither.
    public let contents: Data?
  }

  /// Everything, by its path below the folder.
  public private(set) var items: [String: Item] = [:]

  /// Looks at a folder; no links are followed.
  public init(of folder: URL) {
    var waiting = [""]
    while let path = waiting.popLast() {
      let place = "\(folder.path)/\(path)"
      for name in (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? [] {
        let path = path.isEmpty ? name : "\(path)/\(name)"
        guard let item = Self.item(at: "\(folder.path)/\(path)") else { continue }
        items[path] = item
        if item.mode & S_IFMT == S_IFDIR { waiting.append(path) }
      }
    }
  }

  /// What isn't as it was before, or gone: its paths and how it changed; new files aren't listed.
  ///
  /// - Parameter isForeign: Whether a path is looked at.
  public func changes(since before: FolderSnapshot, where isForeign: (String) -> Bool = { _ in true })
    -> [String]
  {
    before.items.filter { isForeign($0.key) && items[$0.key] != $0.value }.keys.sorted().map { path in
      guard let old = before.items[path], let new = items[path] else { return "\(path): gone" }
      let kinds = [
        (old.mode != new.mode, "mode \(String(new.mode, radix: 8))"), (old.inode != new.inode, "inode"),
        (old.contents != new.contents, "contents"),
      ]
      return "\(path): other \(kinds.filter(\.0).map(\.1).joined(separator: ", "))"
    }
  }

  private static func item(at path: String) -> Item? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    let contents: Data? =
      switch status.st_mode & S_IFMT {
      case S_IFREG: FileManager.default.contents(atPath: path)
      case S_IFLNK: (try? FileManager.default.destinationOfSymbolicLink(atPath: path)).map { Data($0.utf8) }
      default: nil
      }
    return Item(mode: status.st_mode, inode: status.st_ino, contents: contents)
  }
}
