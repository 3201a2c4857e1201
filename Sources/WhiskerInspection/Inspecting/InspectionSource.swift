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
      classes += listed.classNames.map { InspectedClass(split: part, name: $0) }
      photos += listed.photos.map {
        InspectedPhoto(path: $0.path, split: part, className: listed.classNames[$0.classIndex])
      }
      unreadable += listed.unreadable
    }
  }

  private init(scanning root: URL) throws(WhiskerError) {
    self.root = root
    let folders = try SplitFolders(in: root)
    if folders.listing.entries.isEmpty { throw WhiskerError(.emptyFolder, root.path, "the folder is empty") }
    if folders.isSplit {
      passedOver = folders.passedOver
      for split in SplitName.allCases {
        guard let part = folders.parts[split] else { continue }
        self.folders[split] = part.path
        try scan(split, folder: part.path, FolderListing(of: root.path.appendingPath(part.path)))
      }
    } else {
      try scan(nil, folder: "", folders.listing)
    }
    if photos.isEmpty && unreadable.isEmpty {
      let endings = PhotoFolder.photoEndings.sorted().joined(separator: ", ")
      throw WhiskerError(.emptyFolder, root.path, "the folder holds no photo (files ending in \(endings))")
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
    let direct = listing.entries.filter { $0.kind != .folder && PhotoFolder.isPhoto($0.name) }
    let classFolders = listing.entries.filter { $0.kind == .folder }
    if classFolders.isEmpty { return scanFlat(split, folder, direct) }
    passedOver += direct.map { folder.appendingPath($0.name) }
    for entry in classFolders {
      let path = folder.appendingPath(entry.name)
      guard entry.hasValidName else {
        unreadable.append(UnreadablePhoto(path: path, reason: "a folder whose name isn't valid UTF-8"))
        continue
      }
      let found = try PhotoSearch(root: root.path, folder: path)
      classes.append(InspectedClass(split: split, name: entry.name))
      photos += found.paths.map { InspectedPhoto(path: $0, split: split, className: entry.name) }
      unreadable += found.unreadable
    }
  }

  /// Adds the photos of a flat folder, whose names give the class as Kaggle's do, or give none.
  private mutating func scanFlat(_ split: SplitName?, _ folder: String, _ entries: [FolderListing.Entry]) {
    var names: [String] = []
    for entry in entries {
      switch (entry.kind, entry.hasValidName) {
      case (.file, true): names.append(entry.name)
      case (.file, false):
        unreadable.append(
          UnreadablePhoto(path: folder.appendingPath(entry.name), reason: "its name isn't valid UTF-8"))
      default:
        unreadable.append(
          UnreadablePhoto(
            path: folder.appendingPath(entry.name), reason: "expected a file, got a pipe, socket or device"))
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
