public import WhiskerSystem

extension PhotoFolder {
  /// Divides the photos as Keras's `validation_split` does: in each class the first ⌊share · n⌋ of its n photos
  /// are for validation.
  ///
  /// Photos that belong together stay together (``PhotoGroups``).
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
    let parts = photos.map { photo in
      seen[photo.classIndex] += 1
      return seen[photo.classIndex] <= shares[photo.classIndex] ? 1 : 0
    }
    let whole = try keepingGroups(parts, count: 2, "for validation")
    return (
      taking(photos.indices.filter { whole[$0] == 0 }, withRest: true),
      taking(photos.indices.filter { whole[$0] == 1 }, withRest: false)
    )
  }

  /// A division of the photos into parts, with all photos of a group in one.
  ///
  /// - Parameters:
  ///   - parts: The part of each photo; each part has photos of every class.
  ///   - count: How many parts there are.
  ///   - purpose: What the parts are for, in an error's words.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `groupsTooLarge` if a part would have no photo of a class.
  func keepingGroups(
    _ parts: [Int], count: Int, _ purpose: String
  ) throws(WhiskerError) -> [Int] {
    var whole = WholeGroups(parts: parts, groups: photos.map(\.group))
    guard !whole.divided.isEmpty else { return parts }
    whole.join(count: count, classes: photos.map(\.classIndex))
    var isThere = [Bool](repeating: false, count: count * classNames.count)
    for (place, part) in whole.parts.enumerated() {
      if let part { isThere[part * classNames.count + photos[place].classIndex] = true }
    }
    if let missing = isThere.firstIndex(of: false) {
      let name = classNames[missing % classNames.count]
      throw WhiskerError(
        .groupsTooLarge, root.path,
        "too many photos of the class \(name.quoted) belong together to divide them \(purpose): "
          + "all photos of a group stay on one side")
    }
    return whole.parts.map { $0 ?? 0 }
  }

  /// The same photos, those of a group with its number.
  package func joining(_ groups: PhotoGroups) -> PhotoFolder {
    let numbers = groups.numbers(of: photos.map(\.path))
    return taking(
      zip(photos, numbers).map { photo, group in
        LabeledPhoto(
          path: photo.path, classIndex: photo.classIndex, weight: photo.weight, line: photo.line, group: group
        )
      }, withRest: true)
  }
}
