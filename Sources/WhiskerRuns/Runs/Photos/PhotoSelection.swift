public import WhiskerDatasets

/// Photos to measure a model on: from a folder that its run split, the ones that were held back.
public struct PhotoSelection: Sendable {
  /// The photos to measure on.
  public let folder: PhotoFolder
  /// Whether the model says which photos it was made with, and each of several; if none does, the numbers below are 0.
  public let isKnown: Bool
  /// How many photos there were that the model was trained on.
  public let trainedOn: Int
  /// How many of them were left out: all or none.
  public let leftOut: Int
  /// How many of the photos to measure on are the model's validation photos.
  public let validation: Int
  /// What was chosen on the model's validation photos, if any of them are measured on.
  public let choices: [ModelPhotos.Choice]

  /// Selects photos for a model; a file is read for each if the model says which photos it was made with.
  ///
  /// Training photos are left out where validation photos are among them, as in a folder from which a share was
  /// held back; they stay where a class would have no others. Elsewhere, as in a test with some training
  /// photos, all are measured on, and the numbers say so.
  ///
  /// - Parameters:
  ///   - folder: The photos, with the model's classes.
  ///   - saved: The model.
  ///   - keepsAll: Whether photos that it was trained on stay in any case.
  public init(_ folder: PhotoFolder, for saved: SavedModel, keepsAll: Bool = false) {
    self.init(folder, for: [saved], keepsAll: keepsAll)
  }

  /// Selects photos for several models that are used as one: what any of them was trained on counts as trained on.
  public init(_ folder: PhotoFolder, for models: [SavedModel], keepsAll: Bool = false) {
    let all = models.compactMap(\.knownPhotos)
    isKnown = all.count == models.count
    guard let known = ModelPhotos(joining: all) else {
      self.folder = folder
      (trainedOn, leftOut, validation, choices) = (0, 0, 0, [])
      return
    }
    let roles = zip(folder.photos, known.roles(in: folder))
    let others = roles.filter { $0.1 != .trained }.map(\.0)
    let isEnough = Set(others.map(\.classIndex)) == Set(folder.photos.map(\.classIndex))
    trainedOn = folder.photos.count - others.count
    validation = roles.count { $0.1 == .validation }
    leftOut = validation > 0 && isEnough && !keepsAll ? trainedOn : 0
    choices = validation > 0 ? known.choices : []
    self.folder = leftOut > 0 ? folder.taking(others, withRest: true) : folder
  }
}
