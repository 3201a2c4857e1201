public import WhiskerSystem

/// A dense array of 32-bit floats in host memory, row-major (the last axis varies fastest).
public struct Tensor: Hashable, Sendable {
  /// The sizes of the axes.
  public let shape: Shape
  /// The elements in row-major order, `shape.count` of them.
  public var values: [Float]

  /// A tensor of the given elements, of which there must be `shape.count`.
  public init(shape: Shape, values: [Float]) {
    precondition(
      values.count == shape.count, "expected \(shape.count) values for \(shape), got \(values.count)")
    self.shape = shape
    self.values = values
  }

  /// A tensor with every element the same.
  public init(shape: Shape, repeating value: Float = 0) {
    self.init(shape: shape, values: Array(repeating: value, count: shape.count))
  }

  /// A tensor without axes.
  public init(_ scalar: Float) { self.init(shape: [], values: [scalar]) }

  /// The same elements seen with other axes; the element count must not change.
  public func reshaped(_ shape: Shape) -> Tensor { Tensor(shape: shape, values: values) }

  /// The Euclidean norm `√Σx²`, summed in Double.
  public var norm: Double { values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
}

extension Tensor: ShortDescription {
  /// The shape and the values, of many the first and last three.
  public var description: String { "Tensor(shape: \(shape), values: \(values.excerpt))" }
}

extension Dictionary where Key == String, Value == Tensor {
  /// The names with their shapes, of many the first and last three: `[conv2d/bias (32), dense/kernel (512, 1)]`.
  package var excerpt: String {
    sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.shape)" }.excerpt
  }
}
