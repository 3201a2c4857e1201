import WhiskerSystem

/// A function applied to each element, or for softmax and its kin to each row.
///
/// They are those of `keras.activations`, with the settings that a name alone gives there, and ``approximateGELU``.
public enum ActivationFunction: String, Hashable, Sendable, CaseIterable {
  /// `max(x, 0)`.
  case relu
  /// `min(max(x, 0), 6)`.
  case relu6
  /// `x` above 0, else `0.2 · x`.
  case leakyReLU = "leaky_relu"
  /// `x` above 0, else `eˣ − 1`.
  case elu
  /// `max(x, 0) + e^min(x, 0) − 1`: with Keras's α of 1 the same as ``elu``.
  case celu
  /// `λ · x` above 0, else `λ · α · (eˣ − 1)`, with λ = 1.0507… and α = 1.6733… (Klambauer et al. 2017).
  case selu
  /// `1 / (1 + e⁻ˣ)`.
  case sigmoid
  /// `log(1 / (1 + e⁻ˣ))`.
  case logSigmoid = "log_sigmoid"
  /// `min(max(x + 3, 0), 6) / 6`, as in Keras 3.
  case hardSigmoid = "hard_sigmoid"
  /// `min(max((x + 1) / 2, 0), 1)`.
  case sparseSigmoid = "sparse_sigmoid"
  /// `x / (1 + e⁻ˣ)`, also called swish.
  case silu
  /// `x · min(max(x + 3, 0), 6) / 6`, also called hard swish.
  case hardSilu = "hard_silu"
  /// `x / 2 · (1 + erf(x / √2))`.
  case gelu
  /// `x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 · x³)))`: GELU as many networks were trained with it.
  case approximateGELU = "gelu_approximate"
  /// `x · tanh(log(1 + eˣ))`.
  case mish
  /// `log(1 + eˣ)`.
  case softplus
  /// `(x + √(x² + 4)) / 2`.
  case squareplus
  /// 0 up to −1, `x` from 1, and `(x + 1)² / 4` between.
  case sparsePlus = "sparse_plus"
  /// `tanh x`.
  case tanh
  /// `min(max(x, −1), 1)`.
  case hardTanh = "hard_tanh"
  /// `x − tanh x`.
  case tanhShrink = "tanh_shrink"
  /// `x` moved by 0.5 towards 0, and 0 within that.
  case softShrink = "soft_shrink"
  /// 0 where `|x|` is at most 0.5, else `x`.
  case hardShrink = "hard_shrink"
  /// `x / (1 + |x|)`.
  case softsign
  /// `eˣ`.
  case exponential
  /// `eˣ / Σeˣ` over the last axis.
  case softmax
  /// `log(eˣ / Σeˣ)` over the last axis.
  case logSoftmax = "log_softmax"
  /// `max(x − τ, 0)` over the last axis, where `τ = (S₁ + … + Sₖ − 1) / k`: Sⱼ is the sum of the j largest elements zⱼ, and k
  /// the number of those for which `1 + j · zⱼ > Sⱼ`.
  ///
  /// That is what Keras 3.15 computes under this name. It sums to 1 only where k is 1: in Martins and Astudillo, 2016,
  /// <https://arxiv.org/abs/1602.02068>, `τ = (Sₖ − 1) / k`.
  case sparsemax

  /// λ of ``selu`` (Klambauer et al., 2017, <https://arxiv.org/abs/1706.02515>).
  package static let seluScale: Double = 1.050_700_987_355_480_5
  /// α of ``selu``.
  package static let seluSlope: Double = 1.673_263_242_354_377_2
  /// The slope of ``leakyReLU`` below 0.
  package static let leakySlope: Float = 0.2
  /// Where ``softShrink`` and ``hardShrink`` begin.
  package static let shrinkThreshold: Float = 0.5

  /// Whether each element's result depends on that element alone.
  public var isElementwise: Bool {
    switch self {
    case .softmax, .logSoftmax, .sparsemax: false
    default: true
    }
  }

  /// Whether the derivative follows from the result; otherwise it takes the operand.
  public var isDifferentiatedFromResult: Bool {
    switch self {
    case .relu, .relu6, .leakyReLU, .elu, .celu, .selu, .sigmoid, .hardSigmoid, .sparseSigmoid, .tanh,
      .hardTanh,
      .softsign, .exponential, .softmax, .logSoftmax:
      true
    case .sparsemax, .logSigmoid, .silu, .hardSilu, .gelu, .approximateGELU, .mish, .softplus, .squareplus,
      .sparsePlus,
      .tanhShrink, .softShrink, .hardShrink:
      false
    }
  }

  /// Whether it can be part of the op whose result it takes, which leaves nothing but its own result: engines compute
  /// these in the same pass.
  public var isFusible: Bool {
    switch self {
    case .relu, .relu6, .leakyReLU, .elu, .celu, .sigmoid, .tanh, .hardTanh, .exponential: true
    default: false
    }
  }
}

extension ActivationFunction: Codable {
  /// Reads Keras's name, of which some have two.
  public init(from decoder: any Decoder) throws {
    let name = try? decoder.singleValueContainer().decode(String.self)
    self =
      switch name {
      case "swish": .silu
      case "hard_swish": .hardSilu
      default: try decodeChoice(from: decoder)
      }
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
