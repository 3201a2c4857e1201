public import Foundation
public import WhiskerImages
package import WhiskerSystem
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
/// and kept as bytes as far as memory allows (``CacheMemory``); photos that can't be decoded are skipped then
/// (``unreadable``), never in the middle of an epoch. Which photos a batch holds, and their bits, depend only
/// on the seed and the step, not on the number of threads.
public struct PhotoDataset: BatchSource {
  /// How the loading is done; none of it changes a result.
  public struct Loading: Sendable {
    /// The budget for decoded photos.
    public var memory = CacheMemory.standard
    /// The folder for a temporary file that takes the photos beyond the budget; nil decodes them again instead.
    ///
    /// The file has no name: it disappears with the dataset, or with the process, however that ends. It takes
    /// at most half of the free space on the disk.
    public var temporaryFolder: URL? = Self.standardTemporaryFolder
    /// Whether that folder may be kept in memory itself, as the small disks of tests are.
    package var mayBeInMemory = false
    /// How many photos are decoded at once at the start; at least 1.
    public var decodingThreads = Processors.available
    /// How many threads prepare batches ahead; 0 prepares each when it is asked for.
    public var loaderThreads = 2

    /// The default way.
    public init() {}

    /// The folder that the environment's `TMPDIR` names, otherwise `/var/tmp`, the system's for large files.
    public static let standardTemporaryFolder = URL(
      fileURLWithPath: ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 }
        ?? "/var/tmp", isDirectory: true)

