public import WhiskerLayers
import Yams

/// One entry of a recipe's network.
public enum RecipeLayer: Sendable {
  /// A layer as it is.
  case layer(any Layer)
  /// The last layer, made when the number of classes is known.
  case output
  /// Layers with a shortcut around them.
  case block(RecipeBlock)
  /// Pooling that consists of several layers.
  case blurPooling(BlurPooling2D)

  /// The layers for a number of classes, one after another; nil for a block.
  package func layers(classes: Int) -> [any Layer]? {
    switch self {
    case .layer(let layer): [layer]
    case .output: [RecipeLayer.output(classes: classes)]
    case .blurPooling(let pooling): pooling.layers
    case .block: nil
    }
  }

  /// The last layer for a number of classes.
  static func output(classes: Int) -> any Layer {
    classes == 2 ? Dense(1, activation: .sigmoid) : Dense(classes, activation: .softmax)
  }

  /// Whether it has branches.
  var isBlock: Bool { if case .block = self { true } else { false } }

  /// The layers that it stands for, as they are in the recipe; none for the last.
  package var allLayers: [any Layer] {
    switch self {
    case .layer(let layer): [layer]
    case .output: []
    case .blurPooling(let pooling): pooling.layers
    case .block(let block): block.allLayers
    }
  }
}

extension RecipeLayer: Codable {
  static let outputName = "Output"
  static let blockName = "Block"

  /// Reads `MaxPooling2D`, or `Conv2D: {filters: 32, kernel_size: 3}`.
  public init(from decoder: any Decoder) throws {
    if let name = try? decoder.singleValueContainer().decode(String.self) {
      self = try RecipeLayer.named(name, codingPath: decoder.codingPath) { type in
        do {
          return try YAMLDecoder().decode(type, from: "{}")
        } catch DecodingError.keyNotFound(let key, let context) {
          throw DecodingError.keyNotFound(
            key,
            .init(
              codingPath: decoder.codingPath + [LayerKey(stringValue: name)],
              debugDescription: context.debugDescription))
        }
      }
      return
    }
    let container = try decoder.container(keyedBy: LayerKey.self)
    guard let key = container.allKeys.first, container.allKeys.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription:
            "expected one layer, such as \"Dense: {units: 512}\", got \(container.allKeys.count)"))
    }
    guard key.stringValue != RecipeLayer.outputName else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "expected \"Output\" alone, as the classes decide its settings, got settings"))
    }
    guard key.stringValue != RecipeLayer.blockName else {
      self = .block(try container.decode(RecipeBlock.self, forKey: key))
      return
    }
    guard key.stringValue != BlurPooling2D.className else {
      self = .blurPooling(try container.decode(BlurPooling2D.self, forKey: key))
      return
    }
    self = try RecipeLayer.named(key.stringValue, codingPath: decoder.codingPath) { type in
      try type.init(from: container.superDecoder(forKey: key))
    }
  }

  private static func named(
    _ name: String, codingPath: [any CodingKey], _ decode: (any Layer.Type) throws -> any Layer
  ) throws -> RecipeLayer {
    if name == outputName { return .output }
    if name == BlurPooling2D.className { return .blurPooling(BlurPooling2D()) }
    guard let type = AnyLayer.type(named: name), !AnyLayer.isInert(name) else {
      let expected = AnyLayer.expected(
        insteadOf: name, others: [blockName, BlurPooling2D.className, outputName])
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: codingPath,
          debugDescription: "expected \(expected), got \"\(name)\""))
    }
    return .layer(try decode(type))
  }

  /// Writes a layer under its class name.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .output:
      var container = encoder.singleValueContainer()
      try container.encode(RecipeLayer.outputName)
    case .block(let block):
      var container = encoder.container(keyedBy: LayerKey.self)
      try container.encode(block, forKey: LayerKey(stringValue: RecipeLayer.blockName))
    case .blurPooling(let pooling):
      var container = encoder.container(keyedBy: LayerKey.self)
      try container.encode(pooling, forKey: LayerKey(stringValue: BlurPooling2D.className))
    case .layer(let layer):
      var container = encoder.container(keyedBy: LayerKey.self)
      try container.encode(AnyEncodable(layer), forKey: LayerKey(stringValue: type(of: layer).className))
    }
  }
}

/// A class name as a key.
private struct LayerKey: CodingKey {
  let stringValue: String
  let intValue: Int? = nil

  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// Lets a layer of any type be written where a type is wanted.
private struct AnyEncodable: Encodable {
  private let layer: any Layer

  init(_ layer: any Layer) { self.layer = layer }

  func encode(to encoder: any Encoder) throws { try layer.encode(to: encoder) }
}
