public import WhiskerSystem

extension PhotoFolder {
  /// Divides the photos as Keras's `validation_split` does: in each class the first ⌊share · n⌋ of its n photos
  /// are for validation.
  ///
  /// - Parameter share: Above 0 and below 1.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `invalidSetting`; `tooFewForValidation` if a class has too few for one to be
  ///   held back.
  public func split(validation share: Double) throws(WhiskerError) -> (
    train: PhotoFolder, validation: PhotoFolder
  ) {
    guard share > 0 && share < 1 else {
      throw WhiskerError(
        .invalidSetting, "validation split", expected: "a share above 0 and below 1", got: "\(share)")
    }
    let counts = countsByClass
    let shares = counts.map { Int(share * Double($0)) }
    for (label, name) in classNames.enumerated() where shares[label] == 0 {
      throw WhiskerError(
        .tooFewForValidation, root.path,
        "the class \(name.quoted) has too few photos for a validation split of \(share): \(counts[label])")
    }
    var seen = Array(repeating: 0, count: classNames.count)
    var parts = (train: [LabeledPhoto](), validation: [LabeledPhoto]())
    for photo in photos {
      if seen[photo.classIndex] < shares[photo.classIndex] {
        parts.validation.append(photo)
      } else {
        parts.train.append(photo)
      }
      seen[photo.classIndex] += 1
    }
    return (
      taking(parts.train, withRest: true), taking(parts.validation, withRest: false)
    )
  }
}
