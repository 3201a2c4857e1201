import WhiskerLayers

/// What training measured, epoch by epoch.
public struct History: Hashable, Sendable, Codable {
  /// One epoch's figures.
  public struct Epoch: Hashable, Sendable, Codable {
    /// The mean loss of the epoch's steps, penalties included; with sample weights `Σ wᵢlᵢ / N`, as in Keras.
    public var loss: Double
    /// The accuracy on training samples, each before the step that learned from it, whatever its weight.
    public var accuracy: Double
    /// Loss and accuracy on the validation data after the epoch, if there is such data.
    public var validation: Score?
    /// The learning rate of the epoch's last step; nil where it wasn't noted.
    public var learningRate: Float?

    /// One epoch's figures.
    public init(loss: Double, accuracy: Double, validation: Score? = nil, learningRate: Float? = nil) {
      self.loss = loss
      self.accuracy = accuracy
      self.validation = validation
      self.learningRate = learningRate
    }

    /// A figure by which a training is steered; nil if there is no validation to take it from.
    func value(of metric: MonitoredMetric) -> Double? {
      switch metric {
      case .loss: loss
      case .accuracy: accuracy
      case .validationLoss: validation?.loss
      case .validationAccuracy: validation?.accuracy
      }
    }
  }

  /// Loss and accuracy on some data.
  public struct Score: Hashable, Sendable, Codable {
    /// The mean loss, penalties included.
    public var loss: Double
    /// The fraction of samples classified correctly.
    public var accuracy: Double

    /// Loss and accuracy.
    public init(loss: Double, accuracy: Double) {
      self.loss = loss
      self.accuracy = accuracy
    }

    /// Whether this is the better of two: the higher accuracy, of equals the lower loss.
    public func isBetter(than other: Score) -> Bool {
      (accuracy, -loss) > (other.accuracy, -other.loss)
    }
  }

  /// The epochs, first to last.
  public var epochs: [Epoch] = []
  /// Seconds from the first step to the end of the last validation.
  public var seconds = 0.0

  /// A history of nothing.
  public init() {}

  /// The names of the curves, in Keras's order.
  public static let keys = ["acc", "loss", "val_acc", "val_loss"]

  /// One curve by Keras's name: `acc`, `loss`, `val_acc`, `val_loss` or `learning_rate`; empty if there is none of that
  /// name.
  public subscript(key: String) -> [Double] {
    switch key {
    case "acc": epochs.map(\.accuracy)
    case "loss": epochs.map(\.loss)
    case "val_acc": epochs.compactMap(\.validation?.accuracy)
    case "val_loss": epochs.compactMap(\.validation?.loss)
    case "learning_rate": epochs.compactMap(\.learningRate).map(Double.init)
    default: []
    }
  }

  /// The position of the epoch with the best validation score (``Score/isBetter(than:)``), of equals the first.
  public var bestEpoch: Int? {
    var best: (index: Int, score: Score)?
    for (index, epoch) in epochs.enumerated() {
      guard let score = epoch.validation else { continue }
      if best.map({ score.isBetter(than: $0.score) }) ?? true { best = (index, score) }
    }
    return best?.index
  }

  /// Whether the last epoch is the best so far.
  package var endsWithBest: Bool { !epochs.isEmpty && bestEpoch == epochs.count - 1 }
}
