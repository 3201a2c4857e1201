package import Foundation
import WhiskerFormats
package import WhiskerSystem

/// What the log of a run (``EventLog``) adds to its ``RunRecord``: when it was running, how long that took, and
/// the warnings; however often the run was interrupted and resumed.
package struct RunLog: Sendable {
  /// One period in which the run was running.
  package struct Session: Sendable {
    /// How it was started.
    package let command: [String]
    /// The seed of everything random.
    package let seed: String?
    /// The folder or table that the photos came from; older runs don't say.
    package let data: String?
    /// The seconds that finding and decoding the photos took; older runs don't say.
    package let readingSeconds: Double?
    /// When training began, and the time of the last known event.
    package let began: Date
    package fileprivate(set) var ended: Date
  }

  /// The periods in which the run was running.
  package private(set) var sessions: [Session] = []
  /// The seconds of each epoch, its validation included.
  package private(set) var epochSeconds: [Int: Double] = [:]
  /// The seconds of each epoch's steps alone; older runs don't say.
  package private(set) var stepSeconds: [Int: Double] = [:]
  /// What the user was warned of, each once.
  package private(set) var warnings: [String] = []
  /// The photos that couldn't be read, by their split.
  package private(set) var unreadable: [String: [String]] = [:]
  /// Whether the run was finished.
  package private(set) var isFinished = false

  /// Reads the log of a run's folder; what isn't there is empty.
  package init(folder: URL) {
    let url = folder.appendingPathComponent(RunFolder.FileName.events)
    let text = String(decoding: FileManager.default.contents(atPath: url.path) ?? Data(), as: UTF8.self)
    for line in text.split(separator: "\n") {
      // A line that was cut off, or that a later version wrote, is ignored.
      guard let fields = try? JSONValue(Data(line.utf8)).object,
        let time = fields["time"]?.string.flatMap(RunLog.date), let event = fields["event"]?.string
      else { continue }
      let begins = ["started", "resumed"].contains(event)
      if !sessions.isEmpty, !begins { sessions[sessions.count - 1].ended = time }
      take(event, fields, at: time)
    }
  }

  /// Where the photos of the run are, as it found them last.
  ///
  /// - Parameter run: The run's folder, for errors.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `missingPhotos` if it doesn't say, or they are gone.
  package func data(ofRun run: URL) throws(WhiskerError) -> URL {
    guard let path = sessions.last?.data else {
      throw WhiskerError(.missingPhotos, run.path, "the run doesn't say where its photos are")
    }
    guard FileManager.default.fileExists(atPath: path) else {
      throw WhiskerError(.missingPhotos, path, "the run's photos were here and are gone")
    }
    return URL(fileURLWithPath: path)
  }

  private mutating func take(_ event: String, _ fields: [String: JSONValue], at time: Date) {
    let epoch = fields["epoch"]?.integer ?? 0
    switch event {
    case "started", "resumed":
      let command = fields["command"]?.array?.compactMap(\.string) ?? []
      sessions.append(
        Session(
          command: command, seed: fields["seed"]?.string, data: fields["data"]?.string,
          readingSeconds: fields["reading_seconds"]?.measure, began: time, ended: time))
    case "decoded":
      guard let split = fields["split"]?.string, let files = fields["unreadable"]?.array else { return }
      unreadable[split] = files.compactMap(\.string)
    case "warning":
      if let text = fields["text"]?.string, !warnings.contains(text) { warnings.append(text) }
    case "trained": stepSeconds[epoch] = fields["seconds"]?.measure
    case "epoch_ended": epochSeconds[epoch] = fields["seconds"]?.measure
    case "finished": isFinished = true
    default: return
    }
  }

  private static func date(_ text: String) -> Date? {
    try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }
}

extension JSONValue {
  /// The number, if it is one; those that aren't finite are written as strings.
  fileprivate var measure: Double? {
    switch self {
    case "inf": .infinity
    case "-inf": -.infinity
    case "nan": .nan
    default: number
    }
  }
}
