public import Foundation
public import WhiskerTraining

/// Something that a run tells what happens, in order: a log, a chart.
///
/// ```swift
/// run.sinks.append { folder in try MyLog(writing: folder) }
/// ```
/// It is called between steps, on the run's own task, and may hold files open; it ends with the run. What it throws
/// ends the run.
public protocol RunSink: AnyObject {
  /// Takes an event.
  ///
  /// - Parameters:
  ///   - event: What happened.
  ///   - model: The model; at ``TrainingRun/Event/training(_:)`` with
  ///     ``TrainingEvent/epochEnded(epoch:epochs:_:seconds:)`` it holds the weights of that moment, during an epoch those
  ///     of the last checkpoint or epoch.
  func receive(_ event: TrainingRun.Event, model: Model) throws

  /// The files in the run's folder that it writes, once it was made: they go with the run when another replaces it.
  ///
  /// None unless the sink says otherwise; what isn't named stays. The log ``EventLog`` goes in any case.
  var files: [URL] { get }
}

extension RunSink {
  /// None.
  public var files: [URL] { [] }
}

/// Makes a sink for a run's folder, once the run holds it and what was to go of an older run is gone.
public typealias RunSinkMaker = @Sendable (_ folder: URL) throws -> any RunSink
