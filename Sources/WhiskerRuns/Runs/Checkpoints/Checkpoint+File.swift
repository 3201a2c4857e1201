public import Foundation
import WhiskerFormats
import WhiskerLayers
public import WhiskerSystem
import WhiskerTensors
public import WhiskerTraining

/// A checkpoint as a safetensors file.
///
/// Tensors are named `weights/conv2d/kernel`, `slots/conv2d/kernel:velocity` and `best/conv2d/kernel`; within an epoch
/// `metrics/samples` holds the outputs of its samples, where a metric needs them. The metadata holds `format`
/// ("whisker-checkpoint"), `version` ("1"), `step`, `progress` (JSON), `optimizer_step` where it isn't `step`, `checksum` over all tensors and notes, and each
/// note as `note.NAME`.
extension Checkpoint {
  private enum Key {
    static let format = "format"
    static let version = "version"
    static let step = "step"
    static let optimizerStep = "optimizer_step"
    static let progress = "progress"
    static let checksum = "checksum"
    static let note = "note."
    static let weights = "weights/"
    static let slots = "slots/"
    static let best = "best/"
    static let samples = "metrics/samples"
  }
  private static let format = "whisker-checkpoint"
  private static let version = "1"

  /// Reads a file.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `badCheckpoint` if it is incomplete, or isn't one of
  ///   Whisker's.
  public init(contentsOf url: URL) throws(WhiskerError) {
    do {
      try self.init(SafeTensorsFile(contentsOf: url))
    } catch let error as WhiskerError {
      throw error.with(.badCheckpoint, at: url.path)
    } catch {
      throw WhiskerError(.badCheckpoint, url.path, RecipeFault.text(of: error))
    }
  }

  private init(_ file: SafeTensorsFile) throws {
    func text(_ key: String) throws(WhiskerError) -> String {
      guard let text = file.metadata[key] else {
        throw WhiskerError(.badCheckpoint, key, expected: "a checkpoint with \"\(key)\"", got: "none")
      }
      return text
    }
    func require(_ key: String, _ expected: String) throws(WhiskerError) {
      let found = try text(key)
      guard found == expected else {
        throw WhiskerError(.badCheckpoint, key, expected: "the \(key) \"\(expected)\"", got: "\"\(found)\"")
      }
    }
    try require(Key.format, Checkpoint.format)
    try require(Key.version, Checkpoint.version)
    let tensors = try file.tensors()
    try require(Key.checksum, Checkpoint.checksum(tensors, file.metadata))

    func steps(_ key: String) throws(WhiskerError) -> Int {
      let steps = try text(key)
      guard let number = Int(steps), number >= 0 else {
        throw WhiskerError(.badCheckpoint, key, expected: "a number of steps", got: "\"\(steps)\"")
      }
      return number
    }
    let number = try steps(Key.step)
    var progress = try PlainJSON.decode(TrainingProgress.self, from: text(Key.progress))
    let metrics = progress.metrics
    progress.metrics = metrics?.restoring(tensors[Key.samples])
    guard progress.isConsistent(withStep: number), (metrics == nil) == (progress.metrics == nil) else {
      throw WhiskerError(
        .badCheckpoint, Key.progress, expected: "the progress of step \(number)",
        got: "\(try text(Key.progress))")
    }
    self.init(state: TrainingState(weights: [:]), progress: progress)
    state.step = number
    state.optimizerStep = file.metadata[Key.optimizerStep] == nil ? number : try steps(Key.optimizerStep)
    for (name, tensor) in tensors {
      if name.hasPrefix(Key.weights) {
        state.weights[String(name.dropFirst(Key.weights.count))] = tensor
      } else if name.hasPrefix(Key.slots) {
        state.slots[String(name.dropFirst(Key.slots.count))] = tensor
      } else if name.hasPrefix(Key.best) {
        bestWeights = bestWeights ?? [:]
        bestWeights?[String(name.dropFirst(Key.best.count))] = tensor
      }
    }
    for (key, value) in file.metadata where key.hasPrefix(Key.note) {
      notes[String(key.dropFirst(Key.note.count))] = value
    }
  }

  /// Whether a file is a checkpoint of Whisker's, intact or damaged.
  static func isOne(_ url: URL) -> Bool {
    // The metadata come first.
    RunContents.beginning(of: url, byteCount: 4096)?.contains("\"\(Key.format)\":\"\(format)\"") ?? false
  }

  /// Writes the file, atomically.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`; what stood there is unharmed.
  public func write(to url: URL) throws(WhiskerError) {
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in state.weights { tensors[Key.weights + name] = tensor }
    for (name, tensor) in state.slots { tensors[Key.slots + name] = tensor }
    for (name, tensor) in bestWeights ?? [:] { tensors[Key.best + name] = tensor }
    tensors[Key.samples] = progress.metrics?.tensor
    var metadata = [
      Key.format: Checkpoint.format, Key.version: Checkpoint.version, Key.step: String(state.step),
    ]
    do {
      metadata[Key.progress] = try PlainJSON.encode(progress)
    } catch {
      throw WhiskerError(.cannotWrite, url.path, "\(error)")
    }
    if state.optimizerStep != state.step { metadata[Key.optimizerStep] = String(state.optimizerStep) }
    for (name, note) in notes { metadata[Key.note + name] = note }
    metadata[Key.checksum] = Checkpoint.checksum(tensors, metadata)
    try SafeTensorsFile.write(tensors, metadata: metadata, to: url)
  }

  private static func checksum(_ tensors: [String: Tensor], _ metadata: [String: String]) -> String {
    var checksum = Checksum()
    for (key, value) in metadata.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
    where key != Key.checksum {
      checksum.add(key)
      checksum.add(value)
    }
    for (name, tensor) in tensors.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      checksum.add(name)
      checksum.add(tensor.values)
    }
    return checksum.text
  }
}
