public import WhiskerGraph
public import WhiskerTensors

/// Zeros around a picture.
///
/// Input `[H, W, C]`, output `[H + top + bottom, W + left + right, C]`.
public struct ZeroPadding2D: Layer {
  public static let className = "ZeroPadding2D"
  public static let defaultName = "zero_padding2d"

  /// The layer's own name.
  public var name: String?
  /// Rows and columns to add, each at least 0.
  public var padding: EdgePadding

  /// As many rows above and below and columns at both sides, one of each unless said otherwise.
  public init(_ padding: Size2D = 1, name: String? = nil) {
    self.init(
      EdgePadding(
        top: padding.height, left: padding.width, bottom: padding.height, right: padding.width),
      name: name)
  }

  /// So many rows and columns at each edge.
  public init(_ padding: EdgePadding, name: String? = nil) {
    self.name = name
    self.padding = padding
  }

  private enum CodingKeys: String, CodingKey, CaseIterable { case name, padding }

  /// Reads Keras's keys, none of which must be there; `padding` is `1`, `[1, 2]` (rows, columns) or
  /// `[[0, 1], [2, 3]]` (above and below, left and right).
  public init(from decoder: any Decoder) throws {
    let settings = try LayerDecoder(decoder, keyedBy: CodingKeys.self)
    let name: String? = try settings.optional(.name)
    if let edges: [[Int]] = try? settings.optional(.padding) {
      guard edges.count == 2, edges.allSatisfy({ $0.count == 2 }) else {
        throw DecodingError.dataCorrupted(
          .init(
            codingPath: decoder.codingPath + [CodingKeys.padding],
            debugDescription: "expected [[above, below], [left, right]], got \(edges)"))
      }
      self.init(
        EdgePadding(top: edges[0][0], left: edges[1][0], bottom: edges[0][1], right: edges[1][1]), name: name)
    } else {
      self.init(try settings.optional(.padding) ?? Size2D(1), name: name)
    }
  }

  /// Writes Keras's keys.
  public func encode(to encoder: any Encoder) throws {
    var settings = LayerEncoder(encoder, keyedBy: CodingKeys.self)
    try settings.writeIfPresent(name, .name)
    try settings.write([[padding.top, padding.bottom], [padding.left, padding.right]], .padding)
  }

  public func outputShape(for input: Shape) throws(ModelError) -> Shape {
    guard input.rank == 3 else {
      throw error(.shapeMismatch, "expected an input (height, width, channels), got \(input)")
    }
    let sides = 0...65_536
    for side in [padding.top, padding.left, padding.bottom, padding.right] where !sides.contains(side) {
      throw error(.invalidSetting, "expected 0 to \(sides.upperBound) rows and columns, got \(side)")
    }
    return [input[0] + padding.top + padding.bottom, input[1] + padding.left + padding.right, input[2]]
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(GraphError) -> Value {
    try context.graph.append(.pad(padding), input)
  }
}
