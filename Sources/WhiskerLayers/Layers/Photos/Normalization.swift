public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// Standardizes values by a mean and a variance that are known: `y = (x − mean) / max(√variance, 10⁻⁷)`.
///
/// Any input shape; the output has the same. Mean and variance are settings, or else weights that training leaves alone
/// (`mean`, `variance`, and `count`, which Keras has for older files): one of each for each channel, for each element of a
/// sample, or for everything.
public struct Normalization: Layer {
  public static let className = "Normalization"
  public static let defaultName = "normalization"
  public static var standard: Normalization { Normalization() }
  public static var settings: [LayerSetting<Normalization>] {
    [
      .trainable,
      LayerSetting("axis", \.axes),
      LayerSetting("mean", \.mean, fault: \.fault),
      LayerSetting("variance", \.variance, fault: \.fault),
      LayerSetting("invert", \.isInverted),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// Kept for files; nothing here is trained.
  public var isTrainable = true
  /// The axes with numbers of their own: the last one, all of a sample's or none.
  ///
  /// They are counted as Keras does: the batch is axis 0, the last axis −1.
  public var axes: [Int]
  /// The mean of each channel, or of all; nil for a weight.
  public var mean: ChannelNumbers?
  /// The variance of each channel, or of all; nil for a weight.
  public var variance: ChannelNumbers?
  /// Whether it does the opposite: `y = x · max(√variance, 10⁻⁷) + mean`.
  public var isInverted: Bool

  /// With weights for each channel unless mean and variance are given.
  public init(
    axes: [Int] = [-1], mean: [Float]? = nil, variance: [Float]? = nil, isInverted: Bool = false,
    name: String? = nil
  ) {
    self.name = name
    self.axes = axes
    self.mean = mean.map { ChannelNumbers($0) }
    self.variance = variance.map { ChannelNumbers($0) }
    self.isInverted = isInverted
  }

  /// The shape of mean and variance for samples of this shape; nil if the axes are others than this layer knows.
  private func statistics(_ input: Shape) -> Shape? {
    let kept = Set(axes.map { $0 < 0 ? $0 + input.rank + 1 : $0 })
    if kept.isEmpty { return [] }
    if kept == [input.rank] { return [input[input.rank - 1]] }
    return kept == Set(1...input.rank) ? input : nil
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    guard input.rank > 0, let shape = statistics(input) else {
      throw error(.invalidSetting, expected: "the last axis, all of \(input) or none", got: "\(axes)")
    }
    guard (mean == nil) == (variance == nil) else {
      throw error(
        .invalidSetting, expected: "mean and variance or neither",
        got: mean == nil ? "a variance alone" : "a mean alone")
    }
    for numbers in [mean, variance].compactMap({ $0 })
    where numbers.values.count != 1 && (shape.rank != 1 || numbers.values.count != shape[0]) {
      throw error(
        .invalidSetting, expected: "one number, or one for each of the channels of \(input)",
        got: "\(numbers.values.count)")
    }
    return input
  }

  public func weights(for input: Shape) -> [WeightSpecification] {
    guard mean == nil, let shape = statistics(input) else { return [] }
    return [
      WeightSpecification("mean", shape, .zeros, isTrainable: false),
      WeightSpecification("variance", shape, .ones, isTrainable: false),
      WeightSpecification("count", [], .zeros, isTrainable: false),
    ]
  }

  /// Normalisation of the last axis by known numbers, of a picture seen as one row where each element has its own.
  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    let shape = context.graph.shape(of: input)
    let elements = shape.withoutBatch
    let kept =
      mean == nil ? statistics(elements) ?? [] : mean?.values.count == 1 ? [] : [elements[elements.rank - 1]]
    let count = kept.count
    let x = try context.graph.append(.reshape([shape.count / count, count]), input)
    let y = try normalized(x, count, &context)
    return try context.graph.append(.reshape(shape), y)
  }

  private func normalized(
    _ x: Value, _ count: Int, _ context: inout LayerContext
  ) throws(WhiskerError) -> Value {
    let (mean, variance) = try statistics(count, &context)
    let (zeros, ones) = (context.graph.constant(0, [count]), context.graph.constant(1, [count]))
    // A variance of 0 becomes Keras's least deviation, 10⁻⁷; others are too large to be changed by its square.
    let op = Op.normalization(epsilon: 1e-14)
    guard isInverted else { return try context.graph.append(op, x, mean, variance, ones, zeros) }
    // x · √v = v · x / √v.
    let scaled = try context.graph.append(op, x, zeros, variance, variance, zeros)
    return try context.graph.append(.add, scaled, mean)
  }

  private func statistics(
    _ count: Int, _ context: inout LayerContext
  ) throws(WhiskerError) -> (mean: Value, variance: Value) {
    if let mean, let variance {
      return (
        try context.vector(mean.repeated(count)), try context.vector(variance.repeated(count))
      )
    }
    let (mean, variance) = (try context.weight("mean"), try context.weight("variance"))
    return (
      try context.graph.append(.reshape([count]), mean), try context.graph.append(.reshape([count]), variance)
    )
  }
}

extension ChannelNumbers {
  /// As many numbers as there are channels.
  fileprivate func repeated(_ count: Int) -> [Float] {
    values.count == 1 ? Array(repeating: values[0], count: count) : values
  }
}
