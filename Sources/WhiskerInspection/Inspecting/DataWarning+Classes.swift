public import WhiskerDatasets
import WhiskerSystem

extension DataWarning {
  /// What is odd about the classes of the photos to train on and to validate on: known before a photo is read.
  public static func classes(of folder: DataFolder) -> [DataWarning] {
    let similar = folder.train.classNames.differingOnlyInCase
    var warnings = similar.isEmpty ? [] : [DataWarning.similarClasses(similar)]
    for (split, photos) in [(SplitName.validation, folder.validation), (.test, folder.test)] {
      guard let photos else { continue }
      if !photos.respelled.isEmpty { warnings.append(.respelledClasses(split: split, photos.respelled)) }
      let empty = photos.emptyClasses
      if !empty.isEmpty { warnings.append(.emptyClasses(split: split, empty)) }
    }
    return warnings
  }

  /// Whether there are placeholders among the photos to train on and to validate on.
  static func placeholders(in folder: DataFolder) -> [DataWarning] {
    let found = [folder.train, folder.validation].compactMap(\.self).flatMap { photos in
      Placeholders.among(photos.photos.map { ($0.path, nil) }).map {
        photos.root.lastPathComponent.appendingPath($0)
      }
    }
    return found.isEmpty ? [] : [.placeholders(found)]
  }
}
