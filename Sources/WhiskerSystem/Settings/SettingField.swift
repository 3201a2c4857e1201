/// One setting of a value whose settings all have defaults: its name in files and where it is kept.
///
/// A table of these reads and writes the value, refuses unknown names, and leaves out defaults.
package struct SettingField<Root> {
  package let name: String
  private let read: (inout Root, KeyedDecodingContainer<AnyKey>, AnyKey) throws -> Void
  private let write: (Root, Root, inout KeyedEncodingContainer<AnyKey>, AnyKey) throws -> Void

  package init<Value: Codable & Equatable>(_ name: String, _ path: WritableKeyPath<Root, Value>) {
    self.name = name
    read = { root, container, key in
      root[keyPath: path] = try container.decodeIfPresent(Value.self, forKey: key) ?? root[keyPath: path]
    }
    write = { root, standard, container, key in
      if root[keyPath: path] != standard[keyPath: path] {
        try container.encode(root[keyPath: path], forKey: key)
      }
    }
  }

  package init<Value: Codable & Equatable>(_ name: String, _ path: WritableKeyPath<Root, Value?>) {
    self.name = name
    read = { root, container, key in
      root[keyPath: path] = try container.decodeIfPresent(Value.self, forKey: key) ?? root[keyPath: path]
    }
    write = { root, _, container, key in try container.encodeIfPresent(root[keyPath: path], forKey: key) }
  }

  /// A range, in files a pair such as `[0.5, 1.5]`.
  package init(_ name: String, _ path: WritableKeyPath<Root, ClosedRange<Float>>) {
    self.name = name
    read = { root, container, key in
      root[keyPath: path] =
        try container.decodeIfPresent(Pair.self, forKey: key)?.range ?? root[keyPath: path]
    }
    write = { root, standard, container, key in
      if root[keyPath: path] != standard[keyPath: path] {
        try container.encode(Pair(range: root[keyPath: path]), forKey: key)
      }
    }
  }

  /// A range, in files a pair such as `[0.5, 1.5]`.
  package init(_ name: String, _ path: WritableKeyPath<Root, ClosedRange<Float>?>) {
    self.name = name
    read = { root, container, key in
      root[keyPath: path] =
        try container.decodeIfPresent(Pair.self, forKey: key)?.range ?? root[keyPath: path]
    }
    write = { root, _, container, key in
      try container.encodeIfPresent(root[keyPath: path].map(Pair.init), forKey: key)
    }
  }

  /// The two ends of a range, the smaller first.
  private struct Pair: Codable {
    let range: ClosedRange<Float>

    init(range: ClosedRange<Float>) { self.range = range }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      guard let ends = try? container.decode([Float].self), ends.count == 2, ends[0] <= ends[1] else {
        throw DecodingError.dataCorruptedError(
          in: container,
          debugDescription: "expected a pair such as [0.5, 1.5], the smaller number first, got something else"
        )
      }
      range = ends[0]...ends[1]
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode([range.lowerBound, range.upperBound])
    }
  }

  /// Reads a value: the settings that are there, and `standard` for the rest.
  package static func decode(_ fields: [SettingField], _ standard: Root, from decoder: any Decoder) throws
    -> Root
  {
    let container = try decoder.container(keyedBy: AnyKey.self)
    try refuseUnknownKeys(container, known: fields.map(\.name))
    return try fields.reduce(into: standard) { try $1.read(&$0, container, AnyKey(stringValue: $1.name)) }
  }

  /// Writes the settings that differ from `standard`.
  package static func encode(
    _ fields: [SettingField], _ root: Root, _ standard: Root, to encoder: any Encoder
  ) throws {
    var container = encoder.container(keyedBy: AnyKey.self)
    for field in fields {
      try field.write(root, standard, &container, AnyKey(stringValue: field.name))
    }
  }
}
