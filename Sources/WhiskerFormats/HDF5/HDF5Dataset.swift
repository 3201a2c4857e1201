public import WhiskerSystem
public import WhiskerTensors

/// A dataset of an HDF5 file: elements of one type with axes, and attributes.
///
/// One that comes from a file reads its elements when they are asked for; until then the file stays open.
public struct HDF5Dataset: Sendable {
  private enum Contents: Sendable {
    case tensor(Tensor)
    case value(HDF5Value)
    case stored(HDF5StoredElements)
  }

  /// The attributes by name.
  public var attributes: [String: HDF5Value]
  private let contents: Contents

  /// A dataset of 32-bit floats.
  public init(_ tensor: Tensor, attributes: [String: HDF5Value] = [:]) {
    self.attributes = attributes
    contents = .tensor(tensor)
  }

  /// A dataset of any elements: 64-bit integers (an optimizer's `iteration`), 64-bit floats, text, booleans.
  public init(_ value: HDF5Value, attributes: [String: HDF5Value] = [:]) {
    self.attributes = attributes
    contents = .value(value)
  }

  /// A dataset whose elements lie in a file.
  init(_ elements: HDF5StoredElements, attributes: [String: HDF5Value]) {
    self.attributes = attributes
    contents = .stored(elements)
  }

  /// The sizes of the axes; none for a scalar.
  public var shape: Shape {
    switch contents {
    case .tensor(let tensor): tensor.shape
    case .value(let value): value.shape
    case .stored(let elements): elements.shape
    }
  }

  /// Reads the elements as 32-bit floats, straight into the tensor's memory where they are such.
  ///
  /// Floats of 16, 32 and 64 bits and integers are converted, of either byte order; other elements throw
  /// `unsupportedType`, damaged ones `corruptHeader`.
  public func tensor() throws(WhiskerError) -> Tensor {
    switch contents {
    case .tensor(let tensor): return tensor
    case .stored(let elements): return try elements.tensor()
    case .value(let value):
      guard let numbers = value.numbers else {
        throw WhiskerError(.unsupportedType, "a dataset", expected: "numbers", got: "\(value.elements.kind)")
      }
      return Tensor(shape: value.shape, values: numbers.map { Float($0) })
    }
  }

  /// Whether the elements are whole numbers, as far as their type says.
  var isWholeNumber: Bool {
    switch contents {
    case .tensor: false
    case .value(let value): if case .integers = value.elements { true } else { false }
    case .stored(let elements): if case .integer = elements.type.kind { true } else { false }
    }
  }

  /// The tensor, if it is in memory; one read from a file, if its elements are numbers of 32 bits or fewer.
  func heldTensor() throws(WhiskerError) -> Tensor? {
    switch contents {
    case .tensor(let tensor): tensor
    case .value: nil
    case .stored(let elements): try elements.type.isFloatAtMost32Bits ? elements.tensor() : nil
    }
  }

  /// Reads the elements as they are: an optimizer's `iteration` counts beyond what a 32-bit float can.
  public func value() throws(WhiskerError) -> HDF5Value {
    switch contents {
    case .tensor(let tensor):
      HDF5Value(shape: tensor.shape, elements: .floats(tensor.values.map { Double($0) }))
    case .value(let value): value
    case .stored(let elements): try elements.value()
    }
  }
}
