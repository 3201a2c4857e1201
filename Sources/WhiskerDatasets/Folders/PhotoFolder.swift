public import Foundation
public import WhiskerSystem

/// The photos of a folder that holds one folder per class, or that a table lists (``PhotoTable``), with their labels.
///
/// Classes are numbered in the order of their folders' names, by code point as Python's `sorted` has it. The
/// photos of a class may be anywhere below its folder; they are ordered by folder and then by name, also by
/// code point (so `cat.10` before `cat.2`), as Keras does. A file is a photo if its name ends like one's
/// (``photoEndings``), or else if its first bytes are those of a format that is read. Hidden files and folders,
/// macOS's `._*`, `Thumbs.db` and the like are litter; symbolic links are followed, each folder being visited once per
/// class. What isn't used is counted (``skipped``).
public struct PhotoFolder: Hashable, Sendable {
  /// The endings of photo files' names, in lower case; the case in file names doesn't matter.
  ///
  /// These files are photos, damaged ones where they can't be decoded. Of others the first bytes are read.
  public static let photoEndings: Set<String> = PhotoFile.endings

  /// The folder that holds the class folders, or the table.
  public let root: URL
  /// The names of the classes; a class's label is its place in this list.
  public let classNames: [String]
  /// Every photo, class after class.
  public let photos: [LabeledPhoto]
  /// Files known to be unusable from the start: photos whose names aren't UTF-8, pipes, rows of a table that make no
  /// sense, files that may be photos and can't be opened.
  public let unreadable: [UnreadablePhoto]
  /// Photos next to the class folders, which aren't used, and folders without photos that are no class's; paths below
  /// ``root``.
  public let passedOver: [String]
  /// What else isn't used: all files but ``unreadable``.
  public let skipped: SkippedFiles
  /// The classes that are spelled in another way here than in ``classNames``.
  public let respelled: [RespelledClass]

  /// Scans a folder.
  ///
  /// - Parameters:
  ///   - root: The folder that holds one folder per class.
  ///   - classNames: The classes to expect, in the order of their labels, when a model or the training data
  ///     has fixed them; nil takes what is found. Names match whatever their Unicode form (NFC or NFD), and where no
  ///     other does, whatever their case.
  ///   - minimumClasses: How many classes there must be when `classNames` is nil.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFolder`, `notAFolder`, `cannotRead`, `emptyFolder`, `noClassFolders`
  ///   (photos lie directly in it), `emptyClass`, `oneClassOnly`, `ambiguousClasses`, `classMismatch`.
  public init(
    scanning root: URL, expecting classNames: [String]? = nil, minimumClasses: Int = 2
  ) throws(WhiskerError) {
    try self.init(
      scanning: root, expecting: classNames, minimumClasses: minimumClasses, toleratesEmptyClasses: false)
  }

  /// Scans a folder for some of the classes that are expected.
  ///
  /// - Parameters:
  ///   - root: The folder that holds one folder per class.
  ///   - classNames: The classes, in the order of their labels. Those without a folder, or with one that holds nothing,
  ///     have no photos (``emptyClasses``); at least one has some.
  /// - Throws: As for all classes; `classMismatch` if there are photos of others.
  public init(scanning root: URL, forSomeOf classNames: [String]) throws(WhiskerError) {
    try self.init(
      scanning: root, expecting: classNames, minimumClasses: 1, toleratesEmptyClasses: true)
  }

  private init(
    scanning root: URL, expecting classNames: [String]?, minimumClasses: Int, toleratesEmptyClasses: Bool
  ) throws(WhiskerError) {
    let listing = try FolderListing(of: root.path)
    let folders = listing.entries.filter { $0.kind == .folder && $0.hasValidName }.map(\.name)
    // The user who trains on the others should know.
    var unreadable = listing.entries.filter { $0.kind == .folder && !$0.hasValidName }.map {
      UnreadablePhoto(path: $0.name, reason: "a folder whose name isn't valid UTF-8")
    }
    if folders.isEmpty { throw Self.errorWithoutClasses(root, listing, unreadable) }
    try Self.checkAmbiguity(root, folders)
    if classNames == nil && folders.count < minimumClasses {
      throw WhiskerError(
        .oneClassOnly, root.path,
        expected: "at least \(minimumClasses) class folders", got: "\(folders.count): \(folders.listed())")
    }
    let names = classNames ?? folders
    let match = ClassMatch(folders, to: names)
    var found: [PhotoSearch] = []
    for folder in folders { found.append(try PhotoSearch(root: root.path, folder: folder)) }

    var places: [Int: Int] = [:]
    var skipped = SkippedFiles()
    skipped.add(litterOf: listing)
    var passedOver = listing.photos
    for entry in passedOver { skipped.add(.outsideClasses, entry) }
    var strangers: [String] = []
    for (place, label) in match.labels.enumerated() {
      skipped.add(found[place].skipped)
      if let label {
        places[label] = place
      } else if toleratesEmptyClasses && found[place].isEmpty {
        passedOver += listing.entries.filter { $0.name == folders[place] }
      } else {
        strangers.append(folders[place])
      }
    }
    let isComplete = toleratesEmptyClasses ? !places.isEmpty : places.count == names.count
    guard strangers.isEmpty, isComplete else {
      throw WhiskerError(
        .classMismatch, root.path,
        expected: "the class folders \(names.listed())", got: "\(folders.listed())")
    }
    var photos: [LabeledPhoto] = []
    for label in names.indices {
      guard let place = places[label] else { continue }
      if found[place].paths.isEmpty && !toleratesEmptyClasses {
        throw Self.emptyClass(folders[place], found[place], in: root)
      }
      photos += found[place].paths.map { LabeledPhoto(path: $0, classIndex: label) }
      unreadable += found[place].unreadable
    }
    if photos.isEmpty {
      throw WhiskerError(
        .emptyClass, root.path,
        "none of the class folders \(folders.listed()) holds a photo"
          + (skipped.adding(unreadable).count == 0 ? "" : " (\(skipped.adding(unreadable)))"))
    }
    self.init(
      root: root, classNames: classNames ?? folders, photos: photos, unreadable: unreadable,
      passedOver: passedOver.map(\.name), skipped: skipped, respelled: match.respelled)
  }

