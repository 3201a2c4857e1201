/// JSON whose form isn't known beforehand.
enum JSONTree: Hashable, Codable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONTree].self) {
      self = .list(value)
    } else {
      self = .object(try container.decode([String: JSONTree].self))
    }
  }

  /// A value's JSON.
  init(_ value: some Encodable) throws {
    self = try PlainJSON.decode(JSONTree.self, from: PlainJSON.encode(value))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .text(let value): try container.encode(value)
    case .list(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }

  /// Every value that holds no others, by its path: `training.epochs`, `network[0].Conv2D.filters`.
  var leaves: [String: String] {
    var leaves: [String: String] = [:]
    addLeaves(at: "", to: &leaves)
    return leaves
  }

  private func addLeaves(at path: String, to leaves: inout [String: String]) {
    switch self {
    case .null: leaves[path] = "none"
    case .bool(let value): leaves[path] = "\(value)"
    case .integer(let value): leaves[path] = "\(value)"
    case .number(let value): leaves[path] = "\(value)"
    case .text(let value): leaves[path] = value
    case .list(let values):
      if values.isEmpty { leaves[path] = "[]" }
      for (index, value) in values.enumerated() { value.addLeaves(at: "\(path)[\(index)]", to: &leaves) }
    case .object(let members):
      if members.isEmpty { leaves[path] = "{}" }
      for (key, value) in members { value.addLeaves(at: path.isEmpty ? key : "\(path).\(key)", to: &leaves) }
    }
  }
}
