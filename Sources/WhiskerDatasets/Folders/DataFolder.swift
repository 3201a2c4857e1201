public import Foundation

/// A folder of data as the command takes it: `train/` and perhaps `validation/` and `test/` in it.
public struct DataFolder: Hashable, Sendable {
  /// The folder itself.
  public let root: URL
  /// The photos of `train/`.
  public let train: PhotoFolder
  /// The photos of `validation/`, labelled as those of `train/`; nil if there is no such folder.
  public let validation: PhotoFolder?
  /// The folder `test/`, if there is one; nothing is read from it for training.
  public let test: URL?

  /// Finds the photos to train on.
  ///
  /// - Throws: ``DatasetError``: those of ``PhotoFolder``, and `noClassFolders` if there is no `train/` in it.
  public init(forTraining root: URL) throws(DatasetError) {
    let listing = try FolderListing(of: root.path)
    if listing.entries.isEmpty { throw DatasetError(.emptyFolder, root.path, "the folder is empty") }
    guard listing.hasFolder(.train) else {
      throw DatasetError(
        .noClassFolders, root.path,
        "expected a folder \"train\" with one folder per class in it, got \(listing.entries.map(\.name).listed()): "
          + "run `whisker split` first")
    }
    self.root = root
    let train = try PhotoFolder(scanning: root.folder(.train))
    self.train = train
    validation =
      listing.hasFolder(.validation)
      ? try PhotoFolder(scanning: root.folder(.validation), expecting: train.classNames) : nil
    test = listing.hasFolder(.test) ? root.folder(.test) : nil
  }

  /// Finds the photos to evaluate a model on: the class folders in `root`, or in its `test/` if it is a split.
  ///
  /// Class folders win: a model whose classes are called `train` and `test` still finds its photos.
  ///
  /// - Parameters:
  ///   - root: The folder that the user named.
  ///   - classNames: The model's classes in the order of its labels; nil takes what is found.
  /// - Throws: ``DatasetError``: those of ``PhotoFolder``, and `missingFolder` for a split without `test/`.
  public static func forEvaluation(
    _ root: URL, expecting classNames: [String]? = nil
  ) throws(DatasetError) -> PhotoFolder {
    let listing = try FolderListing(of: root.path)
    if listing.isSplit && listing.folders != classNames.map(Set.init) {
      guard listing.hasFolder(.test) else {
        throw DatasetError(
          .missingFolder, root.folder(.test).path,
          "there is no such folder; name the folder to evaluate on, such as \(root.folder(.train).path)")
      }
      return try PhotoFolder(scanning: root.folder(.test), expecting: classNames)
    }
    return try PhotoFolder(scanning: root, expecting: classNames)
  }
}

/// The parts that data is split into; the raw values are the names of their folders.
public enum SplitName: String, Hashable, Sendable, CaseIterable, Codable {
  /// What the network learns from.
  case train
  /// What is watched while it learns.
  case validation
  /// What is kept for the end.
  case test
}

extension FolderListing {
  /// The names of the folders in it.
  var folders: Set<String> { Set(entries.filter { $0.kind == .folder }.map(\.name)) }

  /// Whether it is a split's root rather than a folder of classes: there is `train`, or nothing but parts of a split.
  var isSplit: Bool {
    let names = folders
    let hasOnlySplits = !names.isEmpty && names.isSubset(of: SplitName.allCases.map(\.rawValue))
    return hasOnlySplits || names.contains(SplitName.train.rawValue)
  }

  /// Whether the folder of a part is in it.
  func hasFolder(_ split: SplitName) -> Bool { folders.contains(split.rawValue) }
}

extension URL {
  /// The folder of one part of a split.
  func folder(_ split: SplitName) -> URL {
    URL(fileURLWithPath: path.appendingPath(split.rawValue), isDirectory: true)
  }
}
