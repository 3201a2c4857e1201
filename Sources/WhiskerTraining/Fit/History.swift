public import WhiskerLayers

/// What training measured, epoch by epoch.
public struct History: Hashable, Sendable, Codable {
  /// One epoch's figures.
  public struct Epoch: Hashable, Sendable, Codable {
    /// The mean loss of the epoch's steps, penalties included; with sample weights `Σ wᵢlᵢ / N`, as in Keras.
    public var loss: Double
    /// The accuracy on training samples, each before the step that trains on it, whatever its weight.
    public var accuracy: Double
    /// Loss and accuracy on the validation data after the epoch, if there is such data.
    public var validation: Score?
    /// The learning rate of the epoch's last step; nil where it wasn't recorded.
    public var learningRate: Float?
    /// The other metrics on training samples, over the whole epoch: each before the step that was trained on
    /// it, by its weight.
    public var metrics: MetricValues

    /// One epoch's figures.
    public init(
      loss: Double, accuracy: Double, validation: Score? = nil, learningRate: Float? = nil,
      metrics: MetricValues = [:]
    ) {
      self.loss = loss
      self.accuracy = accuracy
      self.validation = validation
      self.learningRate = learningRate
      self.metrics = metrics
    }

    /// A figure of the epoch; nil if it wasn't measured or isn't defined.
    public subscript(figure: MonitoredMetric) -> Double? {
      if figure.isValidation { return validation?[figure.metric] }
      return switch figure.metric {
      case nil: loss
      case .accuracy?: accuracy
      case let metric?: metrics[metric]
      }
    }
  }

  /// Loss and accuracy on some data.
  public struct Score: Hashable, Sendable, Codable {
    /// The mean loss, penalties included.
    public var loss: Double
    /// The fraction of samples classified correctly.
    public var accuracy: Double
    /// The other metrics.
    public var metrics: MetricValues

    /// Loss and accuracy, and the other metrics.
    public init(loss: Double, accuracy: Double, metrics: MetricValues = [:]) {
      self.loss = loss
      self.accuracy = accuracy
      self.metrics = metrics
    }

    /// The loss, for nil, or a metric; nil if it wasn't measured or isn't defined.
    subscript(metric: Metric?) -> Double? {
      switch metric {
      case nil: loss
      case .accuracy?: accuracy
      case let metric?: metrics[metric]
      }
    }

    /// Whether this is the better of two: the higher accuracy, on a tie the lower loss.
    public func isBetter(than other: Score) -> Bool {
      (accuracy, -loss) > (other.accuracy, -other.loss)
    }
  }

  /// The epochs, first to last.
  public var epochs: [Epoch] = []
  /// Seconds from the first step to the end of the last validation.
  public var seconds = 0.0
  /// The validation figure that decides which epoch is the best.
  public var bestBy = MonitoredMetric.validationAccuracy

  /// An empty history.
  public init() {}

  /// The names of the curves that every history has, in Keras's order.
  public static let keys = ["acc", "loss", "val_acc", "val_loss"]

  /// What was measured besides the accuracy in any of the epochs, in the order in which it first was.
  public var metrics: [Metric] {
    epochs.reduce(into: []) { found, epoch in
      for metric in epoch.metrics.metrics + (epoch.validation?.metrics.metrics ?? [])
      where !found.contains(metric) { found.append(metric) }
    }
  }

  /// The names of all its curves but that of the learning rate, in Keras's order: `acc`, `loss`, then the other
  /// metrics, such as `f1`, and the same on the validation data.
  public var keys: [String] { MonitoredMetric.inKerasOrder(with: metrics).map(\.rawValue) }

  /// One curve by its name: `acc`, `loss`, `val_acc`, `val_loss`, `learning_rate` or that of another metric,
  /// such as `f1` or `val_f1`; without the epochs that have no such figure, empty if none has.
  public subscript(key: String) -> [Double] { curve(key).compactMap(\.self) }

  /// The same with nil for epochs that have no such figure.
  public func curve(_ key: String) -> [Double?] {
    if key == "learning_rate" { return epochs.map { $0.learningRate.map(Double.init) } }
    guard let figure = MonitoredMetric(rawValue: key), figure.rawValue == key else { return [] }
    return epochs.map { $0[figure] }
  }

  /// The position of the epoch with the best validation figure (``bestBy``), on a tie that with the lower loss,
  /// then the first; nil if no epoch has the figure.
  public var bestEpoch: Int? {
    var best: (index: Int, figure: Double, loss: Double)?
    for (index, epoch) in epochs.enumerated() {
      guard let value = epoch[bestBy], let score = epoch.validation else { continue }
      let figure = bestBy.isBetterHigher ? value : -value
      if best.map({ (figure, -score.loss) > ($0.figure, -$0.loss) }) ?? true {
        best = (index, figure, score.loss)
      }
    }
    return best?.index
  }

  /// Whether the last epoch is the best so far.
  package var endsWithBest: Bool { !epochs.isEmpty && bestEpoch == epochs.count - 1 }
}
