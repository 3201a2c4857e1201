public import WhiskerGraph
package import WhiskerSystem
public import WhiskerTensors

/// What training minimises.
///
/// When the network's last activation matches the loss (sigmoid for binary, softmax for the other
/// two), the loss is computed from the logits before it, which keeps precision where probabilities are near 0
/// or 1.
public struct Loss: Hashable, Sendable {
  /// What the targets are.
  public var kind: Crossentropy.Kind
  /// Targets move this far towards "don't know", in `0 ..< 1`.
  public var labelSmoothing: Float

  /// A cross-entropy of a kind.
  public init(_ kind: Crossentropy.Kind, labelSmoothing: Float = 0) {
    self.kind = kind
    self.labelSmoothing = labelSmoothing
  }

  /// `−y log p − (1 − y) log(1 − p)`, for one sigmoid output.
  public static let binaryCrossentropy = Loss(.binary)
  /// `−Σ y log p`, for softmax outputs and one-hot targets.
  public static let categoricalCrossentropy = Loss(.categorical)
  /// `−log p` of the correct class, for softmax outputs and class numbers.
  public static let sparseCategoricalCrossentropy = Loss(.sparseCategorical)

  /// ``binaryCrossentropy`` with label smoothing.
  public static func binaryCrossentropy(labelSmoothing: Float) -> Loss {
    Loss(.binary, labelSmoothing: labelSmoothing)
  }

  /// ``categoricalCrossentropy`` with label smoothing.
  public static func categoricalCrossentropy(labelSmoothing: Float) -> Loss {
    Loss(.categorical, labelSmoothing: labelSmoothing)
  }

  /// The shape of one sample's target for a network with this output.
  public func targetShape(output: Shape) -> Shape {
    switch kind {
    case .binary: output == [1] ? [] : output
    case .categorical: output
    case .sparseCategorical: []
    }
  }

  /// Whether a sample is of one class of several, and not of any number of them: a sigmoid for each of several outputs.
  package func isExclusive(output: Shape) -> Bool { kind != .binary || output[0] == 1 }

  /// How many classes a network with this output distinguishes.
  package func classCount(output: Shape) -> Int { max(2, output[0]) }

  /// Checks the settings, and that a network with this output can be trained by the loss.
  package func check(output: Shape) throws(WhiskerError) {
    guard output.rank == 1 else {
      throw WhiskerError(
        .shapeMismatch, "loss", expected: "an output (units)",
        got: "\(output): put a Flatten or a global pooling before the last Dense layer")
    }
    guard kind == .binary || output[0] >= 2 else {
      throw WhiskerError(
        .shapeMismatch, "loss",
        expected: "at least 2 outputs for \(kind.rawValue) cross-entropy", got: "\(output[0])")
    }
    guard (0..<1).contains(labelSmoothing) else {
      throw WhiskerError(
        .invalidSetting, "loss",
        expected: "label smoothing of at least 0 and below 1", got: "\(labelSmoothing)")
    }
  }
}
