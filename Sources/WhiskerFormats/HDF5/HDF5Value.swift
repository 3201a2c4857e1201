public import WhiskerTensors

/// What an attribute holds, or a small dataset: text, whole numbers, numbers or truth values, and their axes.
///
/// A value without axes is a scalar. h5py's `Empty`, a value without elements, has the shape `(0)`.
public struct HDF5Value: Hashable, Sendable {
  /// The elements in row-major order.
  public enum Elements: Hashable, Sendable {
    /// Text, of fixed or variable length in the file.
    case strings([String])
    /// Integers of any width up to 64 bits, and enumerations, by their numbers.
    case integers([Int64])
    /// Numbers of 16, 32 or 64 bits.
    case floats([Double])
    /// h5py's booleans: an enumeration of `FALSE` and `TRUE`.
    case booleans([Bool])
    /// Elements that Whisker doesn't read, and what they are ("references", "text that isn't UTF-8").
    case unread(String)
  }

  /// The sizes of the axes; none for a scalar.
  public let shape: Shape
  /// The elements, as many as the shape has, unless they are of a type that isn't read.
  public let elements: Elements

  /// A value of the given axes and elements, of which there must be `shape.count`.
  public init(shape: Shape, elements: Elements) {
    precondition(
      elements.count.map { $0 == shape.count } ?? true,
      "expected \(shape.count) elements for \(shape), got \(elements.count ?? 0)")
    self.shape = shape
    self.elements = elements
  }

  /// One text.
  public init(_ text: String) { self.init(shape: [], elements: .strings([text])) }

  /// One whole number.
  public init(_ number: Int) { self.init(shape: [], elements: .integers([Int64(number)])) }

  /// One number.
  public init(_ number: Double) { self.init(shape: [], elements: .floats([number])) }

  /// One truth value.
  public init(_ truth: Bool) { self.init(shape: [], elements: .booleans([truth])) }

  /// A list of texts.
  public init(_ texts: [String]) { self.init(shape: [texts.count], elements: .strings(texts)) }

  /// A list of whole numbers.
  public init(_ numbers: [Int]) {
    self.init(shape: [numbers.count], elements: .integers(numbers.map { Int64($0) }))
  }

  /// The text, if the value is one.
  public var string: String? { shape.rank == 0 ? strings?.first : nil }

  /// The texts, if the elements are; also of a list without elements, whatever their type (h5py writes an
  /// empty list as numbers).
  public var strings: [String]? {
    if case .strings(let strings) = elements { return strings }
    return shape.count == 0 ? [] : nil
  }

  /// The whole numbers, if the elements are.
  public var integers: [Int64]? {
    if case .integers(let integers) = elements { return integers }
    return nil
  }

  /// The numbers, if the elements are, whole or not.
  public var numbers: [Double]? {
    switch elements {
    case .floats(let floats): floats
    case .integers(let integers): integers.map { Double($0) }
    case .strings, .booleans, .unread: nil
    }
  }

  /// The truth values, if the elements are.
  public var booleans: [Bool]? {
    if case .booleans(let booleans) = elements { return booleans }
    return nil
  }
}

extension HDF5Value.Elements {
  /// How many there are; nil if they weren't read.
  var count: Int? {
    switch self {
    case .strings(let strings): strings.count
    case .integers(let integers): integers.count
    case .floats(let floats): floats.count
    case .booleans(let booleans): booleans.count
    case .unread: nil
    }
  }

  /// What they are, for messages.
  package var kind: String {
    switch self {
    case .strings: "text"
    case .integers: "whole numbers"
    case .floats: "numbers"
    case .booleans: "truth values"
    case .unread(let what): what
    }
  }
}
