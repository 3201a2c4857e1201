public import WhiskerSystem

extension PhotoPrediction: ShortDescription {
  /// The likeliest class, and the probabilities, of many the first and last three.
  public var description: String {
    "PhotoPrediction(file: \(file), label: \(label), probability: \(probability), "
      + "probabilities: \(probabilities.excerpt))"
  }
}

extension SavedModel: ShortDescription {
  /// The network, the classes, and how photos become its inputs.
  public var description: String {
    let network = (try? model.network()).map { "\($0)" } ?? "layers that don't fit each other"
    return
      "SavedModel(\(network), classes: \(classNames.excerpt), \(preparation.height) × \(preparation.width) × "
      + "\(preparation.channels) photos)"
  }
}

extension MeasuredPhotos: ShortDescription {
  /// The figures, and how many photos there are.
  public var description: String {
    "MeasuredPhotos(\(evaluation), \(photos.count) photos, \(unreadable.count) unreadable)"
  }
}
