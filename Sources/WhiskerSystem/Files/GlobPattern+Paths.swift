extension GlobPattern {
  /// Every path that a pattern stands for, in natural order, folder after folder.
  ///
  /// Folders that can't be read hold nothing that matches.
  package static func paths(matching pattern: String) -> [String] {
    let components = pattern.split(separator: "/")
    var paths = [pattern.hasPrefix("/") ? "/" : ""]
    for (index, component) in components.enumerated() {
      let pattern = GlobPattern(component)
      let isLast = index == components.count - 1
      paths = paths.flatMap { folder in
        if let name = pattern.literal {
          let path = folder.appendingPath(name)
          return FileKind(of: path) == nil ? [] : [path]
        }
        return pattern.names(in: folder, foldersOnly: !isLast).map { folder.appendingPath($0) }
      }
    }
    return components.isEmpty ? [] : paths
  }

  private func names(in folder: String, foldersOnly: Bool) -> [String] {
    let listing = try? FolderListing(of: folder.isEmpty ? "." : folder, includingHidden: matchesHidden)
    let entries = listing?.entries.filter { entry in
      entry.hasValidName && (!foldersOnly || entry.kind == .folder) && matches(entry.name)
    }
    return NaturalOrder.sorted(entries?.map(\.name) ?? [])
  }
}
