public import Foundation
public import WhiskerTraining

/// Something that receives a run's events, in order: a log, a chart.
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
  ///   - model: The model as it is at that moment; values that are read from it are copied from the engine.
  func receive(_ event: TrainingRun.Event, model: Model) async throws

  /// The files in the run's folder that it writes, once it was made: they are removed with the run when another
  /// replaces it.
  ///
  /// None unless the sink says otherwise; files that aren't named stay. The log ``EventLog`` is removed in any
  /// case.
  var files: [URL] { get }
}

extension RunSink {
  /// None.
  public var files: [URL] { [] }
}

/// Makes a sink for a run's folder, once the run holds it and an older run's files are removed.
public typealias RunSinkMaker = @Sendable (_ folder: URL) throws -> any RunSink
