public import WhiskerImages
public import WhiskerPretrained
public import WhiskerSystem

/// The network that a recipe's layers come after.
public enum RecipeBase: Hashable, Sendable {
  /// A published network, whose weights are fetched: `efficientnet-lite0`.
  case published(PretrainedNetwork)
  /// A model file: `EfficientNetV2B0.keras`.
  case file(BaseFile)

  /// A published network of this name, else the file at this path, which has a folder or an ending.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `unknownNetwork`, listing the names there are.
  public init(named text: String) throws(WhiskerError) {
    if let network = PretrainedNetwork(rawValue: text.lowercased()) {
      self = .published(network)
    } else if text.contains("/") || text.contains(".") {
      self = .file(BaseFile(text))
    } else {
      throw WhiskerError(
        .unknownNetwork, "base", expected: "\(Self.choices), or the path of a model file", got: text.quoted)
    }
  }

  private static let choices =
    "one of \(PretrainedNetwork.allCases.map(\.rawValue).joined(separator: ", "))"

  /// The published network; nil for a file.
  public var published: PretrainedNetwork? { if case .published(let network) = self { network } else { nil } }

  /// The file; nil for a published network.
  public var file: BaseFile? { if case .file(let file) = self { file } else { nil } }
}

/// A model file whose network others build on: `{model: EfficientNetV2B0.keras, preprocessing: bytes, layer: top_activation}`.
public struct BaseFile: Hashable, Sendable {
  /// The path of the file, of any format that Whisker reads.
  public var model: String
  /// How the network wants photos; nil for what the file or the network's name says.
  public var preprocessing: Preprocessing?
  /// How photos are resized; nil for what the file says, or bilinear.
  public var interpolation: Interpolation?
  /// The layer whose result is taken for the features; nil for what the classifier takes, or the last one's without it.
  public var layer: String?
  /// The result to read, of a model that gives several.
  public var output: String?

  /// A file that says the rest itself, unless it is stated.
  public init(
    _ model: String, preprocessing: Preprocessing? = nil, interpolation: Interpolation? = nil,
    layer: String? = nil, output: String? = nil
  ) {
    self.model = model
    self.preprocessing = preprocessing
    self.interpolation = interpolation
    self.layer = layer
    self.output = output
  }
}

extension RecipeBase: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case model, preprocessing, interpolation, layer, output
  }

  /// Reads a name, a path, or the settings of a file.
  public init(from decoder: any Decoder) throws {
    if let text = try? decoder.singleValueContainer().decode(String.self) {
      do {
        self = try RecipeBase(named: text)
      } catch {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: error.message))
      }
      return
    }
    guard (try? decoder.container(keyedBy: CodingKeys.self)) != nil else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "expected \(Self.choices), the path of a model file, or settings such as "
            + "{model: mine.keras}, got something else"))
    }
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self = .file(
      BaseFile(
        try container.decode(String.self, forKey: .model),
        preprocessing: try container.decodeIfPresent(Preprocessing.self, forKey: .preprocessing),
        interpolation: try container.decodeIfPresent(Interpolation.self, forKey: .interpolation),
        layer: try container.decodeIfPresent(String.self, forKey: .layer),
        output: try container.decodeIfPresent(String.self, forKey: .output)))
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .published(let network):
      try network.encode(to: encoder)
    case .file(let file):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(file.model, forKey: .model)
      try container.encodeIfPresent(file.preprocessing, forKey: .preprocessing)
      try container.encodeIfPresent(file.interpolation, forKey: .interpolation)
      try container.encodeIfPresent(file.layer, forKey: .layer)
      try container.encodeIfPresent(file.output, forKey: .output)
    }
  }
}
