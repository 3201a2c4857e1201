package import WhiskerLayers

/// The progress of a training phase, and what controls it from epoch to epoch.
///
/// Training without phases is one phase.
public struct PhaseProgress: Hashable, Sendable, Codable {
  /// The number of the phase, from 0.
  public package(set) var index = 0
  /// The finished epochs when it began.
  public package(set) var firstEpoch = 0
  /// The learning rate, where it was lowered on a plateau.
  public package(set) var learningRate: Float?
  /// Whether it ended before its time.
  public package(set) var isOver = false
  /// The best epoch so far for early stopping, from 1.
  public package(set) var bestEpoch: Int?
  private var plateau = Waiting()
  private var stopping = Waiting()

  /// The state of a figure that should improve.
  private struct Waiting: Hashable, Codable {
    var best: Double?
    /// Epochs in a row without improvement.
    var wait = 0
    /// Epochs that aren't counted yet.
    var cooldown = 0
  }

  package init(index: Int = 0, firstEpoch: Int = 0) {
    self.index = index
    self.firstEpoch = firstEpoch
  }

  /// Takes an epoch's figure; `rate` is the learning rate as it is.
  ///
  /// As `keras.callbacks.ReduceLROnPlateau` has it.
  ///
  /// - Returns: the new rate, nil if it stays.
  package mutating func reduce(_ rate: Float, by rule: ReduceOnPlateau, after epoch: History.Epoch) -> Float?
  {
    guard let value = epoch[rule.monitor] else { return nil }
    if plateau.cooldown > 0 {
      plateau.cooldown -= 1
      plateau.wait = 0
    }
    if rule.monitor.isImprovement(value, over: plateau.best, margin: rule.minimumChange) {
      plateau.best = value
      plateau.wait = 0
      return nil
    }
    guard plateau.cooldown == 0 else { return nil }
    plateau.wait += 1
    guard plateau.wait >= rule.patience, rate > rule.minimumRate else { return nil }
    plateau.cooldown = rule.cooldown
    plateau.wait = 0
    let reduced = max(Float(Double(rate) * rule.factor), rule.minimumRate)
    learningRate = reduced
    return reduced
  }

  /// Takes the figure of an epoch, counted from 0 in its phase; may end the phase.
  ///
  /// As `keras.callbacks.EarlyStopping` has it.
  ///
  /// - Returns: whether the epoch is the best so far.
  package mutating func stop(by rule: EarlyStopping, after epoch: History.Epoch, number: Int) -> Bool {
    guard let value = epoch[rule.monitor], number >= rule.startFromEpoch else { return false }
    stopping.wait += 1
    if rule.monitor.isImprovement(value, over: stopping.best, margin: rule.minimumChange) {
      stopping.best = value
      stopping.wait = 0
      bestEpoch = firstEpoch + number + 1
      return true
    }
    isOver = stopping.wait >= rule.patience && number > 0
    return false
  }
}
