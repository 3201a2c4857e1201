public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// In training, sets each element to 0 with probability `rate` and multiplies the rest by `1 / (1 − rate)`; in
/// inference it does nothing.
///
/// Any input shape; the output has the same. Srivastava et al., "Dropout: a simple way to prevent neural networks
/// from overfitting", 2014 (the inverted form, as in Keras).
public struct Dropout: Layer {
  public static let className = "Dropout"
  public static let defaultName = "dropout"
  public static var standard: Dropout { Dropout(0) }
  public static var settings: [LayerSetting<Dropout>] {
    [
      LayerSetting("rate", \.rate, isRequired: true, .from(0..<1)),
      LayerSetting("noise_shape", \.noiseShape),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// The probability that an element is dropped, in `0 ..< 1`.
  public var rate: Float
  /// What is dropped together: the shape that is drawn; nil draws each element.
  ///
  /// The batch's axis is the first. An axis whose elements share a draw has 1, another nil, for the input's own size:
  /// `[nil, 1, 1, 1]` drops whole samples.
  public var noiseShape: [Int?]?

  /// Drops each element with probability `rate`, or those together that the noise's shape says.
  public init(_ rate: Float, noiseShape: [Int?]? = nil, name: String? = nil) {
    self.name = name
    self.rate = rate
    self.noiseShape = noiseShape
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard let noiseShape else { return input }
    // The batch's size isn't known.
    let fits = zip(noiseShape.dropFirst(), input.sizes).allSatisfy { $0 == nil || $0 == 1 || $0 == $1 }
    guard noiseShape.count == input.rank + 1, fits, noiseShape[0] ?? 1 >= 1 else {
      let shown = noiseShape.map { $0.map(String.init) ?? "null" }.joined(separator: ", ")
      throw error(
        .invalidSetting, expected: "a noise_shape with null or 1 for each axis of the batch of \(input)",
        got: "[\(shown)]")
    }
    return input
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    guard case .training(let seed) = context.phase, rate > 0 else { return input }
    guard let noiseShape else {
      return try context.graph.append(.dropout(rate: rate, salt: context.salt), input, seed)
    }
    var sizes = zip(noiseShape, context.graph.shape(of: input).sizes).map { $0 ?? $1 }
    // Whatever size of batches it was written for.
    if sizes[0] != 1 { sizes[0] = context.graph.shape(of: input)[0] }
    return try context.appendDropout(of: Shape(sizes), rate: rate, from: input, seed: seed)
  }
}

extension LayerContext {
  /// Drops elements together: one draw for each element of a shape that is repeated to the input's.
  mutating func appendDropout(
    of shape: Shape, rate: Float, from input: Value, seed: Value
  ) throws(WhiskerError) -> Value {
    let mask = try graph.append(.dropout(rate: rate, salt: salt), graph.constant(1, shape), seed)
    return try graph.append(.multiply, input, mask)
  }
}
