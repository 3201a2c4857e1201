public import WhiskerTensors

/// What a node of a ``Graph`` computes.
///
/// Activations are `[N, H, W, C]`, kernels `[H, W, I, O]`.
///
/// A new op needs its case (and its ``Kind``) here, its row in `Op+Signature.swift`, its row in
/// `Gradients.swift`, its code in `WhiskerReferenceEngine` and its lowering in `WhiskerOneDNNEngine`; nothing
/// else. Exporters refuse ops that they don't know.
public enum Op: Hashable, Sendable {
  /// A tensor fed at each run.
  case input(String)
  /// A tensor that lives in the engine from run to run: a weight or an optimizer's slot.
  case state(String)
  /// The same number everywhere.
  case constant(Float, Shape)

  /// `x + y`, elementwise; an axis of one element is repeated, and so is a missing first one.
  case add
  /// `x · y`, elementwise; an axis of one element is repeated, and so is a missing first one.
  case multiply
  /// `factor · x`.
  case scale(Float)
  /// `factor · x + offset`.
  case rescale(factor: Float, offset: Float)
  /// A tensor repeated along the axes of a shape that it doesn't have or has with one element; a scalar in every element.
  case broadcast(Shape)
  /// The sum over the axes that a shape doesn't have or has with one element; what undoes ``broadcast(_:)``.
  case reduce(Shape)
  /// `Σx` over all elements, a scalar.
  case sum
  /// The mean of all elements, a scalar.
  case mean
  /// The same elements seen with other axes.
  case reshape(Shape)
  /// The axes in another order: axis `i` of the result is axis `order[i]` of `x`.
  case transpose([Int])
  /// Zeros around the rows and columns of `x [N, H, W, C]`.
  case pad(EdgePadding)
  /// Without these rows and columns of `x [N, H, W, C]`; what undoes ``pad(_:)``.
  case crop(EdgePadding)
  /// Any number of operands, one after another along an axis.
  case concatenate(axis: Int)
  /// The places `start ..< start + count` along an axis.
  case slice(axis: Int, start: Int, count: Int)

  /// `activation(x)`.
  case activation(ActivationFunction)
  /// Operands `y`, `g`: the gradient of an activation, from its result, or from `x` if that is what it takes
  /// (``ActivationFunction/isDifferentiatedFromResult``).
  case activationGradient(ActivationFunction)
  /// `rectifier(x)`.
  case rectifier(Rectifier)
  /// Operands `x`, `g`: the gradient of a rectifier.
  case rectifierGradient(Rectifier)

  /// Operands `x [M, K]`, `y [K, N]` (or transposed as said) and optionally a bias `[N]`.
  case matrixProduct(MatrixProduct)
  /// Operands `x [N, H, W, I]`, kernel `[h, w, I / groups, O]` and optionally a bias `[O]`.
  case convolution(Convolution)
  /// Operands kernel, `g`: the gradient for the convolution's input, of the shape given; also what a transposed
  /// convolution computes.
  case convolutionInputGradient(Convolution, Shape)
  /// Operands `x`, `g`: the gradient for the kernel, of the shape given.
  case convolutionKernelGradient(Convolution, Shape)
  /// `g [..., C]` summed over all axes but the last: `[C]`.
  case biasGradient

  /// Operand `x [N, H, W, C]`.
  case pooling(Pooling)
  /// Operands `x`, `y`, `g`: the gradient for the pooling's input.
  case poolingGradient(Pooling)

  /// The mean of each channel of `x [..., C]` over all other axes: `[C]`.
  case channelMean
  /// The variance of each channel of `x [..., C]`, `Σ(x − mean)² / n`: `[C]`.
  case channelVariance
  /// Operands `x [..., C]`, mean, variance, γ, β `[C]`: `γ · (x − mean) / √(variance + ε) + β`.
  case normalization(epsilon: Float)
  /// Operands `x [..., C]`, γ, β `[C]`: ``normalization(epsilon:)`` by the mean and variance of `x` itself.
  case batchNormalization(epsilon: Float)
  /// Operands `x`, γ, `g`: the gradient for the batch normalisation's input, through its mean and variance too.
  case batchNormalizationGradient(epsilon: Float)
  /// Operands `x`, `g`: the gradient for γ, `[C]`.
  case batchNormalizationScaleGradient(epsilon: Float)

