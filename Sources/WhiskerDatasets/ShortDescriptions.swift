public import WhiskerSystem

extension Batch: ShortDescription {
  /// The shapes and labels, and which samples these are, of many the first and last three.
  public var description: String {
    let weights = weights.map { ", weights: \($0.values.excerpt)" } ?? ""
    return "Batch(images: \(images.shape), labels: \(labels)\(weights), indices: \(indices.excerpt))"
  }
}

extension ArrayDataset: ShortDescription {
  /// The shapes.
  public var description: String {
    "ArrayDataset(images: \(images.shape), labels: \(labels.shape), batchSize: \(batchSize))"
  }
}

extension PhotoDataset: ShortDescription {
  /// How many photos and classes there are, and how a photo is prepared.
  public var description: String {
    "PhotoDataset(\(count) photos \(sampleShape), \(unreadable.count) unreadable, classes: \(classNames.excerpt), "
      + "batchSize: \(batchSize))"
  }
}

extension PhotoFolder: ShortDescription {
  /// Where it is, and how many photos and classes there are.
  public var description: String {
    "PhotoFolder(\(root.path), \(photos.count) photos, \(unreadable.count) unreadable, "
      + "classes: \(classNames.excerpt))"
  }
}

extension PhotoList: ShortDescription {
  /// How many photos there are, and the first and last three.
  public var description: String {
    "PhotoList(\(paths.count) photos, \(unreadable.count) unreadable, paths: \(paths.excerpt))"
  }
}

extension PhotoTable: ShortDescription {
  /// Where it is, and the classes.
  public var description: String { "PhotoTable(\(url.path), classes: \(classNames.excerpt))" }
}

extension PhotoPass: ShortDescription {
  /// The photos, and how one is prepared.
  public var description: String { "PhotoPass(\(folder), \(preparation.sampleShape))" }
}
