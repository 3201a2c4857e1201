public import WhiskerDatasets
public import WhiskerLayers
import WhiskerSystem

/// One of a recipe's `stages`: what changes at some point of the training, and stays so until another stage changes it.
///
/// ```yaml
/// stages:
///   - {image_size: 96, dropout_factor: 0.5}     # from the beginning
///   - {after_share: 0.3, image_size: 128}       # after three tenths of the epochs; or after_epochs: 120
///   - {after_share: 0.9, image_size: 160, dropout_factor: 1, augmentation: {horizontal_flip: true}}
/// ```
/// `augmentation: none` switches it off.
public struct RecipeStage: Hashable, Sendable {
  /// How much of the training comes before: epochs, or a share.
  public var start: TrainingSpan
  /// The size of training photos; nil leaves it.
  ///
  /// The recipe's `image` is the size that the model is for. Validation photos are to it as these are to the training photos
  /// of the last stage.
  public var size: Size2D?
  /// How photos are augmented.
  public var augmentation: Change
  /// What the rates of layers that drop something are multiplied by; nil leaves it.
  public var dropoutFactor: Float?

  /// What becomes of the augmentation.
  public enum Change: Hashable, Sendable {
    /// It stays.
    case unchanged
    /// Another takes its place; nil for none.
    case to(Augmentation?)
  }

  /// A stage that changes nothing but what is given.
  public init(
    after start: TrainingSpan = .epochs(0), size: Size2D? = nil,
    augmentation: Change = .unchanged, dropoutFactor: Float? = nil
  ) {
    self.start = start
    self.augmentation = augmentation
    self.dropoutFactor = dropoutFactor
    self.size = size
  }
}

extension RecipeStage: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case afterEpochs = "after_epochs"
    case afterShare = "after_share"
    case size = "image_size"
    case augmentation
    case dropoutFactor = "dropout_factor"
  }

  private static let none = "none"

  /// Reads the settings.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    if let share = try container.decodeIfPresent(Double.self, forKey: .afterShare) {
      guard !container.contains(.afterEpochs) else {
        throw DecodingError.dataCorruptedError(
          forKey: .afterShare, in: container,
          debugDescription: "expected after_epochs or after_share, got both")
      }
      start = .share(share)
    } else {
      start = .epochs(Double(try container.decodeIfPresent(Int.self, forKey: .afterEpochs) ?? 0))
    }
    if let sides = try? container.decodeIfPresent([Int].self, forKey: .size), sides.count != 2 {
      throw DecodingError.dataCorruptedError(
        forKey: .size, in: container,
        debugDescription: "expected a number, or height and width as [96, 128], got \(sides)")
    }
    size = try container.decodeIfPresent(Size2D.self, forKey: .size)
    if let word = try? container.decodeIfPresent(String.self, forKey: .augmentation) {
      guard word == Self.none else {
        throw DecodingError.dataCorruptedError(
          forKey: .augmentation, in: container, debugDescription: "expected settings or none, got \"\(word)\""
        )
      }
      augmentation = .to(nil)
    } else if container.contains(.augmentation) {
      augmentation = .to(try container.decode(Augmentation.self, forKey: .augmentation))
    }
    dropoutFactor = try container.decodeIfPresent(Float.self, forKey: .dropoutFactor)
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch start {
    case .share(let share): try container.encode(share, forKey: .afterShare)
    case .epochs(let epochs): if epochs != 0 { try container.encode(Int(epochs), forKey: .afterEpochs) }
    case .steps: break
    }
    try container.encodeIfPresent(size, forKey: .size)
    switch augmentation {
    case .unchanged: break
    case .to(nil): try container.encode(Self.none, forKey: .augmentation)
    case .to(let augmentation?): try container.encode(augmentation, forKey: .augmentation)
    }
    try container.encodeIfPresent(dropoutFactor, forKey: .dropoutFactor)
  }
}