  /// Operands `x [..., C]`, γ, β `[C]`: `γ · (x − mean) / √(variance + ε) + β` by the mean and the variance of each row
  /// of the last axis.
  case layerNormalization(epsilon: Float)
  /// Operands `x`, γ, `g`: the gradient for the layer normalisation's input, through its means and variances too.
  case layerNormalizationGradient(epsilon: Float)
  /// Operands `x`, `g`: the gradient for γ, `[C]`.
  case layerNormalizationScaleGradient(epsilon: Float)

  /// `x [N, H, W, C]` at another size.
  case resample(Resampling)
  /// The gradient of a resampling for its input, of the shape given.
  case resampleGradient(Resampling, Shape)

  /// Operands `x`, seed `[4]` (see ``WhiskerTensors/RandomKey/tensor``): each element is 0 with probability
  /// `rate`, else multiplied by `1 / (1 − rate)`. `salt` distinguishes the dropouts of a graph.
  case dropout(rate: Float, salt: Int)

  /// Operand seed `[4]`: numbers of the shape with mean 0 and deviation 1, normally distributed. `salt` distinguishes the
  /// noises of a graph.
  case noise(Shape, salt: Int)

  /// Operands prediction, target: one loss for each sample, `[N]`.
  case crossentropy(Crossentropy)
  /// Operands prediction, target, `g [N]`: the gradient for the prediction.
  case crossentropyGradient(Crossentropy)

  /// Operands `x`, `s` (scalar, a sum of squares): `x · min(1, c / √s)` for the bound c.
  case clipNorm(Float)
  /// Operands gradient, learning rate (scalar) and, for a rule that counts them, the number of the step from 1 (scalar):
  /// changes the named state `w` and its slots by the rule, after `w ← w − decay · lr · w`; has no result.
  case update(UpdateRule, weightDecay: Float = 0, state: String)
  /// Operand `x`: the named state becomes `momentum · state + (1 − momentum) · x`; has no result.
  case movingAverage(momentum: Float, state: String)
  /// Operands `x`, share (scalar): the named state becomes `state + share · (x − state)`; has no result.
  case blend(state: String)
}

/// Settings of a matrix product: `activation(x · y + bias)`.
public struct MatrixProduct: Hashable, Sendable {
  /// Whether the first operand is read transposed.
  public var transposesLeft: Bool
  /// Whether the second operand is read transposed.
  public var transposesRight: Bool
  /// An elementwise function applied to the result in the same pass.
  public var activation: ActivationFunction?

  /// A plain product unless said otherwise.
  public init(
    transposesLeft: Bool = false, transposesRight: Bool = false, activation: ActivationFunction? = nil
  ) {
    self.transposesLeft = transposesLeft
    self.transposesRight = transposesRight
    self.activation = activation
  }
}

/// Settings of the cross-entropy losses.
public struct Crossentropy: Hashable, Sendable {
  /// What the targets are.
  public enum Kind: String, Hashable, Sendable {
    /// Probabilities of yes for each unit, `[N, K]`; the loss is the mean over the units.
    case binary
    /// A probability for each class, `[N, K]`.
    case categorical
    /// The number of the correct class, `[N]`.
    case sparseCategorical
  }

  /// What the targets are.
  public var kind: Kind
  /// Whether predictions are logits; otherwise they are probabilities, clipped to `[1e-7, 1 − 1e-7]`.
  public var isFromLogits: Bool
  /// Targets become `y(1 − s) + s / K` (for binary `y(1 − s) + s / 2`).
  public var labelSmoothing: Float

  /// Without label smoothing unless given.
  public init(kind: Kind, isFromLogits: Bool, labelSmoothing: Float = 0) {
    self.kind = kind
    self.isFromLogits = isFromLogits
    self.labelSmoothing = labelSmoothing
  }

  /// Probabilities are kept this far from 0 and 1 before their logarithm is taken, as in Keras.
  public static let probabilityMargin: Float = 1e-7
}

extension Op {
  /// The op without its settings, to enumerate.
  public enum Kind: String, CaseIterable, Sendable {
    case input, state, constant
    case add, multiply, scale, rescale, broadcast, reduce, sum, mean, reshape, transpose, pad, crop,
      concatenate, slice
    case activation, activationGradient, rectifier, rectifierGradient
    case matrixProduct, convolution, convolutionInputGradient, convolutionKernelGradient, biasGradient
    case pooling, poolingGradient
    case channelMean, channelVariance, normalization
    case batchNormalization, batchNormalizationGradient, batchNormalizationScaleGradient
    case layerNormalization, layerNormalizationGradient, layerNormalizationScaleGradient
    case resample, resampleGradient
    case dropout, noise, crossentropy, crossentropyGradient, clipNorm, update, movingAverage, blend
  }
}
