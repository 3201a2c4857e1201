public import Foundation
import WhiskerDatasets
import WhiskerFormats
import WhiskerImages
public import WhiskerSystem
import WhiskerTensors
public import WhiskerTraining

/// TensorBoard's log of a run, `events.out.tfevents.…` in its folder: `tensorboard --logdir RUN` shows it.
///
/// Everything is recorded at the number of steps taken in all epochs: `epoch/acc`, `epoch/loss`,
/// `epoch/val_acc` and `epoch/val_loss`, the same of the other metrics (`epoch/f1`, `epoch/val_f1`), with a
/// histogram of each weight at the end of each epoch; `step/acc` and `step/loss`, the means of the epoch so
/// far, every few steps; and `photos/1`, … at step 0, the first photos as training sees them.
///
/// A resumed run starts another file, which voids the repeated steps in older ones: each step is shown once.
///
/// ```swift
/// run.sinks.append { folder in try TensorBoardSink(folder: folder) }
/// ```
public final class TensorBoardSink: RunSink {
  private let log: TensorBoardLog
  private let stepInterval: Int
  private var stepsPerEpoch = 1
  private var isNew = true

  /// How many photos are shown.
  private static let photoCount = 4

  /// Begins a file in a run's folder.
  ///
  /// - Parameters:
  ///   - folder: The run's folder, which must be there.
  ///   - interval: Every how many steps, counted from the first, there is a point; at least 1.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `cannotWrite`, or `invalidSetting`.
  public init(folder: URL, every interval: Int = 10) throws(WhiskerError) {
    try requireSetting(interval >= 1, "steps between points", expected: "at least 1", got: interval)
    stepInterval = interval
    log = try TensorBoardLog(folder: folder)
  }

  /// The one file that this sink writes.
  public var files: [URL] { [log.url] }

  /// Notes what belongs on a board.
  public func receive(_ event: TrainingRun.Event, model: Model) async throws {
    switch event {
    case .began(let beginning): try begin(beginning)
    case .ready(let summary): if isNew, let photos = summary.batches { try show(photos) }
    case .training(.stepEnded(let progress)): try note(progress)
    case .training(.epochEnded(let epoch, _, let result, _)): try await note(result, epoch, model)
    case .decoded, .standardizing, .fetching, .extracted, .fitted, .noted, .warning, .training,
      .checkpointWritten, .interrupted, .failed, .finished:
      break
    }
  }

  private func begin(_ beginning: TrainingRun.Beginning) throws {
    stepsPerEpoch = beginning.stepsPerEpoch
    guard let place = beginning.resumed else {
      // A run that was ended before its first checkpoint takes all its steps again.
      let folder = log.url.deletingLastPathComponent()
      if TensorBoardLog.files(in: folder).count > 1 { try log.goOn(after: -1) }
      return
    }
    isNew = false
    try log.goOn(after: place.step)
  }

  private func note(_ progress: TrainingEvent.Progress) throws {
    let step = (progress.epoch - 1) * stepsPerEpoch + progress.step
    guard step % stepInterval == 0 else { return }
    try log.scalar("step/acc", Float(progress.accuracy), step: step)
    try log.scalar("step/loss", Float(progress.loss), step: step)
  }

  private func note(_ result: History.Epoch, _ epoch: Int, _ model: Model) async throws {
    let step = epoch * stepsPerEpoch
    var last = History()
    last.epochs = [result]
    for key in last.keys {
      if let value = last[key].last { try log.scalar("epoch/\(key)", Float(value), step: step) }
    }
    let weights = try await model.weights()
    for (name, tensor) in weights.sorted(by: { $0.key < $1.key }) {
      try log.histogram(name, of: tensor.values, step: step)
    }
  }

  private func show(_ data: PhotoDataset) throws {
    let images = try data.firstTrainingBatch().images
    let size = data.sampleShape
    for index in 0..<min(Self.photoCount, images.shape[0]) {
      let values = Array(images.values[index * size.count..<(index + 1) * size.count])
      let photo = Self.photo(Tensor(shape: size, values: values), rescale: data.preparation.rescale)
      try log.image(
        "photos/\(index + 1)", png: try photo.encodedPNG(), height: photo.height, width: photo.width,
        channels: photo.channels, step: 0)
    }
  }

  /// The picture of an input: its levels, or where they can't be such, as those of standardized photos, from the lowest
  /// number to the highest.
  private static func photo(_ input: Tensor, rescale: Float) -> Photo {
    let lowest = input.values.min() ?? 0
    let highest = input.values.max() ?? 0
    let levels = [lowest / rescale, highest / rescale]
    if levels.allSatisfy({ -1...256 ~= $0 }) { return Photo(input, rescale: rescale) }
    let width = highest > lowest ? highest - lowest : 1
    return Photo(Tensor(shape: input.shape, values: input.values.map { ($0 - lowest) / width }))
  }
}
