public import Foundation
public import WhiskerImages
public import WhiskerTensors

/// Photos from files, decoded, labelled and served in batches.
///
/// ```swift
/// let train = try await PhotoDataset(
///   directory: "cats_and_dogs/train", imageSize: [150, 150], batchSize: 20, classMode: .binary)
/// print(train.foundDescription)  // Found 2000 images belonging to 2 classes.
/// for try await batch in train {
///   print(batch.images.shape, batch.labels.shape)  // (20, 150, 150, 3) (20)
///   break
/// }
/// ```
/// Iterating gives the endless stream of training batches. Each photo is decoded once, when the dataset is made,
/// and kept as bytes as far as memory allows (``CacheMemory``); photos that can't be decoded are set aside then
/// (``unreadable``), never in the middle of an epoch. Which photos a batch holds, and their bits, depend on the
/// seed and the step alone, not on the number of threads.
public struct PhotoDataset: BatchSource {
  /// How the loading is done; none of it changes a result.
  public struct Loading: Sendable {
    /// The budget for decoded photos.
    public var memory = CacheMemory.standard
    /// How many photos are decoded at once at the start; at least 1.
    public var decodingThreads = ProcessInfo.processInfo.activeProcessorCount
    /// How many threads prepare batches ahead; 0 prepares each when it is asked for.
    public var loaderThreads = 2

    /// The default way.
    public init() {}
  }

  /// The folder that holds the class folders.
  public let root: URL
  /// The photos, without those that can't be read.
  public let photos: [LabeledPhoto]
  /// The photos that were set aside, in the order of the folder.
  public let unreadable: [UnreadablePhoto]
  /// The names of the classes in the order of their labels.
  public let classNames: [String]
  /// How photos become inputs.
  public let preparation: PhotoPreparation
  /// How classes become labels.
  public let classMode: ClassMode
  /// The number of photos in a training batch.
  public let batchSize: Int
  /// What makes training photos look different each time; nil leaves them as they are.
  public let augmentation: Augmentation?

  private let seed: UInt64
  private let key: RandomKey?
  private let loaderThreads: Int
  private let cache: PhotoCache
  /// The place of each of `photos` in the cache.
  private let places: [Int]

