import WhiskerSystem
public import WhiskerTensors

/// How the first values of a weight are drawn.
///
/// `fan_in` and `fan_out` are `kh·kw·I` and `kh·kw·O` for a kernel `[kh, kw, I, O]`, `I` and `O` for `[I, O]`.
public enum Initializer: String, Hashable, Sendable, CaseIterable, Codable {
  /// Uniform in `±√(6 / (fan_in + fan_out))` (Glorot and Bengio 2010); the default of layers.
  case glorotUniform = "glorot_uniform"
  /// Uniform in `±√(6 / fan_in)` (He et al. 2015).
  case heUniform = "he_uniform"
  /// Normal cut at two deviations, with variance `2 / (fan_in + fan_out)` after the cut.
  case glorotNormal = "glorot_normal"
  /// Normal cut at two deviations, with variance `2 / fan_in` after the cut.
  case heNormal = "he_normal"
  /// 0.
  case zeros
  /// 1.
  case ones

  /// First values for a weight of a shape, drawn from a key.
  public func tensor(_ shape: Shape, key: RandomKey) -> Tensor {
    let (fanIn, fanOut) = Initializer.fans(of: shape)
    switch self {
    case .glorotUniform: return uniform(shape, limit: (6 / (fanIn + fanOut)).squareRoot(), key)
    case .heUniform: return uniform(shape, limit: (6 / fanIn).squareRoot(), key)
    case .glorotNormal: return truncatedNormal(shape, variance: 2 / (fanIn + fanOut), key)
    case .heNormal: return truncatedNormal(shape, variance: 2 / fanIn, key)
    case .zeros: return Tensor(shape: shape)
    case .ones: return Tensor(shape: shape, repeating: 1)
    }
  }

  private static func fans(of shape: Shape) -> (Float, Float) {
    guard shape.rank >= 2 else { return (Float(shape.count), Float(shape.count)) }
    let window = shape.sizes.dropLast(2).reduce(1, *)
    return (Float(window * shape[shape.rank - 2]), Float(window * shape[shape.rank - 1]))
  }

  private func uniform(_ shape: Shape, limit: Float, _ key: RandomKey) -> Tensor {
    var stream = RandomStream(key)
    return Tensor(shape: shape, values: (0..<shape.count).map { _ in stream.uniform(in: -limit...limit) })
  }

  private func truncatedNormal(_ shape: Shape, variance: Float, _ key: RandomKey) -> Tensor {
    // A standard normal cut at ±2 has this standard deviation.
    let deviation = variance.squareRoot() / 0.879_625_66
    var stream = RandomStream(key)
    return Tensor(
      shape: shape,
      values: (0..<shape.count).map { _ in
        var draw = stream.normal()
        while abs(draw) > 2 { draw = stream.normal() }
        return draw * deviation
      })
  }
}

extension Initializer {
  /// Reads a name.
  public init(from decoder: any Decoder) throws { self = try decodeChoice(from: decoder) }
}
