package import Foundation
package import WhiskerDatasets

/// The photos of a run, found again: those that it knows, and no others that lie among them now.
package struct RunPhotos {
  /// The photos; what can't be read isn't told apart yet.
  package let folders: DataFolder
  /// What is different about the training photos, in words: `train/cats/1.jpg is gone`.
  package let lost: [String]

  /// Finds the photos of a run where they are now.
  ///
  /// - Parameters:
  ///   - run: The run's folder.
  ///   - data: What it was trained on, or where that lies now.
  ///   - classNames: The classes in the order of their labels.
  /// - Returns: nil if the run doesn't say which photos it has.
  /// - Throws: ``TrainingError`` with `dataChanged` if photos that the run is measured on are gone or aren't what they
  ///   were, naming them; `classMismatch`.
  package init?(of run: URL, in data: URL, classNames: [String]) throws {
    let checkpoints = run.appendingPathComponent(RunFolder.FileName.checkpoint)
    guard let beginning = RunBeginning(in: checkpoints) else { return nil }
    let search = Search(beginning, data, classNames)
    let (train, validation, measured) = (
      try search.photos(of: .train), try search.photos(of: .validation), try search.photos(of: .test)
    )
    let changes = validation.changes + measured.changes
    let isMeasuredOnTrain = validation.folder.photos.isEmpty && validation.changes.isEmpty
    let refused = isMeasuredOnTrain ? train.changes : changes
    guard refused.isEmpty else {
      throw TrainingError(
        .dataChanged, data.path,
        "expected the photos that the run was measured on, got others: put them back, or train again"
          + ResumePoint.listed(refused))
    }
    lost = train.changes
    folders = DataFolder(
      train: train.folder, validation: isMeasuredOnTrain ? nil : validation.folder,
      test: DataFolder.test(of: data, expecting: classNames),
      measured: measured.folder.photos.isEmpty ? nil : measured.folder)
  }

  private struct Search {
    let entries: [PhotoFingerprint.Entry]
    let data: URL
    let classNames: [String]
    let description: RunDescription

    init(_ beginning: RunBeginning, _ data: URL, _ classNames: [String]) {
      entries = beginning.photos.entries
      description = beginning.description
      (self.data, self.classNames) = (data, classNames)
    }

    /// The photos of a split that are what they were, and what is different about the others.
    func photos(of split: SplitName) throws -> (folder: PhotoFolder, changes: [String]) {
      let root = DataFolder.root(of: folder(of: split), in: data)
      var photos: [LabeledPhoto] = []
      var changes: [String] = []
      for entry in entries where entry.split == split {
        guard let index = classNames.firstIndex(of: entry.className) else {
          throw TrainingError(
            .classMismatch, data.path,
            "expected the classes \(classNames.listed()), got a photo of \(entry.className.quoted) in the run's list"
          )
        }
        let photo = LabeledPhoto(path: entry.path, classIndex: index, weight: entry.weight)
        let path = PhotoFolder.path(of: photo, below: root)
        if let change = change(of: entry, at: path) {
          changes.append("\(path) \(change)")
        } else {
          photos.append(photo)
        }
      }
      return (PhotoFolder(root: root, classNames: classNames, photos: photos, unreadable: []), changes)
    }

    /// In which part of the data the photos of a split lie: what is held back of the training photos lies among them.
    private func folder(of split: SplitName) -> SplitName {
      if case .fold = description.part { return .train }
      if description.validationSplit != nil { return .train }
      let isHeldBack = split == .validation && entries.contains { $0.split == .test }
      return split == .train || isHeldBack ? .train : .validation
    }

    private func change(of entry: PhotoFingerprint.Entry, at path: String) -> String? {
      guard let size = PhotoFingerprint.size(of: path) else { return entry.size == nil ? nil : "is gone" }
      guard size == entry.size else { return "has \(size) bytes, had \(entry.size ?? 0)" }
      if let content = entry.content, content != PhotoContent(of: path) { return "holds another photo" }
      return nil
    }
  }
}
