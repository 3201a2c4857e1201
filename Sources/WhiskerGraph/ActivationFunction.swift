import WhiskerSystem

/// A function applied to each element, or for softmax to each row.
public enum ActivationFunction: String, Hashable, Sendable, CaseIterable {
  /// `max(x, 0)`.
  case relu
  /// `min(max(x, 0), 6)`.
  case relu6
  /// `1 / (1 + e⁻ˣ)`.
  case sigmoid
  /// `x / (1 + e⁻ˣ)`, also called swish.
  case silu
  /// `tanh x`.
  case tanh
  /// `eˣ / Σeˣ` over the last axis.
  case softmax

  /// Whether each element's result depends on that element alone.
  public var isElementwise: Bool { self != .softmax }

  /// Whether the derivative follows from the result; otherwise it takes the operand.
  public var isDifferentiatedFromResult: Bool { self != .silu }

  /// Whether it can be part of the op whose result it takes, which leaves nothing but its own result.
  public var isFusible: Bool { isElementwise && isDifferentiatedFromResult }
}

extension ActivationFunction: Codable {
  /// Reads Keras's name, of which `silu` has two.
  public init(from decoder: any Decoder) throws {
    let name = try? decoder.singleValueContainer().decode(String.self)
    self = name == "swish" ? .silu : try decodeChoice(from: decoder)
  }
}

/// The general rectified linear unit, of which `max(x, 0)` is the plain one:
/// `slope · (x − threshold)` up to the threshold, `x` above it, and never more than `maximum`.
public struct Rectifier: Hashable, Sendable {
  /// The largest result; nil for no bound.
  public var maximum: Float?
  /// How much of what lies below the threshold is kept.
  public var slope: Float
  /// Where rectifying begins.
  public var threshold: Float

  /// `max(x, 0)` unless said otherwise.
  public init(maximum: Float? = nil, slope: Float = 0, threshold: Float = 0) {
    self.maximum = maximum
    self.slope = slope
    self.threshold = threshold
  }
}
