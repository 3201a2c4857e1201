public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// A picture without some rows and columns at its edges.
///
/// Input `[H, W, C]`, output `[H − top − bottom, W − left − right, C]`.
public struct Cropping2D: Layer {
  public static let className = "Cropping2D"
  public static let defaultName = "cropping2d"
  public static var standard: Cropping2D { Cropping2D(.none) }
  public static var settings: [LayerSetting<Cropping2D>] {
    [
      LayerSetting("cropping", { KerasEdges($0.cropping) }, { $0.cropping = $1.edges }) { $0.cropping.fault }
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Rows and columns to take away, each at least 0.
  public var cropping: EdgePadding

  /// As many rows above and below and columns at both sides.
  public init(_ cropping: Size2D, name: String? = nil) {
    self.init(KerasEdges(cropping).edges, name: name)
  }

  /// So many rows and columns at each edge.
  public init(_ cropping: EdgePadding, name: String? = nil) {
    self.name = name
    self.cropping = cropping
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    let height = input[0] - cropping.top - cropping.bottom
    let width = input[1] - cropping.left - cropping.right
    guard height > 0, width > 0 else {
      throw error(
        .shapeMismatch, expected: "an input with more rows and columns than are cropped", got: "\(input)")
    }
    return [height, width, input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    try context.graph.append(.crop(cropping), input)
  }
}