    fileprivate func check() throws(WhiskerError) {
      if decodingThreads < 1 || loaderThreads < 0 {
        throw WhiskerError(
          .invalidSetting, "threads",
          expected: "at least 1 to decode and 0 to load", got: "\(decodingThreads) and \(loaderThreads)")
      }
    }
  }

  /// The folder that the photos' paths begin in; nil for photos that came from memory.
  public let root: URL?
  /// The photos, without those that can't be read.
  public let photos: [LabeledPhoto]
  /// The photos that were skipped, in the order of the folder or table.
  public let unreadable: [UnreadablePhoto]
  /// The names of the classes in the order of their labels.
  public let classNames: [String]
  /// How photos become inputs.
  public internal(set) var preparation: PhotoPreparation
  /// How classes become labels.
  public let classMode: ClassMode
  /// The number of photos in a training batch.
  public let batchSize: Int
  /// What makes training photos look different each time; nil leaves them as they are.
  public internal(set) var augmentation: Augmentation?

  /// How training photos are drawn; evaluation sees every photo once in any case.
  public var sampling = ClassSampling.natural

  /// What is done to a photo's numbers before they are scaled; nil for nothing.
  var preprocessing: PhotoFunction?
  private let seed: UInt64
  private let key: RandomKey?
  let loading: Loading
  var cache: PhotoCache
  /// The place of each of `photos` in the cache.
  var places: [Int]
  private let labels: SampleLabels

  /// Scans a folder and decodes its photos.
  ///
  /// - Parameters:
  ///   - directory: A folder with one folder per class.
  ///   - imageSize: Height and width.
  ///   - batchSize: Photos in a training batch.
  ///   - classMode: How classes become labels; nil is `binary` for two classes and `categorical` for more.
  ///   - shuffle: Whether each training pass is shuffled differently.
  ///   - seed: What the orders and augmentations are drawn from.
  ///   - classNames: The classes to expect, in the order of their labels; pass the training dataset's to the
  ///     validation dataset and the model's to a test. Nil takes the folders found.
  ///   - channels: 3 for RGB, 1 for gray.
  ///   - interpolation: How photos are resized.
  ///   - rescale: What each byte is multiplied by.
  ///   - augmentation: What makes training photos look different each time; evaluation never sees it.
  ///   - strict: Whether a photo that can't be read is an error instead of being skipped.
  ///   - loading: Threads and memory.
  ///   - progress: Called with the number of photos decoded and of all, after each, on one of Whisker's
  ///     threads.
  /// - Throws: ``WhiskerSystem/WhiskerError``: those of ``PhotoFolder``, `invalidSetting`, `emptyClass` (no photo of a class
  ///   can be read), `unreadablePhotos` (if strict). `CancellationError` if the task was cancelled.
  public init(
    directory: URL, imageSize: [Int] = [256, 256], batchSize: Int = 32, classMode: ClassMode? = nil,
    shuffle: Bool = true, seed: UInt64 = 0, classNames: [String]? = nil, channels: Int = 3,
    interpolation: Interpolation = .nearest, rescale: Float = 1 / 255, augmentation: Augmentation? = nil,
    strict: Bool = false, loading: Loading = Loading(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws {
    guard imageSize.count == 2 else {
      throw WhiskerError(.invalidSetting, "image size", expected: "[height, width]", got: "\(imageSize)")
    }
    let preparation = PhotoPreparation(
      height: imageSize[0], width: imageSize[1], channels: channels, interpolation: interpolation,
      rescale: rescale)
    try preparation.validate()
    let minimumClasses = classMode?.tellsClasses == false ? 1 : 2
    try await self.init(
      PhotoFolder(scanning: directory, expecting: classNames, minimumClasses: minimumClasses),
      preparation: preparation, batchSize: batchSize,
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

  /// Decodes the photos of a folder that was scanned, or of a table that was read, before; everything else is as for
  /// a URL.
  public init(
    _ folder: PhotoFolder, preparation: PhotoPreparation, batchSize: Int = 32, classMode: ClassMode? = nil,
    shuffle: Bool = true, seed: UInt64 = 0, augmentation: Augmentation? = nil, strict: Bool = false,
    loading: Loading = Loading(),
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) async throws {
    try await self.init(
      root: folder.root, photos: folder.photos, classNames: folder.classNames,
      from: { .file(path: folder.path(of: folder.photos[$0])) }, unreadable: folder.unreadable,
      preparation: preparation, batchSize: batchSize, classMode: classMode, shuffle: shuffle, seed: seed,
      augmentation: augmentation, loading: loading, progress: progress)
    if strict && !unreadable.isEmpty { throw folder.strictError(unreadable) }
    try folder.checkClasses(among: photos, unreadable)
  }

  /// Takes photos that are in memory.
  ///
  /// - Parameters:
  ///   - images: The photos, of any size.
  ///   - labels: The number of each photo's class; nil if there are no classes (``ClassMode/unlabeled``, or
  ///     ``ClassMode/input``).
  ///   - classNames: The names of the classes in the order of their labels; empty calls them `0`, `1`, ….
  ///   - weights: How much each photo counts in the loss, at least 0; nil counts each as 1.
  ///   - preparation: The size and scale of the inputs.
  ///   - batchSize: Photos in a training batch.
  ///   - classMode: How classes become labels; nil is `binary` for two classes, `categorical` for more, and
  ///     `unlabeled` without labels.
  ///   - shuffle: Whether each training pass is shuffled differently.
  ///   - seed: What the orders and augmentations are drawn from.
  ///   - augmentation: What makes training photos look different each time; evaluation never sees it.
  ///   - loading: Threads and memory.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`; `CancellationError`.
  public init(
    photos images: [Photo], labels: [Int]?, classNames: [String] = [], weights: [Float]? = nil,
    preparation: PhotoPreparation, batchSize: Int = 32, classMode: ClassMode? = nil, shuffle: Bool = true,
    seed: UInt64 = 0, augmentation: Augmentation? = nil, loading: Loading = Loading()
  ) async throws {
    let photos = try LabeledPhoto.inMemory(images.count, labels: labels, classes: classNames.count, weights)
    let names = classNames.isEmpty ? (0...(labels?.max() ?? 0)).map(String.init) : classNames
    if labels == nil && classMode?.tellsClasses == true {
      throw WhiskerError(.invalidSetting, "labels", expected: "\(images.count) of them", got: "none")
    }
    try await self.init(
      root: nil, photos: photos, classNames: names, from: { .memory(images[$0]) }, unreadable: [],
      preparation: preparation, batchSize: batchSize,
      classMode: classMode ?? (labels == nil ? .unlabeled : nil),
      shuffle: shuffle, seed: seed, augmentation: augmentation, loading: loading, progress: { _, _ in })
  }

  private init(
    root: URL?, photos: [LabeledPhoto], classNames: [String],
    from origin: @escaping @Sendable (Int) -> PhotoCache.Origin, unreadable: [UnreadablePhoto],
    preparation: PhotoPreparation, batchSize: Int, classMode: ClassMode?, shuffle: Bool, seed: UInt64,
    augmentation: Augmentation?, loading: Loading,
    progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
  ) async throws {
    try preparation.validate()
    try checkBatchSize(batchSize, of: preparation.sampleShape)
    try loading.check()
    let mode = classMode ?? ClassMode(forClasses: classNames.count)
    if mode == .binary && classNames.count != 2 {
      throw WhiskerError(
        .invalidSetting, "class mode", expected: "2 classes for binary labels", got: "\(classNames.count)")
    }
    try augmentation?.check(classMode: mode, batchSize: batchSize)
    let cache = try await PhotoCache(
      of: photos.count, from: origin, preparation: preparation, loading: loading, progress: progress)
    let places = photos.indices.filter { cache.failures[$0] == nil }
    let readable = places.map { photos[$0] }
    self.root = root
    self.photos = readable
    let failed = photos.enumerated().compactMap { place, photo in
      cache.failures[place].map { UnreadablePhoto(photo, reason: $0) }
    }
    self.unreadable = (unreadable + failed).inOrder
    self.classNames = classNames
    self.preparation = preparation
    self.classMode = mode
    self.batchSize = batchSize
    self.augmentation = augmentation
    self.seed = seed
    key = shuffle ? .shuffling(seed: seed) : nil
    self.loading = loading
    self.cache = cache
    self.places = places
    labels = SampleLabels(
      mode: mode, classCount: classNames.count, classIndices: readable.map(\.classIndex),
      weights: readable.contains { $0.weight != nil } ? readable.map { $0.weight ?? 1 } : nil)
  }

  /// The number of photos that can be read.
  public var count: Int { photos.count }

  /// The file of a photo; nil if the photos came from memory.
  public func url(of photo: LabeledPhoto) -> URL? {
    root.map { URL(fileURLWithPath: PhotoFolder.path(of: photo, below: $0), isDirectory: false) }
  }

  /// `[height, width, channels]`.
  public var sampleShape: Shape { preparation.sampleShape }

  /// The shape of one photo's label; see ``ClassMode``.
  public var labelShape: Shape { classMode.labelShape(classes: classNames.count, sample: sampleShape) }

  /// Where the decoded photos are kept.
  public var pixelPlaces: PixelPlaces { cache.places }

  /// What Keras prints at this point, and how many photos were skipped.
  ///
  /// `Found 2000 images belonging to 2 classes.`
  public var foundDescription: String {
    Self.foundDescription(count, unreadable: unreadable.count, classes: classNames.count)
  }

  /// The same for photos that were found in another way.
  package static func foundDescription(_ count: Int, unreadable: Int, classes: Int) -> String {
    let found = "Found \(count) images belonging to \(classes) classes."
    return unreadable == 0 ? found : "\(found) Skipped \(unreadable) that can't be read."
  }

  /// The endless stream of training batches; see ``BatchSource/trainingBatches(fromStep:)``.
  public func trainingBatches(fromStep step: Int) -> BatchSequence {
    batches(trainingPlan(fromStep: step), augmentation)
  }

  private func trainingPlan(fromStep step: Int) -> BatchPlan {
    .training(
      sampling, classIndices: labels.classIndices, batchSize: batchSize, key: key, fromStep: step)
  }

  /// The photos of each class, by their weights if they have any.
  package var classBalance: ClassBalance {
    ClassBalance(
      labels: photos.lazy.map(\.classIndex), weights: photos.lazy.map { Double($0.weight ?? 1) },
      classCount: classNames.count)
  }

  /// The first batch of the stream, made at once by the calling thread: for a look at what training sees.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `unreadablePhotos` if a photo can't be read any more.
  package func firstTrainingBatch() throws(WhiskerError) -> Batch {
    var plan = trainingPlan(fromStep: 0)
    return try maker(BatchBuffers(keeping: 1), augmentation).batch(of: plan.draws(ofStep: 0))
  }

  /// Every photo once, in order; see ``BatchSource/evaluationBatches(batchSize:steps:)``.
  public func evaluationBatches(batchSize: Int?, steps: Int?) -> BatchSequence {
    batches(.evaluation(count: count, batchSize: batchSize ?? self.batchSize, steps: steps), nil)
  }

  private func batches(_ plan: BatchPlan, _ augmentation: Augmentation?) -> BatchSequence {
    // As many as are waiting while threads fill others and one is in use.
    let buffers = BatchBuffers(keeping: loading.loaderThreads + 2)
    return BatchSequence(plan, threads: loading.loaderThreads, buffers: buffers) {
      let maker = maker(buffers, augmentation)
      return { draws in try maker.batch(of: draws) }
    }
  }

  private func maker(_ buffers: BatchBuffers, _ augmentation: Augmentation?) -> PhotoBatchMaker {
    let writer = SampleWriter(preparation, augmentation, seed: seed, preprocessing: preprocessing)
    return PhotoBatchMaker(cache, places: places, labels: labels, buffers: buffers, writer: writer)
  }
}

extension PhotoDataset: AsyncSequence {
  /// Starts the stream of training batches again.
  public func makeAsyncIterator() -> BatchSequence.Iterator { trainingBatches().makeAsyncIterator() }
}
