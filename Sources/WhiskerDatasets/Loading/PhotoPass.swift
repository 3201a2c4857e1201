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
  public var preparation: PhotoPreparation { preparations[0] }
  /// The same for each of several networks that are measured together.
  package let preparations: [PhotoPreparation]
  /// How classes become labels.
  public let classMode: ClassMode
  private var photos: PreparedPhotos
  private let batchSize: Int
  private let threads: Int
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
    try self.init(
      folder, preparations: [preparation], batchSize: batchSize, classMode: classMode, threads: threads,
      progress: progress)
  }

  /// The same for several networks, with a batch of the same photos for each preparation.
  package init(
    _ folder: PhotoFolder, preparations: [PhotoPreparation], batchSize: Int = 32,
    classMode: ClassMode? = nil, threads: Int = Processors.available,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(WhiskerError) {
    let mode = classMode ?? ClassMode(forClasses: folder.classNames.count)
    if mode == .binary && folder.classNames.count != 2 {
      throw WhiskerError(
        .invalidSetting, "class mode", expected: "2 classes for binary labels",
        got: "\(folder.classNames.count)")
    }
    let photos = folder.photos
    self.photos = try PreparedPhotos(
      photos.map { folder.path(of: $0) }, preparations: preparations, batchSize: batchSize, threads: threads)
    labels = SampleLabels(
      mode: mode, classCount: folder.classNames.count, classIndices: photos.map(\.classIndex),
      weights: photos.contains { $0.weight != nil } ? photos.map { $0.weight ?? 1 } : nil)
    self.folder = folder
    self.preparations = preparations
    self.batchSize = batchSize
    self.threads = threads
    self.progress = progress
    self.classMode = mode
  }

  /// The same pass with photos that are decoded in other ways, one for each preparation; it has the same ``outcome``.
  package func decoding(by others: [PhotoPreparation]) throws(WhiskerError) -> PhotoPass {
    var pass = self
    pass.photos = try PreparedPhotos(
      photos.paths, preparations: others, batchSize: batchSize, threads: threads)
    return pass
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
    private var elements: PreparedPhotos.Iterator
    /// The rows that wait for others to fill a batch, for each preparation, and whose they are; from the first photo on that
    /// can't be decoded.
    private var values: [[Float]]
    private var waiting: [Int] = []
    /// The shape of a photo in each preparation.
    private var shapes: [Shape] = []
    private var hasEnded = false
    /// How many photos were given so far.
    private var given = 0

    fileprivate init(_ pass: PhotoPass) {
      self.pass = pass
      elements = pass.photos.makeAsyncIterator()
      values = Array(repeating: [], count: pass.preparations.count)
      pass.failures.byIndex.withLock { $0 = [:] }
    }

    /// The next batch, or nil after the last.
    ///
    /// - Throws: `CancellationError` if the task was cancelled.
    public mutating func next() async throws -> Batch? { try await nextBatches()?.first }

    /// The next photos in each preparation, or nil after the last.
    package mutating func nextBatches() async throws -> [Batch]? {
      while !hasEnded && waiting.count < pass.batchSize {
        guard let element = try await elements.next() else {
          hasEnded = true
          break
        }
        pass.progress(element.indices.upperBound, pass.photos.paths.count)
        if element.failures.isEmpty && waiting.isEmpty {
          return labeled(element.batches, Array(element.indices))
        }
        take(element)
      }
      return waiting.isEmpty ? nil : filledBatches()
    }

    private mutating func take(_ element: PreparedPhotos.Element) {
      pass.failures.byIndex.withLock { $0.merge(element.failures) { first, _ in first } }
      for (row, index) in element.indices.enumerated() where element.failures[index] == nil {
        for (place, batch) in element.batches.enumerated() {
          let size = batch.images.shape.withoutBatch.count
          values[place] += batch.images.values[row * size..<(row + 1) * size]
        }
        waiting.append(index)
      }
      shapes = element.batches.map(\.images.shape.withoutBatch)
    }

    private mutating func filledBatches() -> [Batch] {
      let count = Swift.min(pass.batchSize, waiting.count)
      let indices = Array(waiting.prefix(count))
      waiting.removeFirst(count)
      let batches = shapes.indices.map { place in
        let size = count * shapes[place].count
        defer { values[place].removeFirst(size) }
        return Batch(
          images: Tensor(shape: shapes[place].batched(count), values: Array(values[place].prefix(size))),
          labels: Tensor(shape: [count, 0]), indices: indices)
      }
      return labeled(batches, indices)
    }

    private mutating func labeled(_ batches: [Batch], _ indices: [Int]) -> [Batch] {
      defer { given += indices.count }
      return batches.map { batch in
        batch.labeled(
          pass.labels.labels(of: indices, images: batch.images), weights: pass.labels.weights(of: indices),
          indices: Array(given..<given + indices.count))
      }
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
