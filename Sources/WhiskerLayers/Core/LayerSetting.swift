import WhiskerGraph
public import WhiskerSystem

/// One setting of a layer, declared once: its name in files (Keras's), where it is kept, and what it may be.
///
/// Files, recipes and checks use a layer's table of these (``Layer/settings``). Defaults are those of
/// ``Layer/standard``: a file may leave out a setting with its default, and files that Whisker writes do.
public struct LayerSetting<Root> {
  /// The name in files: `kernel_size`.
  public let name: String
  /// Whether a file must have it.
  public let isRequired: Bool

  let read: (inout Root, KeyedDecodingContainer<AnyKey>) throws -> Void
  /// Writes the root's value, unless it is the second root's.
  let write: (Root, Root?, inout KeyedEncodingContainer<AnyKey>) throws -> Void
  /// What is wrong with the value: `expected at least 1, got 0`; nil for nothing.
  let fault: (Root) -> WhiskerError?

  /// A setting that always has a value.
  ///
  /// - Parameters:
  ///   - name: The name in files.
  ///   - path: Where the layer keeps it.
  ///   - isRequired: Whether a file must have it.
  ///   - fault: What is wrong with a value, as in `expected at least 1, got 0`; nil for nothing.
  public init<Value: Codable & Equatable>(
    _ name: String, _ path: WritableKeyPath<Root, Value>, isRequired: Bool = false,
    fault: @escaping (Value) -> WhiskerError? = { _ in nil }
  ) {
    self.init(
      name, { $0[keyPath: path] }, { $0[keyPath: path] = $1 }, isRequired: isRequired,
      fault: { fault($0[keyPath: path]) })
  }

  /// A setting whose value is optional.
  ///
  /// - Parameters: as of the other.
  public init<Value: Codable & Equatable>(
    _ name: String, _ path: WritableKeyPath<Root, Value?>,
    fault: @escaping (Value) -> WhiskerError? = { _ in nil }
  ) {
    self.init(
      name,
      { root, container in
        let key = AnyKey(stringValue: name)
        root[keyPath: path] = try container.decodeIfPresent(Value.self, forKey: key) ?? root[keyPath: path]
      },
      { root, _, container in
        try container.encodeIfPresent(root[keyPath: path], forKey: AnyKey(stringValue: name))
      },
      fault: { $0[keyPath: path].flatMap(fault) })
  }

  /// A setting with a different form in files.
  ///
  /// - Parameters:
  ///   - get: That form of the layer's value.
  ///   - set: Takes a value of that form.
  init<Coded: Codable & Equatable>(
    _ name: String, _ get: @escaping (Root) -> Coded, _ set: @escaping (inout Root, Coded) -> Void,
    isRequired: Bool = false, fault: @escaping (Root) -> WhiskerError?
  ) {
    let key = AnyKey(stringValue: name)
    self.init(
      name,
      { root, container in
        if isRequired {
          set(&root, try container.decode(Coded.self, forKey: key))
        } else if let value = try container.decodeIfPresent(Coded.self, forKey: key) {
          set(&root, value)
        }
      },
      { root, standard, container in
        let value = get(root)
        if isRequired || standard.map(get) != value { try container.encode(value, forKey: key) }
      }, isRequired: isRequired, fault: fault)
  }

  private init(
    _ name: String, _ read: @escaping (inout Root, KeyedDecodingContainer<AnyKey>) throws -> Void,
    _ write: @escaping (Root, Root?, inout KeyedEncodingContainer<AnyKey>) throws -> Void,
    isRequired: Bool = false, fault: @escaping (Root) -> WhiskerError?
  ) {
    self.name = name
    self.isRequired = isRequired
    self.read = read
    self.write = write
    self.fault = fault
  }
}

extension LayerSetting {
  /// A whole number in a range.
  public init(
    _ name: String, _ path: WritableKeyPath<Root, Int>, isRequired: Bool = false, _ range: SettingRange
  ) {
    self.init(name, path, isRequired: isRequired) { range.fault(Double($0), "\($0)") }
  }

