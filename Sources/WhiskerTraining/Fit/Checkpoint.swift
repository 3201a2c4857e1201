import WhiskerGraph
public import WhiskerLayers
import WhiskerSystem
public import WhiskerTensors

/// A moment in training, with everything needed to resume from it.
///
/// Training that resumes from a checkpoint gives the same bits as without the interruption: the stream of
/// samples is entered at ``WhiskerLayers/TrainingState/step``, and dropout and augmentation draw from the seed, the step
/// and the place in that stream, so nothing has to be replayed. An engine that computes with more than
/// the 32 bits of a checkpoint's numbers, such as the reference engine, is rounded once where it resumes.
public struct Checkpoint: Hashable, Sendable {
  /// Weights, optimizer slots, and steps taken.
  public var state: TrainingState
  /// The progress of training.
  public var progress: TrainingProgress
  /// The weights of the best epoch, where early stopping will restore them.
  public var bestWeights: [String: Tensor]?
  /// The writer's own notes: a recipe, a digest of the data.
  public var notes: [String: String] = [:]

  /// A moment in training.
  public init(state: TrainingState, progress: TrainingProgress) {
    self.state = state
    self.progress = progress
  }
}

/// The progress of training: the finished epochs and the position in the current one.
public struct TrainingProgress: Hashable, Sendable, Codable {
  /// The seed of dropout.
  public let seed: UInt64
  /// Steps in an epoch.
  public let stepsPerEpoch: Int
  /// Samples in a step.
  public let batchSize: Int
  /// Samples in a pass over the data.
  public let sampleCount: Int
  /// The optimizer steps that the model had taken before this training.
  public let firstStep: Int
  /// The finished epochs, and the seconds until this moment.
  public package(set) var history = History()
  /// Steps taken in the current epoch; all of them while only its validation is missing.
  public package(set) var stepInEpoch = 0
  /// Seconds spent on the current epoch.
  public package(set) var epochSeconds = 0.0
  /// The sums of the current epoch.
  var tally = Tally()
  /// The metrics of the current epoch besides the accuracy; nil if there are none.
  package var metrics: MetricTally?
  /// The current phase; nil in checkpoints from before there were phases.
  private var phaseUnderWay: PhaseProgress?

  /// The phase under way.
  public package(set) var phase: PhaseProgress {
    get { phaseUnderWay ?? PhaseProgress() }
    set { phaseUnderWay = newValue }
  }

  /// The beginning of training.
  package init(seed: UInt64, stepsPerEpoch: Int, batchSize: Int, sampleCount: Int, firstStep: Int) {
    self.seed = seed
    self.stepsPerEpoch = stepsPerEpoch
    self.batchSize = batchSize
    self.sampleCount = sampleCount
    self.firstStep = firstStep
  }

  /// Finished epochs.
  public var epochsDone: Int { history.epochs.count }
  /// Steps taken in this training.
  public var stepsDone: Int { epochsDone * stepsPerEpoch + stepInEpoch }
  /// The step that ended the best epoch on validation, counted as ``stepsDone``; nil without validation.
  public var bestStep: Int? { history.bestEpoch.map { ($0 + 1) * stepsPerEpoch } }
  /// How many passes over the data are complete, and how many samples of the next one are taken; with balanced sampling, as
  /// many samples.
  public var streamPlace: (pass: Int, place: Int) {
    let (pass, place) = ((firstStep + stepsDone) * batchSize).quotientAndRemainder(dividingBy: sampleCount)
    return (pass, place)
  }

  package mutating func endEpoch(_ result: History.Epoch) {
    history.epochs.append(result)
    stepInEpoch = 0
    epochSeconds = 0
    tally = Tally()
    metrics?.removeAll()
  }

  /// Whether the numbers are consistent with each other and with the steps that a model has taken; those read
  /// from a file may not be.
  package func isConsistent(withStep step: Int) -> Bool {
    guard stepsPerEpoch >= 1, batchSize >= 1, sampleCount >= 1, firstStep >= 0,
      0...stepsPerEpoch ~= stepInEpoch, firstStep <= step
    else { return false }
    // None of these may overflow: they are as large as a damaged file says.
    let (steps, overflows) = epochsDone.multipliedReportingOverflow(by: stepsPerEpoch)
    let (samples, overflowsToo) = step.multipliedReportingOverflow(by: batchSize)
    return !overflows && !overflowsToo && samples >= 0 && step - firstStep - stepInEpoch == steps
  }

  /// Checks that training with other settings may resume from here.
  ///
  /// More epochs are fine: no step depends on how many follow.
  func check(continues other: TrainingProgress, epochs: Int) throws(WhiskerError) {
    try requireSame("seed", seed, other.seed)
    try requireSame("steps per epoch", stepsPerEpoch, other.stepsPerEpoch)
    try requireSame("batch size", batchSize, other.batchSize)
    try requireSame("number of samples", sampleCount, other.sampleCount)
    let isSame =
      metrics.map { mine in other.metrics.map(mine.measuresSame) ?? false } ?? (other.metrics == nil)
    guard stepInEpoch == 0 || isSame else {
      func names(_ metrics: MetricTally?) -> String {
        metrics.map { $0.metrics.map(\.name).joined(separator: ", ") } ?? "none"
      }
      throw WhiskerError(
        .invalidSetting, "metrics",
        expected: "those of the checkpoint, which is amid an epoch (\(names(metrics)))",
        got: names(other.metrics))
    }
    let begun = epochsDone + (stepInEpoch > 0 ? 1 : 0)
    guard begun <= epochs else {
      throw WhiskerError(
        .invalidSetting, "epochs", expected: "at least the \(begun) of the checkpoint", got: "\(epochs)")
    }
  }

  /// The same, for training with other settings to resume from.
  func continued(as other: TrainingProgress) -> TrainingProgress {
    var progress = self
    if stepInEpoch == 0 { progress.metrics = other.metrics }
    progress.history.bestBy = other.history.bestBy
    return progress
  }

  private func requireSame<Value: Equatable>(
    _ setting: String, _ mine: Value, _ new: Value
  ) throws(WhiskerError) {
    guard mine == new else {
      throw WhiskerError(.invalidSetting, setting, expected: "that of the checkpoint, \(mine)", got: "\(new)")
    }
  }
}
