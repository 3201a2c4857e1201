import Foundation
import WhiskerSystem

/// Chooses the photos that leave, knowing files by device and inode: two paths may lead to one of them.
struct SetAsideSelection {
  /// A photo that leaves.
  struct Leaver {
    let path: String
    let reason: SetAsidePlan.Reason
    let detail: String
    fileprivate let entry: FolderEntry
  }

  /// How a photo's path leads to its file.
  private struct Place {
    let entry: FolderEntry
    /// What its link leads through; empty for a file.
    let behind: [FolderEntry]
  }

  private(set) var leaving: [Leaver] = []
  private(set) var staying: [SetAsidePlan.Stay] = []
  private let inspection: Inspection
  private let root: String
  private let realRoot: String
  /// Of every photo by its path; those whose names aren't UTF-8 can't be found by them, and stay.
  private let places: [String: Place]
  /// The path of an entry that no linked folder is on, if it is among the photos: what it is called in the list.
  private var directPaths: [FolderEntry: String] = [:]
  /// The real folders of photos, by their paths.
  private var realFolders: [String: String?] = [:]
  private var leavingEntries: Set<FolderEntry> = []
  /// The entries that stay as the one photo of several, by the path that they stay under.
  private var kept: [FolderEntry: String] = [:]

  init(of inspection: Inspection, realRoot: String) {
    self.inspection = inspection
    self.realRoot = realRoot
    let root = inspection.root.path
    self.root = root
    let paths = Set(inspection.photos.map(\.path) + inspection.unreadable.map(\.path))
    places = Dictionary(
      paths.compactMap { path in
        FolderEntry.at(root.appendingPath(path)).map { found in
          let behind = found.isLink ? FolderEntry.behind(link: root.appendingPath(path)) : []
          return (path, Place(entry: found.entry, behind: behind))
        }
      }
    ) { first, _ in first }
    for (path, place) in places where realFolder(of: path) == realRoot.appendingPath(path).folderPath {
      directPaths[place.entry] = path
    }
  }

  /// Every path whose file leaves.
  var vacated: Set<String> {
    Set(places.filter { leavingEntries.contains($0.value.entry) }.map(\.key))
  }

  /// Makes the choice.
  mutating func select() {
    // What stays is decided before anything is moved: no photo is kept in one pair and moved in another.
    let groups = inspection.duplicates.map { ($0, keepers(of: $0)) }
    for photo in inspection.unreadable where !photo.isOutOfReach {
      send(photo.path, .unreadable, photo.reason)
    }
    for path in inspection.constant { send(path, .constant, "all its pixels are alike") }
    for (group, keepers) in groups {
      for keeper in keepers {
        if let place = places[keeper.path] { kept[place.entry] = keeper.path }
      }
      for photo in group.photos where !keepers.contains(photo) {
        let keeper = keepers.first { $0.className == photo.className } ?? keepers[0]
        let isLink =
          places[keeper.path].map { places[photo.path]?.behind.contains($0.entry) == true } ?? false
        send(
          photo.path, keeper.split == photo.split ? .duplicate : .leak,
          isLink ? "a link to \(keeper.path)" : "the same photo as \(keeper.path)")
      }
    }
    keepWhatLinksLeadTo()
  }

  /// The photos of a group that stay: one in each class, of the part that keeps its photo.
  ///
  /// A link to another of them stays only if that stays too.
  private func keepers(of group: DuplicateGroup) -> [InspectedPhoto] {
    let owners = Dictionary(grouping: group.photos) { places[$0.path]?.entry }
    func targets(_ photo: InspectedPhoto) -> [InspectedPhoto] {
      (places[photo.path]?.behind ?? []).flatMap { owners[$0] ?? [] }
    }
    var keepers: [InspectedPhoto] = []
    let isLink = group.photos.map { !targets($0).isEmpty }
    let files = zip(group.photos, isLink).filter { !$0.1 }.map(\.0)
    let links = zip(group.photos, isLink).filter(\.1).map(\.0)
    for photo in files + links {
      let isFirstOfClass = keepers.allSatisfy {
        $0.split == photo.split && $0.className != photo.className
      }
      let leadsElsewhere = targets(photo).contains { $0.split != keepers.first?.split }
      if isFirstOfClass && !leadsElsewhere { keepers.append(photo) }
    }
    // Without a file among them there would be nothing that could be read.
    return keepers.isEmpty ? [group.photos[0]] : keepers
  }

  private mutating func send(_ path: String, _ reason: SetAsidePlan.Reason, _ detail: String) {
    guard let place = places[path], !leavingEntries.contains(place.entry) else { return }
    if let other = kept[place.entry] {
      if other != path {
        stay(path, "it is the very file of \(other), which a linked or mounted folder shows twice")
      }
      return
    }
    let path = directPaths[place.entry] ?? path
    guard isInside(path) else {
      return stay(path, "a linked folder leads to it, and it lies outside of \(root)")
    }
    leavingEntries.insert(place.entry)
    leaving.append(Leaver(path: path, reason: reason, detail: detail, entry: place.entry))
  }

  private mutating func stay(_ path: String, _ detail: String) {
    staying.append(SetAsidePlan.Stay(file: path, detail: detail))
  }

  /// Whether a photo's folder, links in it resolved, belongs to the data.
  private mutating func isInside(_ path: String) -> Bool {
    guard let real = realFolder(of: path) else { return false }
    return real == realRoot || real.hasPrefix(realRoot.appendingPath(""))
  }

  /// A photo's folder, links in it resolved.
  private mutating func realFolder(of path: String) -> String? {
    let folder = root.appendingPath(path).folderPath
    if let known = realFolders[folder] { return known }
    let real = try? folder.realPath()
    realFolders[folder] = .some(real)
    return real
  }

  /// Takes back what links that stay lead to or through.
  private mutating func keepWhatLinksLeadTo() {
    var users: [FolderEntry: String] = [:]
    for photo in inspection.photos {
      guard let place = places[photo.path], !leavingEntries.contains(place.entry) else { continue }
      for entry in place.behind where users[entry] == nil { users[entry] = photo.path }
    }
    for leaver in leaving {
      guard let user = users[leaver.entry] else { continue }
      leavingEntries.remove(leaver.entry)
      stay(leaver.path, "\(user) is a link to it, and stays")
    }
    leaving.removeAll { !leavingEntries.contains($0.entry) }
  }
}

extension String {
  /// A path without its last name.
  fileprivate var folderPath: String { String(self[..<(lastIndex(of: "/") ?? startIndex)]) }
}
