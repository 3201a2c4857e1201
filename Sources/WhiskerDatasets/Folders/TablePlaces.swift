import WhiskerSystem

/// Where the photos of a table are.
///
/// Most tables give paths from their own folder. Others give bare names, some without endings, of photos in a folder beside
/// the table: `id,breed` with the photos in `train/`. Where more than half of the files aren't where the table says, a name
/// stands for the photo below the table's folder whose path ends with it, with or without its ending.
struct TablePlaces {
  /// The path of each file from the table's folder, or an absolute one.
  let paths: [String]
  /// Where photos were found that aren't where the table says, in words; nil where there are none.
  let reading: String?

  /// Looks for files.
  ///
  /// - Parameters:
  ///   - files: What the table calls them.
  ///   - folder: The table's folder.
  ///   - name: The table's name without its ending: of two folders that hold the same names, the one of this name counts.
  init(of files: [String], below folder: String, table name: String) {
    let named = files.map { folder.existingSpelling(of: $0) }
    let missing = named.indices.filter { named[$0].path == nil && !files[$0].hasPrefix("/") }
    let search = missing.count * 2 > files.count ? TableFileSearch(below: folder) : nil
    guard let search else {
      paths = named.map { $0.path ?? $0.spelling }
      reading = nil
      return
    }
    let found = missing.map { search.matches(of: named[$0].spelling) }
    let counts = found.joined().reduce(into: [:]) { $0[$1.folder, default: 0] += 1 }
    func rank(_ folder: String) -> (Int, Int) {
      (counts[folder, default: 0], folder == name || folder.hasSuffix("/" + name) ? 1 : 0)
    }
    var paths = named.map { $0.path ?? $0.spelling }
    var folders: Set<String> = []
    for (place, matches) in zip(missing, found) {
      guard let best = matches.max(by: { rank($0.folder) < rank($1.folder) }),
        matches.count(where: { rank($0.folder) == rank(best.folder) }) == 1
      else { continue }
      paths[place] = best.path
      folders.insert(best.folder)
    }
    self.paths = paths
    reading =
      folders.isEmpty
      ? nil : "the photos from \(folders.sorted { $0.precedesByCodePoint($1) }.listed())"
  }
}

/// The photos below a folder, by what ends their paths.
private struct TableFileSearch {
  struct Match {
    /// The path below the folder that was searched.
    let path: String
    /// The part of it that the table leaves out.
    let folder: String
  }

  /// The paths, split at slashes, by their last component with and without its ending.
  private var places: [String: [[Substring]]] = [:]

  init(below folder: String) {
    for path in (try? PhotoSearch(root: folder, folder: ""))?.paths ?? [] {
      let parts = path.split(separator: "/")
      guard let name = parts.last else { continue }
      places[String(name), default: []].append(parts)
      if let dot = name.lastIndex(of: "."), dot > name.startIndex {
        places[String(name[..<dot]), default: []].append(parts)
      }
    }
  }

  /// The photos that a table may mean.
  func matches(of file: String) -> [Match] {
    let wanted = file.split(separator: "/").filter { $0 != "." }
    guard let last = wanted.last else { return [] }
    return places[String(last), default: []].compactMap { parts in
      let folder = parts.dropLast(wanted.count)
      guard parts.count > wanted.count,
        parts.dropFirst(folder.count).dropLast().elementsEqual(wanted.dropLast())
      else { return nil }
      return Match(path: parts.joined(separator: "/"), folder: folder.joined(separator: "/"))
    }
  }
}

extension String {
  /// How `file`, a path below this folder, is spelled on the disk: as it is, in the other Unicode form, or with slashes
  /// for the backslashes that Windows writes; with a path of nil where there is no such file.
  fileprivate func existingSpelling(of file: String) -> (path: String?, spelling: String) {
    func exists(_ file: String) -> Bool {
      FileKind(of: file.hasPrefix("/") ? file : appendingPath(file)) != nil
    }
    func forms(_ file: String) -> [String] {
      [file, file.precomposedStringWithCanonicalMapping, file.decomposedStringWithCanonicalMapping]
    }
    if exists(file) { return (file, file) }
    let slashed = file.contains("\\") ? [file.replacing("\\", with: "/")] : []
    return (([file] + slashed).flatMap(forms).first(where: exists), slashed.first ?? file)
  }
}
