public import WhiskerLayers

/// What happens during training, for progress bars, logs and files.
public enum TrainingEvent: Hashable, Sendable {
  /// A phase of several begins or resumes; phases count from 1.
  case phaseBegan(number: Int, of: Int, TrainingPhase)
  /// Training changes to a stage, or resumes in it, before an epoch begins; epochs count from 1.
  case stageBegan(epoch: Int, name: String)
  /// An epoch begins; epochs count from 1.
  case epochBegan(epoch: Int, epochs: Int, steps: Int)
  /// A step is done.
  case stepEnded(Progress)
  /// A batch of the validation data is done.
  case validationStepEnded(step: Int, steps: Int)
  /// An epoch is over, its validation included; the model holds the weights of this moment.
  case epochEnded(epoch: Int, epochs: Int, History.Epoch, seconds: Double)
  /// Training, or its phase, ends after an epoch because it no longer improves, or restores the weights of its
  /// best epoch; both are nil where they don't apply.
  case stopped(early: Int?, restoredEpoch: Int?)

  /// The progress of an epoch.
  public struct Progress: Hashable, Sendable {
    /// The epoch, from 1.
    public var epoch: Int
    /// Steps done in the epoch, and how many it has.
    public var step: Int, steps: Int
    /// The mean loss of the epoch so far.
    public var loss: Double
    /// The accuracy on the epoch's samples so far.
    public var accuracy: Double
    /// Seconds since the epoch began.
    public var seconds: Double
  }
}
