import WhiskerSystem
package import WhiskerTensors

/// The shapes of an op's operands, as many as it takes, and the op's name for errors.
struct OperandShapes: Sendable {
  let kind: Op.Kind
  let shapes: [Shape]

  init(_ kind: Op.Kind, _ shapes: [Shape]) {
    self.kind = kind
    self.shapes = shapes
  }

  subscript(index: Int) -> Shape { shapes[index] }

  func mismatch(expected: String, got: String) -> WhiskerError {
    WhiskerError(.operandMismatch, kind.rawValue, expected: expected, got: got)
  }

  func require(_ shape: Shape, _ expected: Shape) throws(WhiskerError) {
    guard shape == expected else { throw mismatch(expected: "\(expected)", got: "\(shape)") }
  }

  /// `[C]` of the first operand `[..., C]`.
  func channels() throws(WhiskerError) -> Shape {
    guard let channels = shapes[0].sizes.last else {
      throw mismatch(expected: "at least one axis", got: "a scalar")
    }
    return [channels]
  }
}

/// How the shape of an op's result follows from those of its operands.
struct ShapeRule: Sendable {
  let apply: @Sendable (OperandShapes) throws(WhiskerError) -> Shape

  init(_ apply: @escaping @Sendable (OperandShapes) throws(WhiskerError) -> Shape) { self.apply = apply }

  /// Declared with the value itself.
  static let declared = ShapeRule { x throws(WhiskerError) in
    throw WhiskerError(.malformed, x.kind.rawValue, expected: "a declared shape", got: "none")
  }

  static func fixed(_ shape: Shape) -> ShapeRule { ShapeRule { _ in shape } }

  /// That of the first operand.
  static let first = ShapeRule { x in x[0] }

  /// That of two operands, which is the same.
  static let alike = ShapeRule { x throws(WhiskerError) in
    try x.require(x[1], x[0])
    return x[0]
  }

  /// `[C]` of an operand `[..., C]`.
  static let channels = ShapeRule { x throws(WhiskerError) in try x.channels() }

  /// That of two operands, each repeated along the axes of the other that it doesn't have or has with one element.
  static let combined = ShapeRule { x throws(WhiskerError) in
    if x[0] == x[1] { return x[0] }
    guard let shape = x[0].combined(with: x[1]) else {
      throw x.mismatch(expected: "a shape that goes with \(x[0])", got: "\(x[1])")
    }
    return shape
  }

