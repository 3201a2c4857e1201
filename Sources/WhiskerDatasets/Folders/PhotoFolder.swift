public import Foundation
public import WhiskerSystem

/// The photos of a folder that holds one folder per class, or that a table lists (``PhotoTable``), with their labels.
///
/// Classes are numbered in the order of their folders' names, by code point as Python's `sorted` has it. The
/// photos of a class may be anywhere below its folder; they are ordered by folder and then by name, also by
/// code point (so `cat.10` before `cat.2`), as Keras does. What counts as a photo is decided by its extension
/// (``photoEndings``). Hidden files and folders, macOS's `._*` and `Thumbs.db` are skipped; symbolic links are
/// followed, each folder being visited once per class.
public struct PhotoFolder: Hashable, Sendable {
  /// The extensions of photo files, in lower case; the case in file names doesn't matter.
  public static let photoEndings: Set<String> = [
    "png", "jpg", "jpeg", "bmp", "ppm", "tif", "tiff", "gif", "webp",
  ]

  /// The folder that holds the class folders, or the table.
  public let root: URL
  /// The names of the classes; a class's label is its place in this list.
  public let classNames: [String]
  /// Every photo, class after class.
  public let photos: [LabeledPhoto]
  /// Photos whose names aren't UTF-8, known to be unreadable from the start.
  public let unreadable: [UnreadablePhoto]
  /// Photos next to the class folders, which aren't used; paths below ``root``.
  public let passedOver: [String]

  /// Scans a folder.
  ///
  /// - Parameters:
  ///   - root: The folder that holds one folder per class.
  ///   - classNames: The classes to expect, in the order of their labels, when a model or the training data
  ///     has fixed them; nil takes what is found. Names match whatever their Unicode form (NFC or NFD).
  ///   - minimumClasses: How many classes there must be when `classNames` is nil.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFolder`, `notAFolder`, `cannotRead`, `emptyFolder`, `noClassFolders`
  ///   (photos lie directly in it), `emptyClass`, `oneClassOnly`, `ambiguousClasses`, `classMismatch`.
  public init(
    scanning root: URL, expecting classNames: [String]? = nil, minimumClasses: Int = 2
  ) throws(WhiskerError) {
    let listing = try FolderListing(of: root.path)
    let folders = listing.entries.filter { $0.kind == .folder && $0.hasValidName }.map(\.name)
    // The user who trains on the others should know.
    var unreadable = listing.entries.filter { $0.kind == .folder && !$0.hasValidName }.map {
      UnreadablePhoto(path: $0.name, reason: "a folder whose name isn't valid UTF-8")
    }
    if folders.isEmpty { throw Self.errorWithoutClasses(root, listing, unreadable) }
    try Self.checkAmbiguity(root, folders)
    let labels = try Self.labels(root, folders: folders, expected: classNames, minimum: minimumClasses)

    var photos: [LabeledPhoto] = []
    for (label, folder) in labels.enumerated() {
      let found = try PhotoSearch(root: root.path, folder: folder)
      if found.paths.isEmpty {
        let endings = Self.photoEndings.sorted().joined(separator: ", ")
        throw WhiskerError(
          .emptyClass, root.path,
          "the class folder \(folder.quoted) holds no photo (files ending in \(endings))"
            + (found.unreadable.isEmpty ? "" : " that can be used: \(found.unreadable.described)"))
      }
      photos += found.paths.map { LabeledPhoto(path: $0, classIndex: label) }
      unreadable += found.unreadable
    }
    self.init(
      root: root, classNames: classNames ?? labels, photos: photos, unreadable: unreadable,
      passedOver: listing.entries.filter { $0.kind != .folder && Self.isPhoto($0.name) }.map(\.name))
  }

  /// Photos that were found in some other way.
  package init(
    root: URL, classNames: [String], photos: [LabeledPhoto], unreadable: [UnreadablePhoto],
    passedOver: [String] = []
  ) {
    self.root = root
    self.classNames = classNames
    self.photos = photos
    self.unreadable = unreadable
    self.passedOver = passedOver
  }

  /// The same folder with some of its photos.
  ///
  /// - Parameter withRest: Whether it also names what can't be used; of two parts only one does.
  package func taking(_ photos: [LabeledPhoto], withRest: Bool) -> PhotoFolder {
    PhotoFolder(
      root: root, classNames: classNames, photos: photos, unreadable: withRest ? unreadable : [],
      passedOver: withRest ? passedOver : [])
  }

  /// The number of photos of each class, in the order of ``classNames``.
  public var countsByClass: [Int] {
    photos.reduce(into: Array(repeating: 0, count: classNames.count)) { $0[$1.classIndex] += 1 }
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
  public static func isPhoto(_ name: String) -> Bool {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return false }
    return photoEndings.contains(name[name.utf8.index(after: dot)...].lowercased())
  }

  /// The folders of the classes in the order of their labels.
  private static func labels(
    _ root: URL, folders: [String], expected: [String]?, minimum: Int
  ) throws(WhiskerError) -> [String] {
    guard let expected else {
      if folders.count < minimum {
        throw WhiskerError(
          .oneClassOnly, root.path,
          expected: "at least \(minimum) class folders", got: "\(folders.count): \(folders.listed())")
      }
      return folders
    }
    // Swift compares strings by canonical equivalence, so a name matches in NFC and in NFD.
    if Set(expected) != Set(folders) {
      throw WhiskerError(
        .classMismatch, root.path,
        expected: "the class folders \(expected.listed())", got: "\(folders.listed())")
    }
    return expected.compactMap { name in folders.first { $0 == name } }
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
    let photos = listing.entries.filter { isPhoto($0.name) }
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