  /// A number in a range.
  public init(
    _ name: String, _ path: WritableKeyPath<Root, Float>, isRequired: Bool = false, _ range: SettingRange
  ) {
    self.init(name, path, isRequired: isRequired) { range.fault(Double($0), "\($0)") }
  }

  /// A number in a range, or none.
  public init(_ name: String, _ path: WritableKeyPath<Root, Float?>, _ range: SettingRange) {
    self.init(name, path) { range.fault(Double($0), "\($0)") }
  }

  /// Rows and columns of a window or a stride, from 1 to 65,536.
  init(_ name: String, size path: WritableKeyPath<Root, Size2D>, isRequired: Bool = false) {
    self.init(name, path, isRequired: isRequired, fault: \.fault)
  }

  /// The same, or none.
  init(_ name: String, size path: WritableKeyPath<Root, Size2D?>) { self.init(name, path, fault: \.fault) }

  /// A penalty that doesn't reward size, or none.
  init(_ name: String, penalty path: WritableKeyPath<Root, Regularizer?>) {
    self.init(name, path, fault: \.fault)
  }

  /// A function, or none: Keras writes "linear" for that.
  init(_ name: String, function path: WritableKeyPath<Root, ActivationFunction?>, isRequired: Bool = false) {
    let (key, none) = (AnyKey(stringValue: name), "linear")
    self.init(
      name,
      { root, container in
        if let text = try? container.decodeIfPresent(String.self, forKey: key), text == none {
          root[keyPath: path] = nil
        } else if isRequired {
          root[keyPath: path] = try container.decode(ActivationFunction.self, forKey: key)
        } else {
          root[keyPath: path] = try container.decodeIfPresent(ActivationFunction.self, forKey: key)
        }
      },
      { root, _, container in
        try container.encodeIfPresent(root[keyPath: path], forKey: key)
        if isRequired, root[keyPath: path] == nil { try container.encode(none, forKey: key) }
      }, isRequired: isRequired, fault: { _ in nil })
  }
}

extension LayerSetting where Root: Layer {
  /// Whether training changes the layer's weights; every layer that has any lists it.
  public static var trainable: LayerSetting { LayerSetting("trainable", \.isTrainable) }
}

/// What a number may be.
public struct SettingRange: Sendable, CustomStringConvertible {
  /// `at least 1`.
  public let description: String
  private let holds: @Sendable (Double) -> Bool

  /// `minimum` and more.
  public static func atLeast(_ minimum: Double) -> SettingRange {
    SettingRange(description: "at least \(text(minimum))") { $0 >= minimum }
  }

  /// More than `minimum`.
  public static func above(_ minimum: Double) -> SettingRange {
    SettingRange(description: "more than \(text(minimum))") { $0 > minimum }
  }

  /// From one bound to another, both of them included.
  public static func from(_ range: ClosedRange<Double>) -> SettingRange {
    SettingRange(description: "\(text(range.lowerBound)) to \(text(range.upperBound))", holds: range.contains)
  }

  /// From one bound to another, which isn't included.
  public static func from(_ range: Range<Double>) -> SettingRange {
    SettingRange(
      description: "at least \(text(range.lowerBound)) and below \(text(range.upperBound))",
      holds: range.contains)
  }

  /// Any number but infinity.
  public static let finite = SettingRange(description: "a finite number") { _ in true }

  /// What is wrong with a number; nil for nothing.
  func fault(_ number: Double, _ text: String) -> WhiskerError? {
    number.isFinite && holds(number)
      ? nil : WhiskerError(.invalidSetting, "", expected: description, got: text)
  }

  private static func text(_ bound: Double) -> String {
    Int(exactly: bound).map { "\($0)" } ?? "\(bound)"
  }
}

extension Size2D {
  /// What is wrong with the size of a window or a stride.
  fileprivate var fault: WhiskerError? {
    let sides = 1...65_536
    guard !sides.contains(height) || !sides.contains(width) else { return nil }
    return WhiskerError(
      .invalidSetting, "", expected: "1 to \(sides.upperBound) a side", got: "\(self)")
  }
}

extension Regularizer {
  fileprivate var fault: WhiskerError? {
    switch self {
    case .l2(let factor): SettingRange.atLeast(0).fault(Double(factor), "\(factor)")?.inside("l2")
    }
  }
}