  static func broadcast(to shape: Shape) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      guard x[0].canBroadcast(to: shape) else {
        throw x.mismatch(expected: "a shape that repeats to \(shape)", got: "\(x[0])")
      }
      return shape
    }
  }

  static func reduce(to shape: Shape) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      guard shape.canBroadcast(to: x[0]) else {
        throw x.mismatch(expected: "a shape that \(shape) repeats to", got: "\(x[0])")
      }
      return shape
    }
  }

  static func reshape(to shape: Shape) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      guard shape.count == x[0].count else {
        throw x.mismatch(expected: "\(x[0].count) elements \(x[0])", got: "\(shape)")
      }
      return shape
    }
  }

  static func transposed(_ order: [Int]) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      guard order.sorted() == Array(x[0].sizes.indices), !order.isEmpty else {
        throw x.mismatch(expected: "an order of the axes of \(x[0])", got: "\(order)")
      }
      return Shape(order.map { x[0][$0] })
    }
  }

  /// `[N, H, W, C]` with rows and columns added (`sign` 1) or taken away (−1).
  static func padded(_ edges: EdgePadding, sign: Int) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      let input = x[0]
      guard input.rank == 4 else { throw x.mismatch(expected: "[N, H, W, C]", got: "\(input)") }
      guard min(edges.top, edges.left, edges.bottom, edges.right) >= 0 else {
        throw x.mismatch(expected: "edges of at least 0", got: "\(edges)")
      }
      let height = input[1] + sign * (edges.top + edges.bottom)
      let width = input[2] + sign * (edges.left + edges.right)
      guard height > 0, width > 0 else {
        throw x.mismatch(expected: "more rows and columns than are cropped", got: "\(input)")
      }
      return [input[0], height, width, input[3]]
    }
  }

  static func concatenated(axis: Int) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      guard x[0].sizes.indices.contains(axis) else {
        throw x.mismatch(expected: "an axis of \(x[0])", got: "\(axis)")
      }
      var size = x[0][axis]
      for shape in x.shapes.dropFirst() {
        guard shape.rank == x[0].rank else {
          throw x.mismatch(expected: "as many axes as \(x[0])", got: "\(shape)")
        }
        try x.require(shape, x[0].replacing(axis, with: shape[axis]))
        size += shape[axis]
      }
      return x[0].replacing(axis, with: size)
    }
  }

  static func sliced(axis: Int, start: Int, count: Int) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      guard x[0].sizes.indices.contains(axis), start >= 0, count > 0, start <= x[0][axis] - count else {
        throw x.mismatch(expected: "places of axis \(axis) of \(x[0])", got: "\(start) and \(count) more")
      }
      return x[0].replacing(axis, with: count)
    }
  }

  static func activated(_ activation: ActivationFunction) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      guard activation.isElementwise || x[0].rank >= 1 else {
        throw x.mismatch(expected: "at least one axis for \(activation.rawValue)", got: "a scalar")
      }
      return x[0]
    }
  }

  /// `[..., C]` with vectors `[C]` for all that follows.
  static let normalization = ShapeRule { x throws(WhiskerError) in
    for vector in x.shapes.dropFirst() { try x.require(vector, x.channels()) }
    return x[0]
  }

  static let normalizationGradient = ShapeRule { x throws(WhiskerError) in
    try x.require(x[1], x.channels())
    try x.require(x[2], x[0])
    return x[0]
  }

  static let normalizationScaleGradient = ShapeRule { x throws(WhiskerError) in
    try x.require(x[1], x[0])
    return try x.channels()
  }

  static let dropout = ShapeRule { x throws(WhiskerError) in
    try x.require(x[1], [4])
    return x[0]
  }

  static func noise(_ shape: Shape) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      try x.require(x[0], [4])
      return shape
    }
  }

  /// That of the first operand; the second is a scalar.
  static let scaledFirst = ShapeRule { x throws(WhiskerError) in
    try x.require(x[1], [])
    return x[0]
  }

  /// No result; all that follows the gradient are scalars.
  static let update = ShapeRule { x throws(WhiskerError) in
    for scalar in x.shapes.dropFirst() { try x.require(scalar, []) }
    return []
  }

  /// `shape`, where the op that it is the gradient of makes the second operand's shape of `operands`.
  static func gradient(
    of rule: ShapeRule, for shape: Shape, _ operands: @escaping @Sendable (OperandShapes) -> [Shape]
  ) -> ShapeRule {
    ShapeRule { x throws(WhiskerError) in
      try x.require(x[1], rule.apply(OperandShapes(x.kind, operands(x))))
      return shape
    }
  }
}

extension Shape {
  /// The shape of an elementwise result of two tensors, each repeated along the axes of the other that it doesn't have or
  /// has with one element; nil if they don't go together.
  package func combined(with other: Shape) -> Shape? {
    let rank = max(rank, other.rank)
    let (first, second) = (aligned(to: rank), other.aligned(to: rank))
    var sizes: [Int] = []
    for (a, b) in zip(first, second) {
      guard a == b || a == 1 || b == 1 else { return nil }
      sizes.append(a == 1 ? b : a)
    }
    return Shape(sizes)
  }

  /// Whether a tensor of this shape can be repeated to one of another.
  package func canBroadcast(to other: Shape) -> Bool { rank <= other.rank && combined(with: other) == other }

  /// The sizes with ones in front, for so many axes.
  package func aligned(to rank: Int) -> [Int] { Array(repeating: 1, count: rank - self.rank) + sizes }

  /// The same shape with another size of one axis.
  package func replacing(_ axis: Int, with size: Int) -> Shape {
    var sizes = sizes
    sizes[axis] = size
    return Shape(sizes)
  }
}
