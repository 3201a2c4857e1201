import WhiskerSystem

/// What to report about a folder's photos that can't be read.
extension PhotoFolder {
  func strictError(_ unreadable: [UnreadablePhoto]) -> WhiskerError {
    WhiskerError(
      .unreadablePhotos, root.path,
      "\(unreadable.count.counted("photo")) can't be read: \(unreadable.described)")
  }

  /// Checks that of each class that has photos one can be read.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `emptyClass`.
  func checkClasses(
    among photos: [LabeledPhoto], _ unreadable: [UnreadablePhoto]
  ) throws(WhiskerError) {
    let labels = Set(photos.map(\.classIndex))
    let expected = Set(self.photos.map(\.classIndex))
    guard let empty = expected.subtracting(labels).min() ?? (photos.isEmpty ? classNames.indices.first : nil)
    else { return }
    let example = self.photos.first { $0.classIndex == empty }?.path
    let reason =
      unreadable.first { $0.path == example }.map { ", such as \($0.path.quoted): \($0.explanation)" } ?? ""
    throw WhiskerError(
      .emptyClass, root.path, "no photo of the class \(classNames[empty].quoted) can be read\(reason)")
  }
}
