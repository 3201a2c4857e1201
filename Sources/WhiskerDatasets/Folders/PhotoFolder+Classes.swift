import WhiskerSystem

/// Photos of some data with the classes of other data: of validation with those of training, of a test with a model's.
extension PhotoFolder {
  /// The same photos without the classes that have none, whose labels the others take.
  var withoutEmptyClasses: PhotoFolder {
    let empty = Set(emptyClasses)
    return empty.isEmpty ? self : labeled(as: classNames.filter { !empty.contains($0) }).known
  }

  /// The same photos with the labels of other classes.
  ///
  /// - Parameter names: The classes in the order of their labels.
  /// - Returns: The photos of these classes, and those that are of none of them.
  func labeled(as names: [String]) -> (known: PhotoFolder, strangers: [LabeledPhoto]) {
    let counts = countsByClass
    let used = classNames.indices.filter { counts[$0] > 0 }
    let match = ClassMatch(used.map { classNames[$0] }, to: names)
    let labels = Dictionary(zip(used, match.labels)) { first, _ in first }
    var (known, strangers): ([LabeledPhoto], [LabeledPhoto]) = ([], [])
    for photo in photos {
      if let label = labels[photo.classIndex] ?? nil {
        known.append(
          LabeledPhoto(
            path: photo.path, classIndex: label, weight: photo.weight, line: photo.line, group: photo.group))
      } else {
        strangers.append(photo)
      }
    }
    let folder = PhotoFolder(
      root: root, classNames: names, photos: known, unreadable: unreadable, passedOver: passedOver,
      skipped: skipped, respelled: match.respelled)
    return (folder, strangers)
  }

  /// The same folder with further files that can't be used.
  func naming(_ others: [UnreadablePhoto]) -> PhotoFolder {
    PhotoFolder(
      root: root, classNames: classNames, photos: photos, unreadable: (unreadable + others).inOrder,
      passedOver: passedOver, skipped: skipped, respelled: respelled)
  }

  /// The same folder with further files that aren't used.
  func skipping(_ others: SkippedFiles) -> PhotoFolder {
    var all = skipped
    all.add(others)
    return PhotoFolder(
      root: root, classNames: classNames, photos: photos, unreadable: unreadable, passedOver: passedOver,
      skipped: all, respelled: respelled)
  }
}
