/// The sizes of a tensor's axes, outermost first: `[N, H, W, C]` for photos, `[H, W, I, O]` for kernels.
///
/// A shape prints as Keras users know it, `(20, 150, 150, 3)`; a scalar's is `()`.
public struct Shape: Hashable, Sendable {
  /// The size of each axis.
  public var sizes: [Int]

  /// A shape of the given axis sizes, each at least 0.
  public init(_ sizes: [Int]) {
    precondition(sizes.allSatisfy { $0 >= 0 }, "A shape's sizes can't be negative: \(sizes)")
    self.sizes = sizes
  }

  /// The number of axes.
  public var rank: Int { sizes.count }

  /// The number of elements: the product of the sizes, 1 for a scalar.
  public var count: Int { sizes.reduce(1, *) }

  /// The size of one axis.
  public subscript(axis: Int) -> Int { sizes[axis] }

  /// The shape without its first axis: what one sample of a batch looks like.
  public var withoutBatch: Shape { Shape(Array(sizes.dropFirst())) }

  /// The shape of a batch of `count` such samples.
  public func batched(_ count: Int) -> Shape { Shape([count] + sizes) }
}

extension Shape: ExpressibleByArrayLiteral {
  /// `[150, 150, 3]`.
  public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
  /// The sizes in parentheses: `(20, 150, 150, 3)`.
  public var description: String { "(" + sizes.map(String.init).joined(separator: ", ") + ")" }
}

extension Shape: Codable {
  /// Reads a plain array of sizes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let sizes = try container.decode([Int].self)
    guard sizes.allSatisfy({ $0 >= 0 }) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected sizes of at least 0, got \(sizes)")
    }
    self.init(sizes)
  }

  /// Writes a plain array of sizes.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(sizes)
  }
}
