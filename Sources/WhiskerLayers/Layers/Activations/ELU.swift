public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// The exponential linear unit: `x` above 0, else `alpha · (eˣ − 1)`.
///
/// Any input shape; the output has the same. Clevert, Unterthiner and Hochreiter, 2016,
/// <https://arxiv.org/abs/1511.07289>.
public struct ELU: Layer {
  public static let className = "ELU"
  public static let defaultName = "elu"
  public static var standard: ELU { ELU() }
  public static var settings: [LayerSetting<ELU>] {
    [
      LayerSetting("alpha", \.alpha, .finite)
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// What results far below 0 come close to, with the sign changed.
  public var alpha: Float

  /// With an α of 1 unless said otherwise.
  public init(alpha: Float = 1, name: String? = nil) {
    self.name = name
    self.alpha = alpha
  }

  public func outputShape(for input: Shape) -> Shape { input }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let plain = try context.apply(.elu, to: input)
    if alpha == 1 { return plain }
    // What lies above 0 is the same in both.
    let above = try context.apply(.relu, to: input)
    return try context.graph.append(
      .add, context.graph.append(.scale(alpha), plain), context.graph.append(.scale(1 - alpha), above))
  }
}
