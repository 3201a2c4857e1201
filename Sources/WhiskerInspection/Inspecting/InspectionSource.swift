import Foundation
import WhiskerDatasets
import WhiskerSystem

/// The photos to inspect, in a folder of any layout or in a table.
///
/// Unlike the scans for training and splitting it refuses little: an empty class or one that is missing from a part
/// of the split is something to report.
struct InspectionSource {
  /// What paths are relative to: the folder, or the one that the table lies in.
  let root: URL
  /// The parts of the split, in order; one without a name if the folder isn't split.
  private(set) var parts: [SplitName?] = []
  /// The folders of classes, those without photos included.
  private(set) var classes: [InspectedClass] = []
  private(set) var photos: [InspectedPhoto] = []
  /// Photos whose names can't be used, or which aren't files.
  private(set) var unreadable: [UnreadablePhoto] = []
  /// What training doesn't use: photos next to the class folders, folders next to those of the split.
  private(set) var passedOver: [String] = []
  /// What belongs together by a table's column; nil without one.
  private(set) var groups: PhotoGroups?
  /// The folders of the parts, below the root.
  private var folders: [SplitName: String] = [:]
  /// Everything else that isn't used.
  private(set) var skipped = SkippedFiles()
  /// The classes that a part spells in another way than the first does.
  private(set) var respelled: [(split: SplitName?, classes: [RespelledClass])] = []

  /// Finds the photos of a folder, or of a CSV file (``WhiskerDatasets/PhotoTable``).
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFolder`, `notAFolder`, `cannotRead`, `emptyFolder`; for a table those of
  ///   ``WhiskerDatasets/PhotoTable``.
  init(_ data: URL) throws(WhiskerError) {
    if PhotoTable.isTable(data.path) {
      self.init(try PhotoTable(contentsOf: data, minimumClasses: 1))
    } else {
      try self.init(scanning: data)
    }
  }

  private init(_ table: PhotoTable) {
    root = table.url.deletingLastPathComponent()
    groups = table.groups
    for split in SplitName.allCases {
      guard let listed = table.photos(of: split) else { continue }
      let part = table.hasSplits ? split : nil
      parts.append(part)
      let empty = Set(listed.emptyClasses)
      let names = classNames(of: listed.classNames.filter { !empty.contains($0) }, in: part)
      // In the order of the table, with the first part's classes that are missing here.
      let missing = (learned ?? []).filter { !names.values.contains($0) }
      for name in Set(names.values).union(missing).sorted(by: { $0.precedesByCodePoint($1) }) {
        classes.append(InspectedClass(split: part, name: name))
      }
      photos += listed.photos.map { photo in
        InspectedPhoto(
          path: photo.path, split: part, className: names[listed.classNames[photo.classIndex]],
          line: photo.line)
      }
      unreadable += listed.unreadable
    }
  }

  private init(scanning root: URL) throws(WhiskerError) {
    self.root = root
    let folders = try SplitFolders(in: root)
    if folders.listing.entries.isEmpty { throw WhiskerError(.emptyFolder, root.path, "the folder is empty") }
    skipped = folders.litter
    if folders.isSplit {
      passedOver = folders.passedOver
      for _ in passedOver { skipped.add(.outsideClasses, ending: SkippedFiles.folder) }
      for split in SplitName.allCases {
        guard let part = folders.parts[split] else { continue }
        self.folders[split] = part.path
        try scan(split, folder: part.path, FolderListing(of: root.path.appendingPath(part.path)))
      }
    } else if let wrapper = folders.wrapper {
      try scan(nil, folder: wrapper, FolderListing(of: root.path.appendingPath(wrapper)))
    } else {
      try scan(nil, folder: "", folders.listing)
    }
    if photos.isEmpty && unreadable.isEmpty {
      let rest = skipped.count == 0 ? "" : " (\(skipped))"
      throw WhiskerError(.emptyFolder, root.path, "the folder holds no photo\(rest)")
    }
  }

  /// The names of the first part's classes; nil before it was looked at.
  private var learned: [String]?

  /// What the classes are called that a part spells in some way: as in the first part, where only the case differs.
  private mutating func classNames(of found: [String], in split: SplitName?) -> [String: String] {
    guard let learned else {
      self.learned = found
      return Dictionary(zip(found, found)) { first, _ in first }
    }
    let match = ClassMatch(found, to: learned)
    if !match.respelled.isEmpty { respelled.append((split, match.respelled)) }
    return Dictionary(zip(found, match.labels).map { ($0, $1.map { learned[$0] } ?? $0) }) { first, _ in first
    }
  }

  /// Where a photo is.
  func url(of photo: InspectedPhoto) -> URL {
    let path = photo.path.hasPrefix("/") ? photo.path : root.path.appendingPath(photo.path)
    return URL(fileURLWithPath: path, isDirectory: false)
  }

  /// A photo's path below the folder of its part.
  func pathInPart(of photo: InspectedPhoto) -> String {
    guard let folder = photo.split.flatMap({ folders[$0] }), photo.path.hasPrefix(folder + "/") else {
      return photo.path
    }
    return String(photo.path.dropFirst(folder.count + 1))
  }

  /// Adds one part: a folder of class folders, or a flat one.
  private mutating func scan(
    _ split: SplitName?, folder: String, _ listing: FolderListing
  ) throws(WhiskerError) {
    parts.append(split)
    skipped.add(litterOf: listing)
    let classFolders = listing.entries.filter { $0.kind == .folder }
    if classFolders.isEmpty { return scanFlat(split, folder, listing) }
    for entry in listing.photos {
      passedOver.append(folder.appendingPath(entry.name))
      skipped.add(.outsideClasses, entry)
    }
    let names = classNames(of: classFolders.filter(\.hasValidName).map(\.name), in: split)
    for entry in classFolders {
      let path = folder.appendingPath(entry.name)
      guard entry.hasValidName else {
        unreadable.append(UnreadablePhoto(path: path, reason: "a folder whose name isn't valid UTF-8"))
        continue
      }
      let name = names[entry.name] ?? entry.name
      let found = try PhotoSearch(root: root.path, folder: path)
      classes.append(InspectedClass(split: split, name: name))
      photos += found.paths.map { InspectedPhoto(path: $0, split: split, className: name) }
      unreadable += found.unreadable
      skipped.add(found.skipped)
    }
  }

  /// Adds the photos of a flat folder, whose names give the class as Kaggle's do, or give none.
  private mutating func scanFlat(_ split: SplitName?, _ folder: String, _ listing: FolderListing) {
    var names: [String] = []
    for entry in listing.entries {
      let path = folder.appendingPath(entry.name)
      switch PhotoFile(entry, at: root.path.appendingPath(path), called: path) {
      case .photo: names.append(entry.name)
      case .unusable(let photo): unreadable.append(photo)
      case .other: skipped.add(.notAPhoto, entry)
      }
    }
    let found =
      (try? SplitSource.classes(ofFlatNames: names, in: root))
      .map { $0.map { (name: String?.some($0.name), paths: $0.paths) } } ?? [(name: nil, paths: names)]
    for photoClass in found where !photoClass.paths.isEmpty {
      classes.append(InspectedClass(split: split, name: photoClass.name))
      photos += photoClass.paths.map {
        InspectedPhoto(path: folder.appendingPath($0), split: split, className: photoClass.name)
      }
    }
  }
}

/// A class of one part of the data.
struct InspectedClass: Hashable {
  let split: SplitName?
  /// Nil for photos of unknown class.
  let name: String?
}
