import Foundation
public import WhiskerDatasets
import WhiskerFormats
public import WhiskerSystem

/// The photos that a model was made with, known by their contents: those that it was trained on, and those on
/// which something was chosen.
///
/// It is stored in the model file, so that an evaluation can tell which photos the model has seen, wherever
/// they are now and whatever they are called.
public struct ModelPhotos: Hashable, Sendable {
  /// What can be chosen on the validation photos, which makes the figures on them too good.
  public enum Choice: String, Hashable, Sendable, CaseIterable, Codable {
    /// The epoch whose weights the file has.
    case epoch
    /// When training ended.
    case earlyStopping = "early stopping"
    /// When the learning rate was lowered.
    case learningRate = "learning rate"
    /// How strongly large weights are penalised.
    case penalty
    /// Which models' weights were averaged.
    case models = "set of averaged models"
  }

  /// What a photo was to a model.
  public enum Role: Hashable, Sendable {
    /// It was trained on it.
    case trained
    /// It was validated on it.
    case validation
    /// Neither.
    case unseen
  }

  /// What was chosen on the validation photos, each once.
  public internal(set) var choices: [Choice]
  private let trained: Set<PhotoContent>
  private let validation: Set<PhotoContent>

  /// The photos of a run.
  ///
  /// - Parameter choices: What was chosen on the validation photos, if there are any.
  init(_ photos: PhotoFingerprint, choices: [Choice]) {
    func contents(_ split: SplitName) -> Set<PhotoContent> {
      Set(photos.entries.filter { $0.split == split }.compactMap(\.content))
    }
    trained = contents(.train)
    validation = contents(.validation)
    self.choices = validation.isEmpty ? [] : choices
  }

  /// The photos of several models that are used as one: those that any was trained on, those that any other was validated on,
  /// and what was chosen for any; nil of none.
  init?(joining all: [ModelPhotos]) {
    guard !all.isEmpty else { return nil }
    trained = all.reduce(into: []) { $0.formUnion($1.trained) }
    validation = all.reduce(into: []) { $0.formUnion($1.validation) }
    choices = Choice.allCases.filter { choice in all.contains { $0.choices.contains(choice) } }
  }

  /// What each photo of a folder was to the model; a file is read for each.
  ///
  /// A photo that is both in training and in validation counts as trained on. One that can't be read
  /// is unseen.
  public func roles(in folder: PhotoFolder) -> [Role] {
    PhotoContent.contents(of: folder).map { content in
      guard let content else { return .unseen }
      return trained.contains(content) ? .trained : validation.contains(content) ? .validation : .unseen
    }
  }

  /// The same with one more choice.
  func choosing(_ choice: Choice) -> ModelPhotos {
    var photos = self
    if !validation.isEmpty, !choices.contains(choice) { photos.choices.insert(choice, at: 0) }
    return photos
  }
}

extension ModelPhotos: Codable {
  private enum CodingKeys: String, CodingKey {
    case trained = "train"
    case validation, choices
  }

  /// Reads `{"choices": ["epoch"], "train": "…", "validation": "…"}`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func contents(_ key: CodingKeys) throws -> Set<PhotoContent> {
      let bytes = try container.decode(Data.self, forKey: key)
      guard bytes.count % PhotoContent.byteCount == 0 else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "expected \(PhotoContent.byteCount) bytes a photo")
      }
      return Set(
        stride(from: 0, to: bytes.count, by: PhotoContent.byteCount).map { start in
          PhotoContent(
            checksum: bytes[start..<start + PhotoContent.byteCount].reduce(0) { $0 << 8 | UInt64($1) })
        })
    }
    trained = try contents(.trained)
    validation = try contents(.validation)
    choices = try container.decode([Choice].self, forKey: .choices)
  }

  /// Writes the checksums in order, 6 bytes each, in Base64.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    func encode(_ contents: Set<PhotoContent>, _ key: CodingKeys) throws {
      let bytes = contents.map(\.checksum).sorted().flatMap { checksum in
        (0..<PhotoContent.byteCount).reversed().map { UInt8(truncatingIfNeeded: checksum >> UInt64(8 * $0)) }
      }
      try container.encode(Data(bytes), forKey: key)
    }
    try encode(trained, .trained)
    try encode(validation, .validation)
    try container.encode(choices, forKey: .choices)
  }
}

extension [ModelPhotos.Choice] {
  /// `The epoch and the penalty were chosen by the validation photos`, of one choice or more.
  package func sentence(by photos: String) -> String {
    let names = map { "the \($0.rawValue)" }.joined(separator: " and ")
    return "T\(names.dropFirst()) \(count == 1 ? "was" : "were") chosen by \(photos)"
  }
}

extension SavedModel {
  /// The same model as the best of a number of epochs on the validation photos.
  func chosenAmong(epochs: Int) -> SavedModel {
    guard epochs > 1 else { return self }
    var chosen = self
    chosen.knownPhotos = knownPhotos?.choosing(.epoch)
    return chosen
  }
}

extension Recipe {
  /// What is chosen on the validation photos while the model is trained in steps.
  var choicesInTraining: [ModelPhotos.Choice] {
    guard trainsInSteps else { return [] }
    let stopping = [training.earlyStopping] + phases.map(\.earlyStopping)
    let lowering = [training.reduceOnPlateau] + phases.map(\.reduceOnPlateau)
    let stops = stopping.contains { $0?.monitor.needsValidation == true }
    let lowers = lowering.contains { $0?.monitor.needsValidation == true }
    return (stops ? [.earlyStopping] : []) + (lowers ? [.learningRate] : [])
  }

  /// Everything that is chosen on the validation photos.
  ///
  /// - Parameter isPart: Whether the photos are a part of others, where a penalty isn't chosen.
  func choices(isPart: Bool) -> [ModelPhotos.Choice] {
    guard case .logisticRegression(let penalties)? = head?.method, penalties.count > 1, !isPart else {
      return choicesInTraining
    }
    return choicesInTraining + [.penalty]
  }
}

extension ModelPhotos: ShortDescription {
  /// How many photos the model was made with, and what was chosen by some of them.
  public var description: String {
    "ModelPhotos(\(trained.count) trained on, \(validation.count) validated on, "
      + "choices: \(choices.map(\.rawValue).excerpt))"
  }
}
