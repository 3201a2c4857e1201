public import Foundation
public import WhiskerDatasets
public import WhiskerSystem

/// The photos by which models are averaged (``ModelSoup``): to choose by, and to find statistics on.
public struct SoupPhotos: Sendable {
  /// Photos that none of the models was trained on.
  public let validation: PhotoFolder
  /// Photos that they were trained on.
  public let train: PhotoFolder

  /// Finds the photos for some models.
  ///
  /// Validation photos are those of the data, or where it has none those that the models were validated on; in both cases
  /// without those that any of them was trained on. The test photos are never looked at.
  ///
  /// - Parameters:
  ///   - data: A folder or a CSV file; nil for the data of the first of the models that is a run's.
  ///   - list: Where the models come from.
  ///   - models: The models.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingPhotos` if no run says where its photos are, or they are gone;
  ///   `noValidationPhotos`; `classMismatch`; those of ``WhiskerDatasets/DataFolder``.
  public init(of list: ModelList, _ models: [SavedModel], in data: URL?) throws(WhiskerError) {
    let data = if let data { data } else { try Self.data(of: list) }
    let folder = try DataFolder(forTraining: data)
    for model in models { try model.checkClasses(of: folder.train) }
    let known = ModelPhotos(joining: models.compactMap(\.knownPhotos))
    func role(_ photos: PhotoFolder, _ wanted: (ModelPhotos.Role) -> Bool) -> PhotoFolder {
      guard let known else { return photos }
      let kept = zip(photos.photos, known.roles(in: photos)).filter { wanted($0.1) }
      return photos.taking(kept.map(\.0), withRest: false)
    }
    let found: PhotoFolder?
    if let validation = folder.validation {
      found = role(validation) { $0 != .trained }
      train = folder.train
    } else if known != nil {
      found = role(folder.train) { $0 == .validation }
      train = role(folder.train) { $0 != .validation }
    } else {
      (found, train) = (nil, folder.train)
    }
    guard let found, !found.photos.isEmpty else {
      let others = folder.validation.map { "\($0.photos.count) that some were trained on" }
      throw WhiskerError(
        .noValidationPhotos, data.path, expected: "validation photos that none of the models was trained on",
        got: others ?? (known == nil ? "none" : "none among the \(folder.train.photos.count) photos"))
    }
    validation = found
  }

  private static func data(of list: ModelList) throws(WhiskerError) -> URL {
    guard let run = list.entries.lazy.compactMap(\.run).first else {
      throw WhiskerError(
        .missingPhotos, list.entries.first?.path ?? "models",
        "no run of these models says where its photos are")
    }
    return try RunLog(folder: run).data(ofRun: run)
  }
}
