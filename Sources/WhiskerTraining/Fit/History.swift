/// What training measured, epoch by epoch.
public struct History: Hashable, Sendable, Codable {
  /// One epoch's figures.
  public struct Epoch: Hashable, Sendable, Codable {
    /// The mean loss of the epoch's steps, penalties included; with sample weights `Σ wᵢlᵢ / N`, as in Keras.
    public var loss: Double
    /// The share of training samples told right, each before the step that learned from it, whatever its weight.
    public var accuracy: Double
    /// Loss and accuracy on the validation data after the epoch, if there is such data.
    public var validation: Score?

    /// One epoch's figures.
    public init(loss: Double, accuracy: Double, validation: Score? = nil) {
      self.loss = loss
      self.accuracy = accuracy
      self.validation = validation
    }
  }

  /// Loss and accuracy on some data.
  public struct Score: Hashable, Sendable, Codable {
    /// The mean loss, penalties included.
    public var loss: Double
    /// The share of samples told right.
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

  /// One curve by Keras's name: `acc`, `loss`, `val_acc` or `val_loss`; empty if there is none of that name.
  public subscript(key: String) -> [Double] {
    switch key {
    case "acc": epochs.map(\.accuracy)
    case "loss": epochs.map(\.loss)
    case "val_acc": epochs.compactMap(\.validation?.accuracy)
    case "val_loss": epochs.compactMap(\.validation?.loss)
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
}
