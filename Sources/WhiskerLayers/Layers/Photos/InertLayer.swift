public import WhiskerGraph
public import WhiskerTensors

/// A layer that Keras has for training alone and that does nothing here, so that a file with it can be read and written.
///
/// In inference that is what it does in Keras too. In training its effect is missing: what changes photos at random is the
/// recipe's part. It keeps its settings as they are.
public struct InertLayer<Kind: InertKind>: Layer {
  public static var className: String { Kind.className }
  public static var defaultName: String { Kind.className.snakeCase }
  public static var standard: InertLayer { InertLayer() }
  public static var settings: [LayerSetting<InertLayer>] {
    Kind.defaults.sorted { $0.key < $1.key }.map { key, standard in
      LayerSetting(key, { $0.values[key] ?? standard }, { $0.values[key] = $1 == standard ? nil : $1 }) { _ in
        nil
      }
    }
  }

  /// The layer's own name.
  public var name: String?
  /// Settings that a file has, by name.
  public private(set) var values: [String: SettingValue] = [:]

  /// With the settings that Keras's layer has by default.
  public init(name: String? = nil) { self.name = name }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) -> Value { input }
}

/// A class of layers that do nothing here.
public protocol InertKind: Sendable {
  /// Keras's name of the class.
  static var className: String { get }
  /// The settings that the class has, with Keras's defaults.
  static var defaults: [String: SettingValue] { get }
}

/// A setting that is only kept.
public enum SettingValue: Hashable, Sendable {
  /// None.
  case null
  /// Yes or no.
  case boolean(Bool)
  /// A number.
  case number(Double)
  /// A name.
  case text(String)
  /// Several of these.
  case list([SettingValue])
}

extension SettingValue: Codable, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral,
  ExpressibleByNilLiteral, ExpressibleByBooleanLiteral
{
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A name.
  public init(stringLiteral value: String) { self = .text(value) }
  /// Several values.
  public init(arrayLiteral elements: SettingValue...) { self = .list(elements) }
  /// None.
  public init(nilLiteral: ()) { self = .null }
  /// Yes or no.
  public init(booleanLiteral value: Bool) { self = .boolean(value) }

  /// Reads a value of any of these kinds.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode([SettingValue].self) {
      self = .list(value)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  /// Writes the value.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .boolean(let value): try container.encode(value)
    case .number(let value):
      // Whole numbers as such: Keras takes some for counts.
      if let whole = Int(exactly: value) { try container.encode(whole) } else { try container.encode(value) }
    case .text(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    }
  }
}
