import WhiskerGraph
import WhiskerTraining

/// How a run trains: what differs between steps on photos and a fit to features.
///
/// Everything else about a run (its folder, files, events, sinks and how it ends) is ``RunWriter``'s.
protocol RunStrategy: AnyObject {
  /// Steps in an epoch, once the photos are read.
  var stepsPerEpoch: Int { get }
  /// Whether there are checkpoints, and files after each epoch: where a fit takes moments, the files of an older run stay
  /// until all of the new one are there.
  var keepsCheckpoints: Bool { get }

  /// Reads the data to train on.
  func read() async throws -> TrainingRun.Summary

  /// Prepares the model, before an older run is replaced.
  ///
  /// - Parameter isNew: Whether there is no checkpoint to resume from.
  func prepare(isNew: Bool) async throws

  /// The model, and how photos become its inputs.
  var saved: SavedModel { get throws }

  /// Learns.
  ///
  /// - Parameters:
  ///   - work: The run, which gets every event.
  ///   - checkpoint: Where to resume; nil starts from the beginning.
  func learn(_ work: RunWriter, from checkpoint: Checkpoint?) async throws -> History
}