  /// Photos that were found in some other way.
  package init(
    root: URL, classNames: [String], photos: [LabeledPhoto], unreadable: [UnreadablePhoto],
    passedOver: [String] = [], skipped: SkippedFiles = SkippedFiles(), respelled: [RespelledClass] = []
  ) {
    self.root = root
    self.classNames = classNames
    self.photos = photos
    self.unreadable = unreadable
    self.passedOver = passedOver
    self.skipped = skipped
    self.respelled = respelled
  }

  /// The same folder with some of its photos.
  ///
  /// - Parameter withRest: Whether it also names what can't be used; of two parts only one does.
  package func taking(_ photos: [LabeledPhoto], withRest: Bool) -> PhotoFolder {
    PhotoFolder(
      root: root, classNames: classNames, photos: photos, unreadable: withRest ? unreadable : [],
      passedOver: withRest ? passedOver : [], skipped: withRest ? skipped : SkippedFiles(),
      respelled: withRest ? respelled : [])
  }

  /// The number of photos of each class, in the order of ``classNames``.
  public var countsByClass: [Int] {
    photos.reduce(into: Array(repeating: 0, count: classNames.count)) { $0[$1.classIndex] += 1 }
  }

  /// The classes without a photo, in the order of their labels.
  public var emptyClasses: [String] {
    zip(classNames, countsByClass).filter { $0.1 == 0 }.map(\.0)
  }

  /// Where a photo is.
  public func url(of photo: LabeledPhoto) -> URL {
    URL(fileURLWithPath: path(of: photo), isDirectory: false)
  }

  /// Where a photo is; a table's photos may be anywhere.
  func path(of photo: LabeledPhoto) -> String { Self.path(of: photo, below: root) }

  /// Where a photo is, given the folder that its path starts in.
  package static func path(of photo: LabeledPhoto, below root: URL) -> String {
    photo.path.hasPrefix("/") ? photo.path : root.path.appendingPath(photo.path)
  }

  /// Whether a file's name ends like a photo's.
  public static func isPhoto(_ name: String) -> Bool { PhotoFile.isNamedAsPhoto(name) }

  private static func emptyClass(_ folder: String, _ found: PhotoSearch, in root: URL) -> WhiskerError {
    let rest =
      found.unreadable.isEmpty ? found.whatElse : " that can be used: \(found.unreadable.described)"
    return WhiskerError(
      .emptyClass, root.path,
      "the class folder \(folder.quoted) holds no photo\(rest); add some, or move the folder away")
  }

  private static func checkAmbiguity(_ root: URL, _ folders: [String]) throws(WhiskerError) {
    var seen: Set<String> = []
    for folder in folders where !seen.insert(folder).inserted {
      throw WhiskerError(
        .ambiguousClasses, root.path,
        "two class folders are called \(folder.quoted), spelled in two Unicode forms (NFC and NFD)")
    }
  }

  private static func errorWithoutClasses(
    _ root: URL, _ listing: FolderListing, _ unreadable: [UnreadablePhoto]
  ) -> WhiskerError {
    if !unreadable.isEmpty {
      return WhiskerError(
        .noClassFolders, root.path, expected: "one folder per class", got: "\(unreadable.described)")
    }
    let photos = listing.photos
    if photos.isEmpty {
      return WhiskerError(
        .emptyFolder, root.path,
        listing.entries.isEmpty ? "the folder is empty" : "the folder holds neither class folders nor photos")
    }
    return WhiskerError(
      .flatFolder, root.path,
      expected: "one folder per class", got: "\(photos.count) photos that lie directly in it")
  }
}
