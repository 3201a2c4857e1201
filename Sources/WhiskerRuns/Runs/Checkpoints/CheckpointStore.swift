public import Foundation
public import WhiskerSystem
public import WhiskerTraining

/// A folder of checkpoints: the last few, and the one at the end of the best epoch.
///
/// Each is written to a temporary file, flushed to disk and renamed, and only then is the oldest removed; so
/// there is always a complete one, whatever happens in between. Only one run at a time may use a folder.
public struct CheckpointStore: Sendable {
  /// The folder.
  public let url: URL
  /// How many of the last checkpoints are kept, at least 1.
  public let keeps: Int

  /// The newest checkpoint that training can resume from.
  public struct Found: Sendable {
    /// The checkpoint.
    public let checkpoint: Checkpoint
    /// Its file.
    public let url: URL
    /// What is wrong with newer ones, newest first.
    public let damaged: [WhiskerError]
  }

  /// Uses a folder, making it if it isn't there, and removes what a killed process left half written.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`, or `invalidSetting` for fewer than 1 to keep.
  public init(_ url: URL, keeping count: Int = 3) throws(WhiskerError) {
    try requireSetting(count >= 1, "checkpoints to keep", expected: "at least 1", got: count)
    self.url = url
    keeps = count
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw WhiskerError(
        .cannotWrite, url.path, expected: "a folder to write", got: "\"\(systemReason(of: error))\"")
    }
    AtomicFile.removeLeftovers(in: url)
  }

  /// Writes a checkpoint under a name of its step, and removes the oldest beyond those to keep; files of such names that
  /// aren't checkpoints stay.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`; the checkpoints that are there are unharmed.
  @discardableResult
  public func write(_ checkpoint: Checkpoint) throws(WhiskerError) -> URL {
    let progress = checkpoint.progress
    let file = url.appendingPathComponent(CheckpointStore.name(ofStep: progress.stepsDone))
    try checkpoint.write(to: file)
    let steps = CheckpointStore.steps(in: url)
    // Anything newer than this one was damaged, or training wouldn't be at this step again.
    let kept = Set(
      steps.filter { $0 <= progress.stepsDone }.suffix(keeps) + [progress.bestStep].compactMap(\.self))
    for step in steps where !kept.contains(step) {
      let old = url.appendingPathComponent(CheckpointStore.name(ofStep: step))
      if Checkpoint.isOne(old) { unlink(old.path) }
    }
    return file
  }

  /// The newest checkpoint that can be read and has finite weights; nil if there is none.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badCheckpoint` if there are some but training can't resume
  ///   from any of them.
  public func newest() throws(WhiskerError) -> Found? { try CheckpointStore.newest(in: url) }

  /// The newest checkpoint in a folder, which needn't exist.
  static func newest(in url: URL) throws(WhiskerError) -> Found? {
    var damaged: [WhiskerError] = []
    for step in steps(in: url).reversed() {
      let file = url.appendingPathComponent(name(ofStep: step))
      do throws(WhiskerError) {
        let checkpoint = try Checkpoint(contentsOf: file)
        // With such weights training would fail at its first step, each time that it resumes.
        if let complaint = checkpoint.state.complaint {
          throw WhiskerError(
            .badCheckpoint, file.path, expected: complaint.expected, got: complaint.got)
        }
        return Found(checkpoint: checkpoint, url: file, damaged: damaged)
      } catch {
        damaged.append(error)
      }
    }
    guard let last = damaged.first else { return nil }
    let count = damaged.count == 1 ? "1 that can't" : "\(damaged.count) that can't"
    throw WhiskerError(
      .badCheckpoint, url.path, expected: "a checkpoint that can be read", got: "\(count): \(last)")
  }

  /// The steps that have checkpoints, ascending.
  package static func steps(in url: URL) -> [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
      let step = Int(name.dropFirst(prefix.count).dropLast(suffix.count))
      return step.flatMap { CheckpointStore.name(ofStep: $0) == name ? $0 : nil }
    }.sorted()
  }

  private static let (prefix, suffix) = ("step-", ".safetensors")

  /// `step-00000120.safetensors`, so that a listing is in order.
  package static func name(ofStep step: Int) -> String {
    let digits = String(step)
    return prefix + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + suffix
  }
}

extension Checkpointing {
  /// Writes checkpoints to a folder.
  public init(to store: CheckpointStore, every interval: Duration? = .seconds(150), steps: Int? = nil) {
    self.init(every: interval, steps: steps) { try store.write($0) }
  }
}
