/// When training hands out checkpoints, and to whom.
///
/// ```swift
/// let store = try CheckpointStore(folder)
/// try await model.fit(
///   train, epochs: 30, validation: validation,
///   from: store.newest()?.checkpoint, saving: Checkpointing(to: store))
/// ```
/// Run again after any interruption, this continues where it was.
public struct Checkpointing {
  /// How much time of an epoch may be lost; nil for any.
  public var interval: Duration? = .seconds(150)
  /// Every how many steps, counted from the first, there is one as well; nil for none.
  public var steps: Int?
  /// Takes a checkpoint; an error it throws ends training.
  public var write: (Checkpoint) async throws -> Void

  /// Hands checkpoints to a function at the end of each epoch, when training is cancelled, and as often as is said
  /// within an epoch.
  public init(
    every interval: Duration? = .seconds(150), steps: Int? = nil,
    write: @escaping (Checkpoint) async throws -> Void
  ) {
    self.interval = interval
    self.steps = steps
    self.write = write
  }

  /// Whether one is due within an epoch, after a step.
  func isDue(afterStep step: Int, last: ContinuousClock.Instant) -> Bool {
    if let steps, step % steps == 0 { return true }
    return interval.map { last.duration(to: .now) >= $0 } ?? false
  }
}
