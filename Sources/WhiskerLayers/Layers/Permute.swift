public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A sample's axes in another order: axis `i` of the result is axis `dims[i]` of the input.
///
/// Any input shape; axes count from 1, as the batch is axis 0: `[2, 1, 3]` swaps rows and columns of a picture.
public struct Permute: Layer {
  public static let className = "Permute"
  public static let defaultName = "permute"
  public static var standard: Permute { Permute([1]) }
  public static var settings: [LayerSetting<Permute>] {
    [
      LayerSetting("dims", \.order, isRequired: true)
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Each axis of the input once, from 1 on.
  public var order: [Int]

  /// The axes in this order.
  public init(_ order: [Int], name: String? = nil) {
    self.name = name
    self.order = order
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank > 0, order.sorted() == Array(1...input.rank) else {
      throw error(
        .invalidSetting, expected: "dims with each of the axes 1 to \(input.rank) of \(input) once",
        got: "\(order)")
    }
    return Shape(order.map { input[$0 - 1] })
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    try context.graph.append(.transpose([0] + order), input)
  }
}
