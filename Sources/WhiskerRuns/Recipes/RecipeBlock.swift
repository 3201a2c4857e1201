public import WhiskerLayers
import WhiskerSystem

/// Layers with a shortcut around them, once or several times one after another: what networks with branches are made of.
///
/// ```yaml
/// - Block:
///     name: stage2
///     layers:
///       - SeparableConv2D: {filters: 64, kernel_size: 3, padding: same}
///       - BatchNormalization
///     shortcut: [{Conv2D: {filters: 64, kernel_size: 1}}]   # identity by default, or none
///     merge: Add                                            # what joins both
///     then: [ReLU]                                          # after that
/// ```
public struct RecipeBlock: Sendable {
  /// What goes around the layers.
  public enum Shortcut: Sendable {
    /// Nothing: the layers are a plain chain.
    case none
    /// The block's input as it is (He et al., "Deep residual learning for image recognition", 2016).
    case identity
    /// Other layers, for the same input.
    case layers([RecipeLayer])
  }

  /// What the names of its layers begin with; nil for `block`, with a number from the second on.
  public var name: String?
  /// How often the block comes, at least 1.
  public var repetitions: Int
  /// The layers of the main branch.
  public var layers: [RecipeLayer]
  /// What goes around them.
  public var shortcut: Shortcut
  /// What joins both; for a shortcut.
  public var merging: any MergingLayer
  /// The layers after that.
  public var following: [RecipeLayer]

  /// A residual block, unless said otherwise.
  public init(
    name: String? = nil, repetitions: Int = 1, layers: [RecipeLayer], shortcut: Shortcut = .identity,
    merging: any MergingLayer = Add(), following: [RecipeLayer] = []
  ) {
    self.name = name
    self.repetitions = repetitions
    self.layers = layers
    self.shortcut = shortcut
    self.merging = merging
    self.following = following
  }

  /// All layers in it, of the blocks within it too, each once.
  var allLayers: [any Layer] {
    var entries = layers + following
    if case .layers(let others) = shortcut { entries += others }
    return entries.flatMap(\.allLayers)
  }
}

extension RecipeBlock: Codable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case name
    case repetitions = "repeat"
    case layers, shortcut
    case merging = "merge"
    case following = "then"
  }

  private static let (identity, none) = ("identity", "none")

  /// Reads the settings.
  public init(from decoder: any Decoder) throws {
    try refuseUnknownKeys(decoder, CodingKeys.self)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func inner(_ key: CodingKeys, isRequired: Bool) throws -> [RecipeLayer] {
      let layers =
        isRequired
        ? try container.decode([RecipeLayer].self, forKey: key)
        : try container.decodeIfPresent([RecipeLayer].self, forKey: key) ?? []
      guard !isRequired || !layers.isEmpty else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container, debugDescription: "expected at least one layer, got none")
      }
      guard !layers.contains(where: { if case .output = $0 { true } else { false } }) else {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: container,
          debugDescription: "expected \"Output\" at the end of the network, got it here")
      }
      return layers
    }
    name = try container.decodeIfPresent(String.self, forKey: .name)
    repetitions = try container.decodeIfPresent(Int.self, forKey: .repetitions) ?? 1
    guard 1...1000 ~= repetitions else {
      throw DecodingError.dataCorruptedError(
        forKey: .repetitions, in: container, debugDescription: "expected 1 to 1000, got \(repetitions)")
    }
    layers = try inner(.layers, isRequired: true)
    following = try inner(.following, isRequired: false)
    if let word = try? container.decodeIfPresent(String.self, forKey: .shortcut) {
      guard word == Self.identity || word == Self.none else {
        throw DecodingError.dataCorruptedError(
          forKey: .shortcut, in: container,
          debugDescription: "expected \(Self.identity), \(Self.none) or a list of layers, got \"\(word)\"")
      }
      shortcut = word == Self.identity ? .identity : .none
    } else if container.contains(.shortcut) {
      shortcut = .layers(try inner(.shortcut, isRequired: true))
    } else {
      shortcut = .identity
    }
    merging = Add()
    if let entry = try container.decodeIfPresent(RecipeLayer.self, forKey: .merging) {
      guard case .layer(let layer) = entry, let layer = layer as? any MergingLayer else {
        throw DecodingError.dataCorruptedError(
          forKey: .merging, in: container,
          debugDescription: "expected a layer that joins several, such as Add, Multiply or Concatenate")
      }
      merging = layer
    }
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encodeIfPresent(name, forKey: .name)
    if repetitions != 1 { try container.encode(repetitions, forKey: .repetitions) }
    try container.encode(layers, forKey: .layers)
    switch shortcut {
    case .none: try container.encode(Self.none, forKey: .shortcut)
    case .identity: break
    case .layers(let layers): try container.encode(layers, forKey: .shortcut)
    }
    if !(merging is Add) { try container.encode(RecipeLayer.layer(merging), forKey: .merging) }
    if !following.isEmpty { try container.encode(following, forKey: .following) }
  }
}
