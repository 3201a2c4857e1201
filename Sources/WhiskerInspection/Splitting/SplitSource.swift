public import Foundation
public import WhiskerDatasets
public import WhiskerSystem

/// The photos to split, by class.
public struct SplitSource: Hashable, Sendable {
  /// How the source labels a photo.
  public enum Layout: String, Hashable, Sendable, CaseIterable, Codable {
    /// Photos lie directly in the folder; the class is the name before the first dot, as in `cat.0.jpg`.
    case flat
    /// One folder per class.
    case classFolders
  }

  /// One class and its photos.
  public struct PhotoClass: Hashable, Sendable {
    /// The class's name in the source.
    public let name: String
    /// The paths of its photos below the source.
    public let paths: [String]

    /// A class of the given photos.
    public init(name: String, paths: [String]) {
      self.name = name
      self.paths = paths
    }
  }

  /// The folder.
  public let root: URL
  /// How the classes were found.
  public let layout: Layout
  /// The classes, ordered by name (by code point).
  public let classes: [PhotoClass]
  /// What else is there.
  public let skipped: SkippedFiles

  /// The paths of all photos, class after class.
  public var paths: [String] { classes.flatMap(\.paths) }

  /// A source of known contents, for planning without a disk.
  public init(root: URL, layout: Layout, classes: [PhotoClass], skipped: SkippedFiles = SkippedFiles()) {
    self.root = root
    self.layout = layout
    self.classes = classes
    self.skipped = skipped
  }

  /// Scans a folder and finds out its layout.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFolder`, `notAFolder`, `cannotRead`, `emptyFolder`, `emptyClass`,
  ///   `mixedFolder`, `ambiguousClasses`, `unreadablePhotos` (names that aren't UTF-8), and `noClassFolders`
  ///   if the names of the photos hold no classes.
  public init(scanning root: URL) throws(WhiskerError) {
    let listing = try FolderListing(ofData: root.path, takesTables: false)
    let folders = listing.entries.filter { $0.kind == .folder }
    let photos = listing.photos
    if let photo = photos.first, let folder = folders.first {
      throw WhiskerError(
        .mixedFolder, root.path,
        expected: "either photos named like cat.0.jpg or one folder per class",
        got: "both: the photo "
          + "\(photo.name.quoted) and the folder \(folder.name.quoted)")
    }
    if photos.isEmpty {
      // The same scan and the same errors as for training, but a single class may be split.
      // Parts of an older split are classes like others.
      let outer = (try? SplitFolders(in: root)).flatMap { $0.isSplit ? nil : $0 }
      let root = outer?.classes ?? root
      let found = try PhotoFolder(scanning: root, minimumClasses: 1)
      try Self.refuse(found.unreadable, in: root)
      var skipped = outer?.litter ?? SkippedFiles()
      skipped.add(found.skipped)
      let paths = Dictionary(grouping: found.photos, by: \.classIndex)
      self.init(
        root: root, layout: .classFolders,
        classes: found.classNames.enumerated().map { index, name in
          PhotoClass(name: name, paths: paths[index, default: []].map(\.path))
        }, skipped: skipped)
    } else {
      let odd = photos.filter { !$0.hasValidName || $0.kind == .special }
      try Self.refuse(
        odd.map {
          UnreadablePhoto(
            path: $0.name, reason: $0.hasValidName ? "not a file" : "its name isn't valid UTF-8")
        }, in: root)
      var skipped = SkippedFiles()
      skipped.add(litterOf: listing)
      let names = Set(photos.map(\.name))
      for entry in listing.entries where !names.contains(entry.name) { skipped.add(.notAPhoto, entry) }
      self.init(
        root: root, layout: .flat, classes: try Self.classes(ofFlatNames: photos.map(\.name), in: root),
        skipped: skipped)
    }
  }

  /// Groups the names of photos by what stands before their first dot.
  static func classes(ofFlatNames names: [String], in root: URL) throws(WhiskerError) -> [PhotoClass] {
    var namesByClass: [String: [String]] = [:]
    for name in names { namesByClass[String(name.prefix { $0 != "." }), default: []].append(name) }
    if names.count > 1 && namesByClass.count == names.count {
      throw WhiskerError(
        .noClassFolders, root.path,
        expected: "photos named by class, such as cat.0.jpg, or one folder per class",
        got: "\(names.listed(limit: 2))"
      )
    }
    return
      namesByClass
      .map { PhotoClass(name: $0.key, paths: $0.value) }
      .sorted { $0.name.precedesByCodePoint($1.name) }
  }

  private static func refuse(_ unreadable: [UnreadablePhoto], in root: URL) throws(WhiskerError) {
    guard !unreadable.isEmpty else { return }
    throw WhiskerError(.unreadablePhotos, root.path, "files that can't be used: \(unreadable.described)")
  }
}
