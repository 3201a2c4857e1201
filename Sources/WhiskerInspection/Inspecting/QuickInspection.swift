import Foundation
public import WhiskerDatasets
import WhiskerSystem

/// The part of an inspection that costs next to nothing: numbers of photos, and files with the same bytes in
/// train and in validation or test.
///
/// No photo is decoded; for most files only the size is read.
public struct QuickInspection: Hashable, Sendable {
  /// What was found.
  public let warnings: [DataWarning]

  /// Inspects the photos that a network will be trained on.
  public init(_ folder: DataFolder) {
    let classes = zip(folder.train.classNames, folder.train.countsByClass).map(ClassCount.init)
    let others = [
      (SplitName.validation, folder.validation), (.validation, folder.measured), (.test, folder.test),
    ]
    warnings =
      DataWarning.classes(of: folder) + DataWarning.placeholders(in: folder)
      + DataWarning.balance(of: classes, in: .train)
      + others.compactMap { split, photos in
        photos.flatMap { Self.sharedPhotos(folder.train, $0, split) }
      } + (folder.passedOver.isEmpty ? [] : [.passedOver(folder.passedOver)])
  }

  private static func sharedPhotos(
    _ train: PhotoFolder, _ other: PhotoFolder, _ split: SplitName
  ) -> DataWarning? {
    let learned = train.photos.count
    let groups = ExactDuplicates.groups(
      of: train.photos.map { train.url(of: $0).path } + other.photos.map { other.url(of: $0).path })
    let shared = groups.filter { group in
      group.contains { $0 < learned } && group.contains { $0 >= learned }
    }
    // Training photos come first in a group, which is in order.
    guard let first = shared.first, let seen = first.first(where: { $0 >= learned }) else { return nil }
    return .sharedPhotos(
      count: shared.reduce(0) { $0 + $1.filter { $0 >= learned }.count },
      train: train.root.lastPathComponent.appendingPath(train.photos[first[0]].path),
      other: other.root.lastPathComponent.appendingPath(other.photos[seen - learned].path), split: split)
  }
}
