package import Foundation
package import WhiskerDatasets
import WhiskerSystem

/// The photos of a run, found again: those that it recorded, and no others that are among them now.
///
/// A photo is looked for where it was, and where there is another or none, by its contents anywhere in the data.
package struct RunPhotos {
  /// The photos; unreadable ones aren't separated yet.
  package let folders: DataFolder
  /// The missing photos that the run is measured on, in words: `/data/cats/1.jpg is gone`.
  package let missed: [String]
  /// The same of the training photos.
  package let lost: [String]

  /// Finds the photos of a run where they are now.
  ///
  /// - Parameters:
  ///   - run: The run's folder.
  ///   - data: What it was trained on, or where that is now.
  ///   - classNames: The classes in the order of their labels.
  /// - Returns: nil if the run doesn't say which photos it has.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `dataChanged` if a class has no photo left that the run is
  ///   measured on, naming those that are gone; `classMismatch`. `WhiskerError` if there is no such data.
  package init?(of run: URL, in data: URL, classNames: [String]) throws {
    let checkpoints = run.appendingPathComponent(RunFolder.FileName.checkpoint)
    guard let beginning = RunManifest(in: checkpoints) else { return nil }
    let search = try RunPhotoSearch(beginning, data, classNames)
    let (train, validation, test) = (
      try search.photos(of: .train), try search.photos(of: .validation), try search.photos(of: .test)
    )
    let measured = [test, validation, train].first { $0.isThere } ?? train
    let found = Set(measured.folder.photos.map { measured.folder.classNames[$0.classIndex] })
    guard !found.isEmpty, measured.classes.isSubset(of: found) else {
      throw WhiskerError(
        .dataChanged, data.path,
        expected: "the photos that the run was measured on",
        got: "others: put them back, or train again"
          + ResumePoint.listed(measured.changes))
    }
    missed = measured.changes
    lost = train.changes
    folders = DataFolder(
      train: train.folder, validation: validation.isThere ? validation.folder : nil,
      test: DataFolder.test(of: data, expecting: classNames), measured: test.isThere ? test.folder : nil)
  }
}

/// Looks for the photos of a run's list.
private struct RunPhotoSearch {
  /// What was found of a split.
  struct Found {
    var folder: PhotoFolder
    /// What is different about the photos that weren't found, in words.
    var changes: [String]
    /// The classes that the run has photos of.
    var classes: Set<String>
    /// Whether the run has photos of the split.
    var isThere: Bool { !folder.photos.isEmpty || !changes.isEmpty }
  }

  private let entries: [(entry: PhotoFingerprint.Entry, path: String, change: String?)]
  private let roots: [SplitName: URL]
  private let data: URL
  private let classNames: [String]
  /// Where photos are that aren't where they were, by their contents.
  private let moved: [PhotoContent: String]

  init(_ beginning: RunManifest, _ data: URL, _ classNames: [String]) throws {
    (self.data, self.classNames) = (data, classNames)
    let list = beginning.photos.entries
    let hasTest = list.contains { $0.split == .test }
    var roots: [SplitName: URL] = [:]
    for split in SplitName.allCases {
      let folder = Self.folder(of: split, beginning.description, choosesApart: hasTest)
      roots[split] = try DataFolder.root(of: folder, in: data)
    }
    let found = list.map { entry in
      let photo = LabeledPhoto(path: entry.path, classIndex: 0)
      let path = PhotoFolder.path(of: photo, below: roots[entry.split] ?? data)
      return (entry: entry, path: path, change: Self.change(of: entry, at: path))
    }
    self.roots = roots
    entries = found
    moved = Self.moved(found.filter { $0.change != nil }.map(\.entry), in: data)
  }

  /// The photos of a split that are there, in the order of the list.
  func photos(of split: SplitName) throws -> Found {
    var photos: [LabeledPhoto] = []
    var changes: [String] = []
    var classes: Set<String> = []
    for (entry, path, change) in entries where entry.split == split {
      guard let index = classNames.firstIndex(of: entry.className) else {
        throw WhiskerError(
          .classMismatch, data.path,
          expected: "the classes \(classNames.listed())",
          got: "a photo of \(entry.className.quoted) in the run's list"
        )
      }
      classes.insert(entry.className)
      let place = change == nil ? entry.path : entry.content.flatMap { moved[$0] }
      if let place {
        photos.append(LabeledPhoto(path: place, classIndex: index, weight: entry.weight))
      } else if let change {
        changes.append("\(path) \(change)")
      }
    }
    let root = roots[split] ?? data
    return Found(
      folder: PhotoFolder(root: root, classNames: classNames, photos: photos, unreadable: []),
      changes: changes, classes: classes)
  }

  /// In which part of the data the photos of a split are: photos held back from training are among the training
  /// photos.
  ///
  /// - Parameter choosesApart: Whether a part has photos to choose on, and others to measure on.
  private static func folder(
    of split: SplitName, _ description: RunSettings, choosesApart: Bool
  ) -> SplitName {
    if case .fold = description.part { return .train }
    if description.validationSplit != nil { return .train }
    let isHeldBack = split == .validation && choosesApart
    return split == .train || isHeldBack ? .train : .validation
  }

  /// What is different about a photo; nil if it is what it was, or can't be read now as before.
  private static func change(of entry: PhotoFingerprint.Entry, at path: String) -> String? {
    guard let size = PhotoFingerprint.size(of: path) else { return entry.size == nil ? nil : "is gone" }
    guard size == entry.size else { return "has \(size) bytes, had \(entry.size ?? 0)" }
    if let content = entry.content, content != PhotoContent(of: path) { return "holds another photo" }
    return nil
  }

  /// Where photos are now; only files of their sizes are read.
  private static func moved(_ entries: [PhotoFingerprint.Entry], in data: URL) -> [PhotoContent: String] {
    let wanted = Set(entries.compactMap(\.content))
    guard !wanted.isEmpty else { return [:] }
    let sizes = Set(entries.compactMap(\.size))
    var places: [PhotoContent: String] = [:]
    for path in DataFolder.photoFiles(in: data) {
      guard let size = PhotoFingerprint.size(of: path), sizes.contains(size),
        let content = PhotoContent(of: path), wanted.contains(content), places[content] == nil
      else { continue }
      places[content] = path
    }
    return places
  }
}
