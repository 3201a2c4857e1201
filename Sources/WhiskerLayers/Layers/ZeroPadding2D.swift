public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Zeros around a picture.
///
/// Input `[H, W, C]`, output `[H + top + bottom, W + left + right, C]`.
public struct ZeroPadding2D: Layer {
  public static let className = "ZeroPadding2D"
  public static let defaultName = "zero_padding2d"
  public static var standard: ZeroPadding2D { ZeroPadding2D() }
  public static var settings: [LayerSetting<ZeroPadding2D>] {
    [
      LayerSetting("padding", { KerasEdges($0.padding) }, { $0.padding = $1.edges }) { $0.padding.fault }
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Rows and columns to add, each at least 0.
  public var padding: EdgePadding

  /// As many rows above and below and columns at both sides, one of each unless said otherwise.
  public init(_ padding: Size2D = 1, name: String? = nil) {
    self.init(KerasEdges(padding).edges, name: name)
  }

  /// So many rows and columns at each edge.
  public init(_ padding: EdgePadding, name: String? = nil) {
    self.name = name
    self.padding = padding
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank == 3 else {
      throw error(.shapeMismatch, expected: "an input (height, width, channels)", got: "\(input)")
    }
    return [input[0] + padding.top + padding.bottom, input[1] + padding.left + padding.right, input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    try context.graph.append(.pad(padding), input)
  }
}

/// Edges as Keras's files have them: `1`, `[1, 2]` (rows, columns) or `[[0, 1], [2, 3]]` (above and below, left and right).
struct KerasEdges: Codable, Equatable {
  let edges: EdgePadding

  init(_ edges: EdgePadding) { self.edges = edges }

  init(_ size: Size2D) {
    edges = EdgePadding(top: size.height, left: size.width, bottom: size.height, right: size.width)
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let edges = try? container.decode([[Int]].self) {
      guard edges.count == 2, edges.allSatisfy({ $0.count == 2 }) else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "expected [[above, below], [left, right]], got \(edges)")
      }
      self.init(
        EdgePadding(top: edges[0][0], left: edges[1][0], bottom: edges[0][1], right: edges[1][1]))
    } else {
      self.init(try container.decode(Size2D.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode([[edges.top, edges.bottom], [edges.left, edges.right]])
  }
}

extension EdgePadding {
  /// What is wrong with the edges of a layer.
  var fault: WhiskerError? {
    let sides = 0...65_536
    let wrong = [top, left, bottom, right].first { !sides.contains($0) }
    return wrong.map {
      WhiskerError(.invalidSetting, "", expected: "0 to \(sides.upperBound) rows and columns", got: "\($0)")
    }
  }
}
