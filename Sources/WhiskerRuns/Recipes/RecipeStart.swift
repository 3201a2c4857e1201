import WhiskerSystem

/// The model file that a recipe's training starts from: `{model: best.keras, freeze: [block1*]}`.
public struct RecipeStart: Hashable, Sendable, Codable {
  /// The path of the file, of any format that Whisker reads.
  public var model: String
  /// The names of layers whose weights stay as they are, or patterns such as `block*`; empty for none.
  public var frozen: [String]

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case model
    case frozen = "freeze"
  }

  /// A file, with all of its layers trained unless others are named.
  public init(model: String, frozen: [String] = []) {
    self.model = model
    self.frozen = frozen
  }

  /// Reads the keys of a recipe file; unknown ones are refused.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    model = try container.decode(String.self, forKey: .model)
    frozen = try container.decodeIfPresent([String].self, forKey: .frozen) ?? []
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(model, forKey: .model)
    if !frozen.isEmpty { try container.encode(frozen, forKey: .frozen) }
  }
}