  /// Scans a folder and decodes its photos.
  ///
  /// - Parameters:
  ///   - directory: A folder with one folder per class.
  ///   - imageSize: Height and width.
  ///   - batchSize: Photos in a training batch.
  ///   - classMode: How classes become labels; nil is `binary` for two classes and `categorical` for more.
  ///   - shuffle: Whether each training pass has an order of its own.
  ///   - seed: What the orders are drawn from.
  ///   - classNames: The classes to expect, in the order of their labels; give the training dataset's to the
  ///     validation dataset and the model's to a test. Nil takes the folders found.
  ///   - channels: 3 for RGB, 1 for gray.
  ///   - interpolation: How photos are resized.
  ///   - rescale: What each byte is multiplied with.
  ///   - augmentation: What makes training photos look different each time; evaluation never sees it.
  ///   - strict: Whether a photo that can't be read is an error instead of being set aside.
  ///   - loading: Threads and memory.
  ///   - progress: Called with the number of photos decoded and of all, after each, on a thread of ours.
  /// - Throws: ``DatasetError``: those of ``PhotoFolder``, `invalidSetting`, `emptyClass` (no photo of a class
  ///   can be read), `unreadablePhotos` (if strict). `CancellationError` if the task was cancelled.
  public init(
    directory: URL, imageSize: [Int] = [256, 256], batchSize: Int = 32, classMode: ClassMode? = nil,
    shuffle: Bool = true, seed: UInt64 = 0, classNames: [String]? = nil, channels: Int = 3,
    interpolation: Interpolation = .nearest, rescale: Float = 1 / 255, augmentation: Augmentation? = nil,
    strict: Bool = false, loading: Loading = Loading(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws {
    guard imageSize.count == 2 else {
      throw DatasetError(.invalidSetting, "image size", "expected [height, width], got \(imageSize)")
    }
    let preparation = PhotoPreparation(
      height: imageSize[0], width: imageSize[1], channels: channels, interpolation: interpolation,
      rescale: rescale)
    try preparation.validate()
    try await self.init(
      PhotoFolder(scanning: directory, expecting: classNames), preparation: preparation, batchSize: batchSize,
      classMode: classMode, shuffle: shuffle, seed: seed, augmentation: augmentation, strict: strict,
      loading: loading, progress: progress)
  }

  /// Scans the folder at a path; everything else is as for a URL.
  public init(
    directory: String, imageSize: [Int] = [256, 256], batchSize: Int = 32, classMode: ClassMode? = nil,
    shuffle: Bool = true, seed: UInt64 = 0, classNames: [String]? = nil, channels: Int = 3,
    interpolation: Interpolation = .nearest, rescale: Float = 1 / 255, augmentation: Augmentation? = nil,
    strict: Bool = false, loading: Loading = Loading(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws {
    try await self.init(
      directory: URL(fileURLWithPath: directory, isDirectory: true), imageSize: imageSize,
      batchSize: batchSize,
      classMode: classMode, shuffle: shuffle, seed: seed, classNames: classNames, channels: channels,
      interpolation: interpolation, rescale: rescale, augmentation: augmentation, strict: strict,
      loading: loading, progress: progress)
  }

  /// Decodes the photos of a folder that was scanned before; everything else is as for a URL.
  public init(
    _ folder: PhotoFolder, preparation: PhotoPreparation, batchSize: Int = 32, classMode: ClassMode? = nil,
    shuffle: Bool = true, seed: UInt64 = 0, augmentation: Augmentation? = nil, strict: Bool = false,
    loading: Loading = Loading(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws {
    try preparation.validate()
    try checkBatchSize(batchSize, of: preparation.sampleShape)
    let mode = classMode ?? ClassMode(forClasses: folder.classNames.count)
    if mode == .binary && folder.classNames.count != 2 {
      throw DatasetError(
        .invalidSetting, "class mode", "expected 2 classes for binary labels, got \(folder.classNames.count)")
    }
    try augmentation?.check(classMode: mode)
    if loading.decodingThreads < 1 || loading.loaderThreads < 0 {
      throw DatasetError(
        .invalidSetting, "threads",
        "expected at least 1 to decode and 0 to load, got \(loading.decodingThreads) and \(loading.loaderThreads)"
      )
    }
    let cache = try await PhotoCache(
      of: folder.photos.map(folder.url(of:)), preparation: preparation, memory: loading.memory,
      threads: loading.decodingThreads, progress: progress)
    let places = folder.photos.indices.filter { cache.failures[$0] == nil }
    let photos = places.map { folder.photos[$0] }
    let unreadable =
      folder.unreadable
      + folder.photos.enumerated().compactMap { place, photo in
        cache.failures[place].map { UnreadablePhoto(path: photo.path, reason: $0) }
      }
    if strict && !unreadable.isEmpty { throw Self.strictError(folder, unreadable) }
    try Self.checkClasses(folder, photos, unreadable)

    root = folder.root
    self.photos = photos
    self.unreadable = unreadable
    classNames = folder.classNames
    self.preparation = preparation
    self.classMode = mode
    self.batchSize = batchSize
    self.augmentation = augmentation
    self.seed = seed
    key = shuffle ? .shuffling(seed: seed) : nil
    loaderThreads = loading.loaderThreads
    self.cache = cache
    self.places = places
  }

  /// The number of photos that can be read.
  public var count: Int { photos.count }

  /// `[height, width, channels]`.
  public var sampleShape: Shape { preparation.sampleShape }

  /// `[]`, or `[classes]` for categorical labels.
  public var labelShape: Shape { classMode.labelShape(classes: classNames.count) }

  /// What Keras prints at this point, and how many photos were set aside.
  ///
  /// `Found 2000 images belonging to 2 classes.`
  public var foundDescription: String {
    let found = "Found \(count) images belonging to \(classNames.count) classes."
    return unreadable.isEmpty ? found : "\(found) Set aside \(unreadable.count) that can't be read."
  }

  /// The endless stream of training batches; see ``BatchSource/trainingBatches(fromStep:)``.
  public func trainingBatches(fromStep step: Int) -> BatchSequence {
    BatchSequence(
      .training(count: count, batchSize: batchSize, key: key, fromStep: step), threads: loaderThreads
    ) {
      let maker = batchMaker(augmentation.map { Augmenter($0, seed: seed, preparation: preparation) })
      return { draws in try maker.batch(of: draws) }
    }
  }

  /// Every photo once, in order; see ``BatchSource/evaluationBatches(batchSize:steps:)``.
  public func evaluationBatches(batchSize: Int?, steps: Int?) -> BatchSequence {
    BatchSequence(
      .evaluation(count: count, batchSize: batchSize ?? self.batchSize, steps: steps), threads: loaderThreads
    ) {
      let maker = batchMaker(nil)
      return { draws in try maker.batch(of: draws) }
    }
  }

  /// What one thread makes batches with.
  private func batchMaker(_ augmenter: Augmenter?) -> PhotoBatchMaker {
    PhotoBatchMaker(
      cache: cache, places: places, classIndices: photos.map(\.classIndex), classCount: classNames.count,
      classMode: classMode, augmenter: augmenter)
  }
}

extension PhotoDataset: AsyncSequence {
  /// Begins the stream of training batches anew.
  public func makeAsyncIterator() -> BatchSequence.Iterator { trainingBatches().makeAsyncIterator() }
}

extension PhotoDataset {
  private static func strictError(_ folder: PhotoFolder, _ unreadable: [UnreadablePhoto]) -> DatasetError {
    let shown = unreadable.prefix(5).map { "\($0.path.quoted): \($0.reason)" }.joined(separator: "; ")
    let rest = unreadable.count > 5 ? "; and \(unreadable.count - 5) more" : ""
    return DatasetError(
      .unreadablePhotos, folder.root.path, "\(unreadable.count) photos can't be read: \(shown)\(rest)")
  }

  private static func checkClasses(
    _ folder: PhotoFolder, _ photos: [LabeledPhoto], _ unreadable: [UnreadablePhoto]
  ) throws(DatasetError) {
    let labels = Set(photos.map(\.classIndex))
    guard let empty = folder.classNames.indices.first(where: { !labels.contains($0) }) else { return }
    let example = folder.photos.first { $0.classIndex == empty }?.path
    let reason =
      unreadable.first { $0.path == example }.map { ", such as \($0.path.quoted): \($0.reason)" } ?? ""
    throw DatasetError(
      .emptyClass, folder.root.path,
      "no photo of the class \(folder.classNames[empty].quoted) can be read\(reason)")
  }
}
