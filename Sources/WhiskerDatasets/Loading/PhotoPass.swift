import Synchronization
public import WhiskerSystem
public import WhiskerTensors

/// Labelled photos, each decoded once and then released: what a model is measured on.
///
/// Memory stays small however many photos there are. The batches are those of ``BatchSource/evaluationBatches()``, bit
/// for bit: photos that can't be decoded are left out, and the next ones take their places. Which ones is known
/// only at the end (``outcome``).
public struct PhotoPass: AsyncSequence, Sendable {
  /// The photos, readable or not.
  public let folder: PhotoFolder
  /// How photos become inputs.
  public let preparation: PhotoPreparation
  /// How classes become labels.
  public let classMode: ClassMode
  private let stream: PhotoStream
  private let batchSize: Int
  private let labels: SampleLabels
  private let progress: @Sendable (_ done: Int, _ total: Int) -> Void
  private let failures = Failures()

  /// A pass over some photos.
  ///
  /// - Parameters:
  ///   - folder: The photos, at least one.
  ///   - preparation: How photos become inputs.
  ///   - batchSize: Photos in a batch.
  ///   - classMode: How classes become labels; nil is `binary` for two classes and `categorical` for more.
  ///   - threads: How many batches are decoded at once, ahead of their use; 0 decodes each when it is asked for.
  ///   - progress: Called with the number of photos decoded and of all, after each batch.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`.
  public init(
    _ folder: PhotoFolder, preparation: PhotoPreparation, batchSize: Int = 32, classMode: ClassMode? = nil,
    threads: Int = Processors.available,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(WhiskerError) {
    let mode = classMode ?? ClassMode(forClasses: folder.classNames.count)
    if mode == .binary && folder.classNames.count != 2 {
      throw WhiskerError(
        .invalidSetting, "class mode", expected: "2 classes for binary labels",
        got: "\(folder.classNames.count)")
    }
    let photos = folder.photos
    stream = try PhotoStream(
      photos.map { folder.path(of: $0) }, preparation: preparation, batchSize: batchSize, threads: threads)
    labels = SampleLabels(
      mode: mode, classCount: folder.classNames.count, classIndices: photos.map(\.classIndex),
      weights: photos.contains { $0.weight != nil } ? photos.map { $0.weight ?? 1 } : nil)
    self.folder = folder
    self.preparation = preparation
    self.batchSize = batchSize
    self.progress = progress
    self.classMode = mode
  }

  /// The shape of one photo's label; see ``ClassMode``.
  public var labelShape: Shape {
    classMode.labelShape(classes: folder.classNames.count, sample: preparation.sampleShape)
  }

  /// Begins with the first photo; one pass at a time.
  public func makeAsyncIterator() -> Iterator { Iterator(self) }

  /// The photos that were decoded, numbered as in the batches, and those that couldn't be: complete after the
  /// last batch.
  public var outcome: (readable: [LabeledPhoto], unreadable: [UnreadablePhoto]) {
    let failed = failures.byIndex.withLock(\.self)
    let photos = folder.photos.enumerated()
    return (
      photos.compactMap { failed[$0.offset] == nil ? $0.element : nil },
      (folder.unreadable
        + photos.compactMap { index, photo in
          failed[index].map { UnreadablePhoto(photo, reason: $0.message) }
        }).inOrder
    )
  }

  /// Gives the batches of the pass.
  public struct Iterator: AsyncIteratorProtocol {
    private let pass: PhotoPass
    private var elements: PhotoStream.Iterator
    /// The rows that wait for others to fill a batch, and whose they are; from the first photo on that can't be decoded.
    private var values: [Float] = []
    private var waiting: [Int] = []
    private var hasEnded = false
    /// How many photos were given so far.
    private var given = 0

    fileprivate init(_ pass: PhotoPass) {
      self.pass = pass
      elements = pass.stream.makeAsyncIterator()
      pass.failures.byIndex.withLock { $0 = [:] }
    }

    /// The next batch, or nil after the last.
    ///
    /// - Throws: `CancellationError` if the task was cancelled.
    public mutating func next() async throws -> Batch? {
      while !hasEnded && waiting.count < pass.batchSize {
        guard let element = try await elements.next() else {
          hasEnded = true
          break
        }
        pass.progress(element.indices.upperBound, pass.stream.paths.count)
        if element.failures.isEmpty && waiting.isEmpty {
          return labeled(element.batch, Array(element.indices))
        }
        take(element)
      }
      return waiting.isEmpty ? nil : filledBatch()
    }

    private mutating func take(_ element: PhotoStream.Element) {
      pass.failures.byIndex.withLock { $0.merge(element.failures) { first, _ in first } }
      let size = pass.preparation.sampleShape.count
      for (row, index) in element.indices.enumerated() where element.failures[index] == nil {
        values += element.images.values[row * size..<(row + 1) * size]
        waiting.append(index)
      }
    }

    private mutating func filledBatch() -> Batch {
      let count = Swift.min(pass.batchSize, waiting.count)
      let size = count * pass.preparation.sampleShape.count
      let indices = Array(waiting.prefix(count))
      let images = Tensor(
        shape: pass.preparation.sampleShape.batched(count), values: Array(values.prefix(size)))
      values.removeFirst(size)
      waiting.removeFirst(count)
      return labeled(Batch(images: images, labels: Tensor(shape: [count, 0]), indices: indices), indices)
    }

    private mutating func labeled(_ batch: Batch, _ indices: [Int]) -> Batch {
      defer { given += indices.count }
      return batch.labeled(
        pass.labels.labels(of: indices, images: batch.images), weights: pass.labels.weights(of: indices),
        indices: Array(given..<given + indices.count))
    }
  }

  private final class Failures: Sendable {
    let byIndex = Mutex([Int: WhiskerError]())
  }
}

extension PhotoPass {
  /// Checks the outcome of the pass.
  ///
  /// - Parameter isStrict: Whether a photo that can't be read is an error.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `unreadablePhotos` (if strict), `emptyClass` if no photo of a class can be read.
  public func check(isStrict: Bool) throws(WhiskerError) {
    let (readable, unreadable) = outcome
    if isStrict && !unreadable.isEmpty { throw folder.strictError(unreadable) }
    try folder.checkClasses(among: readable, unreadable)
  }
}
