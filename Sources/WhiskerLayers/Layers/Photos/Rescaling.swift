public import WhiskerGraph
public import WhiskerSystem
public import WhiskerTensors

/// `y = scale · x + offset`, elementwise, with one number for all channels or one for each.
///
/// Any input shape; the output has the same.
public struct Rescaling: Layer {
  public static let className = "Rescaling"
  public static let defaultName = "rescaling"
  public static var standard: Rescaling { Rescaling(1) }
  public static var settings: [LayerSetting<Rescaling>] {
    [
      LayerSetting("scale", \.scale, isRequired: true, fault: \.fault),
      LayerSetting("offset", \.offset, fault: \.fault),
    ]
  }

  /// The layer's own name.
  public var name: String?
  /// The factor.
  public var scale: ChannelNumbers
  /// What is added after.
  public var offset: ChannelNumbers

  /// Multiplies, then adds.
  public init(_ scale: Float, offset: Float = 0, name: String? = nil) {
    self.init(channels: [scale], offsets: [offset], name: name)
  }

  /// Multiplies, then adds, with a number for each channel, or one for all.
  public init(channels scales: [Float], offsets: [Float] = [0], name: String? = nil) {
    self.name = name
    self.scale = ChannelNumbers(scales)
    self.offset = ChannelNumbers(offsets)
  }

  public func outputShape(for input: Shape) throws(WhiskerError) -> Shape {
    for numbers in [scale, offset] where !numbers.fit(input) {
      throw error(
        .shapeMismatch, expected: "one number, or one for each of the channels of \(input)",
        got: "\(numbers.values.count)")
    }
    return input
  }

  public func callAsFunction(_ input: Value, in context: inout LayerContext) throws(WhiskerError) -> Value {
    if let factor = scale.only, let offset = offset.only {
      return try context.graph.append(.rescale(factor: factor, offset: offset), input)
    }
    let scaled: Value
    if let factor = scale.only {
      scaled = factor == 1 ? input : try context.graph.append(.scale(factor), input)
    } else {
      scaled = try context.graph.append(.multiply, input, context.vector(scale.values))
    }
    if offset.only == 0 { return scaled }
    return try context.graph.append(.add, scaled, context.vector(offset.values))
  }
}

/// One number for all channels, or one for each: `0.5` or `[0.5, 0.25, 1]`.
public struct ChannelNumbers: Hashable, Sendable, Codable {
  /// The numbers: one, or as many as there are channels.
  public var values: [Float]

  /// These numbers.
  public init(_ values: [Float]) { self.values = values }

  /// The number, where all channels have the same one.
  var only: Float? { Set(values).count == 1 ? values[0] : nil }

  /// Whether they are for an input of this shape.
  func fit(_ input: Shape) -> Bool { values.count == 1 || values.count == input.sizes.last }

  /// What is wrong with the numbers.
  var fault: WhiskerError? {
    if values.isEmpty {
      return WhiskerError(.invalidSetting, "", expected: "at least one number", got: "none")
    }
    return values.lazy.compactMap { SettingRange.finite.fault(Double($0), "\($0)") }.first
  }

  /// Reads a number or a list, also one within lists of one element, as of an array `[1, 1, 1, C]`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Float.self) {
      values = [number]
    } else if let list = try? container.decode([ChannelNumbers].self), list.count == 1 {
      values = list[0].values
    } else {
      values = try container.decode([Float].self)
    }
  }

  /// Writes a number where there is only one.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if values.count == 1 { try container.encode(values[0]) } else { try container.encode(values) }
  }
}

extension ChannelNumbers: CustomStringConvertible {
  /// `0.5`, or `[0.5, 0.25, 1.0]`.
  public var description: String { values.count == 1 ? "\(values[0])" : "\(values)" }
}

extension LayerContext {
  /// A constant vector.
  mutating func vector(_ numbers: [Float]) throws(WhiskerError) -> Value {
    if Set(numbers).count == 1 { return graph.constant(numbers[0], [numbers.count]) }
    return try graph.append(.concatenate(axis: 0), numbers.map { graph.constant($0, [1]) })
  }
}
