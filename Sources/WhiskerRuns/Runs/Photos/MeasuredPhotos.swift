public import Foundation
public import WhiskerDatasets
public import WhiskerTraining

/// Photos that a model was measured on, and the results.
public struct MeasuredPhotos: Sendable {
  /// The figures; its samples are ``photos``, in order.
  public let evaluation: Evaluation
  /// The figures of each of several models whose average was measured, in their order; none of a single one.
  public let members: [Evaluation]
  /// The photos that could be read.
  public let photos: [LabeledPhoto]
  /// The photos that were skipped.
  public let unreadable: [UnreadablePhoto]
  /// All of them as they were found.
  public let folder: PhotoFolder

  init(_ folder: PhotoFolder, _ pass: PhotoPass, _ evaluation: Evaluation, members: [Evaluation]) {
    self.folder = folder
    self.evaluation = evaluation
    self.members = members
    (photos, unreadable) = pass.outcome
  }

  /// Everything in the folder that wasn't measured, counted.
  public var skipped: SkippedFiles { folder.skipped.adding(unreadable) }

  /// The names of the classes in the order of their labels.
  public var classNames: [String] { folder.classNames }

  /// The file of a sample.
  public func url(of sample: Int) -> URL { folder.url(of: photos[sample]) }

  /// `Found 2000 images belonging to 2 classes.`, and how many were skipped.
  public var foundDescription: String {
    PhotoDataset.foundDescription(photos.count, unreadable: unreadable.count, classes: classNames.count)
  }
}
