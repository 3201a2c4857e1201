public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Divides by the norm along some axes, so that it is 1: `y = x / √(Σx² + 10⁻¹²)`.
///
/// Any input shape; the output has the same.
public struct UnitNormalization: Layer {
  public static let className = "UnitNormalization"
  public static let defaultName = "unit_normalization"
  public static var standard: UnitNormalization { UnitNormalization() }
  public static var settings: [LayerSetting<UnitNormalization>] {
    [
      LayerSetting("axis", \.axes)
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// The axes whose elements have one norm together.
  ///
  /// They are counted as Keras does: the batch is axis 0, the last axis −1.
  public var axes: [Int]

  /// The norm of each row of the last axis unless others are given.
  public init(axes: [Int] = [-1], name: String? = nil) {
    self.name = name
    self.axes = axes
  }

  /// The axes counted from the batch, in order.
  private func places(ofRank rank: Int) -> [Int] { axes.map { $0 < 0 ? $0 + rank : $0 }.sorted() }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    let places = places(ofRank: input.rank + 1)
    guard !places.isEmpty, Set(places).count == places.count,
      places.allSatisfy({ 1...max(input.rank, 1) ~= $0 }), input.rank > 0
    else {
      throw error(
        .invalidSetting, expected: "axes from 1 to \(input.rank) or -\(input.rank) to -1, each once",
        got: "\(axes)")
    }
    return input
  }

  /// Of `x` and `−x` side by side the mean is 0 and the variance `Σx² / n`, so that layer normalisation gives
  /// `x / √(Σx² / n + ε)`.
  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let places = places(ofRank: shape.rank)
    let order = shape.sizes.indices.filter { !places.contains($0) } + places
    let isInOrder = order == Array(order.indices)
    let moved = isInOrder ? input : try context.graph.append(.transpose(order), input)
    let movedShape = context.graph.shape(of: moved)
    let count = places.reduce(1) { $0 * shape[$1] }
    let rows = try context.graph.append(
      .reshape([shape[0], shape.withoutBatch.count / count, count]), moved)
    let both = try context.graph.append(
      .concatenate(axis: 2), rows, context.graph.append(.scale(-1), rows))
    let standard = try context.graph.append(
      .layerNormalization(epsilon: 1e-12 / Float(count)), both, context.graph.constant(1, [2 * count]),
      context.graph.constant(0, [2 * count]))
    let half = try context.graph.append(.slice(axis: 2, start: 0, count: count), standard)
    let unit = try context.graph.append(.scale(1 / Float(count).squareRoot()), half)
    let result = try context.graph.append(.reshape(movedShape), unit)
    if isInOrder { return result }
    return try context.graph.append(.transpose(order.indices.sorted { order[$0] < order[$1] }), result)
  }
}
