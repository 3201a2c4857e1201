public import Foundation
import WhiskerFormats
public import WhiskerSystem
public import WhiskerTraining

/// The log of a run: `events.jsonl`, a line of JSON for each event, which a resumed run appends to.
///
/// ```json
/// {"time":"2026-05-01T09:30:12.345Z","event":"epoch_ended","acc":0.71,"epoch":3,"loss":0.56,"seconds":12.9}
/// ```
/// Events are `fetching`, `fitted`, `started`, `resumed`, `warning`, `decoded`, `skipped`, `phase_began`, `epoch_began`, `trained`
/// (the epoch's steps are done), `validated`, `epoch_ended`, `checkpoint`, `stopped`, `interrupted`, `failed` and
/// `finished`. A line is written completely or not at all; an incomplete line left by a power cut is dropped
/// when the run is resumed.
public final class EventLog: RunSink {
  private let url: URL
  private let descriptor: Int32

  /// Opens the log of a run's folder, to write after what is in it.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`.
  public init(folder: URL) throws(WhiskerError) {
    url = folder.appendingPathComponent(RunFolder.FileName.events)
    try EventLog.separate(url)
    descriptor = open(url.path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0, EventLog.dropTornLine(descriptor) else { throw failure() }
  }

  /// Gives the log a separate file where it has a hard link elsewhere, as in a backup.
  private static func separate(_ url: URL) throws(WhiskerError) {
    var status = stat()
    guard lstat(url.path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink > 1,
      let bytes = FileManager.default.contents(atPath: url.path)
    else { return }
    try AtomicFile.write(Array(bytes), to: url)
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// Whether a file is the log of a run.
  static func isOne(_ url: URL) -> Bool {
    guard let line = RunContents.beginning(of: url, byteCount: 1 << 18)?.split(separator: "\n").first,
      let fields = try? JSONValue(Data(line.utf8)).object, let event = fields["event"]?.string
    else { return false }
    return fields["time"] != nil && fields["recipe"] != nil && ["started", "resumed"].contains(event)
  }

  /// Writes a line for each event except for single steps.
  public func receive(_ event: TrainingRun.Event, model: Model) throws {
    for line in EventLog.lines(event) { try write(line) }
  }

  private func write(_ line: (event: String, fields: [String: JSONValue])) throws {
    let time = Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    let fields = JSONValue.object(line.fields).text.dropFirst()
    let separator = line.fields.isEmpty ? "" : ","
    let bytes = Array("{\"time\":\"\(time)\",\"event\":\"\(line.event)\"\(separator)\(fields)\n".utf8)
    let end = lseek(descriptor, 0, SEEK_END)
    let count = Foundation.write(descriptor, bytes, bytes.count)
    guard count == bytes.count else {
      let error = failure()
      // A full disk takes part of a line.
      if count > 0, end >= 0 { ftruncate(descriptor, end) }
      throw error
    }
  }

  /// Cuts what follows the last line break.
  private static func dropTornLine(_ descriptor: Int32) -> Bool {
    var end = lseek(descriptor, 0, SEEK_END)
    guard end >= 0 else { return false }
    var bytes = [UInt8](repeating: 0, count: 4096)
    while end > 0 {
      let start = max(0, end - Int(bytes.count))
      let count = pread(descriptor, &bytes, end - start, off_t(start))
      guard count == end - start else { return false }
      if let last = bytes[..<count].lastIndex(of: UInt8(ascii: "\n")) {
        return ftruncate(descriptor, off_t(start + last + 1)) == 0
      }
      end = start
    }
    return ftruncate(descriptor, 0) == 0
  }

  private func failure() -> WhiskerError {
    WhiskerError(.cannotWrite, url.path, "can't be written: \(String(cString: strerror(errno)))")
  }
}

extension EventLog {
  private typealias Line = (event: String, fields: [String: JSONValue])

  private static func lines(_ event: TrainingRun.Event) -> [Line] {
    switch event {
    case .decoded, .standardizing, .extracted: []
    case .fetching(let file):
      [("fetching", ["package": .string(file.package), "version": .string(file.version)])]
    case .fitted(let fit):
      [("fitted", ["penalty": .number(fit.penalty), "train": .integer(fit.trainCount)])]
    case .noted(let text): [("note", ["text": .string(text)])]
    case .warning(let text): [("warning", ["text": .string(text)])]
    case .began(let beginning): [line(beginning)]
    case .ready(let summary): lines(summary)
    case .training(let event): lines(event)
    case .checkpointWritten(let file, let place):
      [("checkpoint", fields(place).merging(["file": .string(file.lastPathComponent)]) { $1 })]
    case .interrupted(let place): [("interrupted", place.map(fields) ?? [:])]
    case .failed(let text): [("failed", ["text": .string(text)])]
    case .finished(let outcome):
      [
        (
          "finished",
          ["epochs": .integer(outcome.history.epochs.count), "seconds": .number(outcome.history.seconds)]
        )
      ]
    }
  }

  private static func line(_ beginning: TrainingRun.Beginning) -> Line {
    var fields: [String: JSONValue] = [
      "command": .array(beginning.invocation.map(JSONValue.string)), "seed": .string("\(beginning.seed)"),
      "recipe": (try? JSONValue(encoding: beginning.recipe)) ?? .null,
      "steps_per_epoch": .integer(beginning.stepsPerEpoch), "data": .string(beginning.data.path),
      "reading_seconds": .number(beginning.readingSeconds),
    ]
    guard let place = beginning.resumed else { return ("started", fields) }
    fields.merge(self.fields(place)) { $1 }
    return ("resumed", fields)
  }

  private static func lines(_ summary: TrainingRun.Summary) -> [Line] {
    let splits = [("train", summary.train as TrainingRun.Part?), ("validation", summary.validation)]
      .compactMap { name, data in
        data.map { data -> Line in
          (
            "decoded",
            [
              "split": .string(name), "count": .integer(data.count),
              "unreadable": .array(data.unreadable.map { .string($0.path) }),
            ]
          )
        }
      }
    let weights = summary.classWeights.map { weights -> Line in
      let named = zip(summary.classNames, weights).map { ($0, JSONValue.number($1)) }
      return ("class_weights", ["weights": .object(Dictionary(named) { first, _ in first })])
    }
    let skipped: Line? =
      summary.skipped.counts.isEmpty
      ? nil : ("skipped", ["files": (try? JSONValue(encoding: summary.skipped)) ?? .null])
    return splits + [weights, skipped].compactMap(\.self)
      + summary.warnings.map { ("warning", ["text": .string("\($0)")]) }
  }

  private static func lines(_ event: TrainingEvent) -> [Line] {
    switch event {
    case .stepEnded(let progress) where progress.step == progress.steps:
      return [
        ("trained", ["epoch": .integer(progress.epoch), "seconds": .number(progress.seconds)])
      ]
    case .stepEnded, .validationStepEnded: return []
    case .phaseBegan(let number, _, let phase):
      return [("phase_began", ["phase": .integer(number), "name": .string(phase.name)])]
    case .stageBegan(let epoch, let name):
      return [("stage_began", ["epoch": .integer(epoch), "name": .string(name)])]
    case .stopped(let epoch, let restored):
      let fields = ["epoch": epoch, "restored_epoch": restored].compactMapValues { $0.map(JSONValue.integer) }
      return [("stopped", fields)]
    case .epochBegan(let epoch, _, _): return [("epoch_began", ["epoch": .integer(epoch)])]
    case .epochEnded(let epoch, _, let result, let seconds):
      var fields: [String: JSONValue] = [
        "epoch": .integer(epoch), "loss": .number(result.loss), "acc": .number(result.accuracy),
        "seconds": .number(seconds),
      ]
      add(result.metrics, "", to: &fields)
      fields["learning_rate"] = result.learningRate.flatMap { Double("\($0)") }.map(JSONValue.number)
      let ended: Line = ("epoch_ended", fields)
      guard let score = result.validation else { return [ended] }
      var measured: [String: JSONValue] = [
        "epoch": .integer(epoch), "val_loss": .number(score.loss), "val_acc": .number(score.accuracy),
      ]
      add(score.metrics, "val_", to: &measured)
      return [("validated", measured), ended]
    }
  }

  private static func add(_ values: MetricValues, _ prefix: String, to fields: inout [String: JSONValue]) {
    for metric in values.metrics {
      fields[prefix + metric.key] = values[metric].map(JSONValue.number) ?? .null
    }
  }

  private static func fields(_ place: TrainingRun.Place) -> [String: JSONValue] {
    [
      "epoch": .integer(place.epoch), "step_in_epoch": .integer(place.stepInEpoch),
      "step": .integer(place.step),
    ]
  }
}
