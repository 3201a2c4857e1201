import WhiskerSystem

/// What keeps gradients from being too large, before they change any weight (Pascanu and others, "On the difficulty of training
/// recurrent neural networks", 2013), as Keras and PyTorch have it.
public enum GradientClipping: Hashable, Sendable {
  /// Every gradient is multiplied by `min(1, c / n)`, where n is the norm of all of them together: `n² = Σ gᵢ²` over all
  /// weights (Keras's `global_clipnorm`, PyTorch's `clip_grad_norm_`).
  case globalNorm(Float)
  /// The gradient of each weight is multiplied by `min(1, c / n)` with its own norm n (Keras's `clipnorm`).
  case norm(Float)
  /// Every number is kept within −c and c (Keras's `clipvalue`, PyTorch's `clip_grad_value_`).
  case value(Float)

  /// The bound c.
  package var bound: Float {
    switch self {
    case .globalNorm(let bound), .norm(let bound), .value(let bound): bound
    }
  }

  /// Checks the bound; errors name the setting.
  func check() throws(WhiskerError) {
    guard bound > 0, bound.isFinite else {
      throw WhiskerError(
        .invalidSetting, "gradient clipping", expected: "a bound above 0", got: "\(bound)")
    }
  }
}
