import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerTensors
import _TestSupport

@Suite struct PhotoDatasetTests {
  /// Seven photos in `train/`: four of `a`, three of `b`; their values are 0 to 6 in the dataset's order.
  private func withPhotos(_ body: (_ folder: URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      for index in 0..<7 {
        try folder.writePhoto("train/\(index < 4 ? "a" : "b")/\(index).png", value: index)
      }
      try await body(folder.below("train"))
    }
  }

  private func pixels(_ value: Int) -> [Float] { photoPixels(value).map { Float($0) * Float(1.0 / 255.0) } }

  @Test func readsLikeTheClassicRecipe() async throws {
    try await withPhotos { folder in
      let train = try await PhotoDataset(
        directory: folder.path, imageSize: [150, 150], batchSize: 20, classMode: .binary)
      #expect(train.foundDescription == "Found 7 images belonging to 2 classes.")
      #expect(train.classNames == ["a", "b"])
      var shapes: [String] = []
      for try await batch in train {
        shapes = ["\(batch.images.shape)", "\(batch.labels.shape)"]
        break
      }
      #expect(shapes == ["(20, 150, 150, 3)", "(20)"])
      #expect(train.sampleShape == [150, 150, 3])
      #expect(train.labelShape == [])
      #expect(train.stepsPerPass == 1)
    }
  }

  @Test func evaluationIsOneOrderedPass() async throws {
    try await withPhotos { folder in
      let data = try await PhotoDataset(directory: folder, imageSize: [4, 5], batchSize: 3)
      var seen: [Int] = []
      var sizes: [Int] = []
      for try await batch in data.evaluationBatches() {
        seen += batch.indices
        sizes.append(batch.count)
        #expect(batch.images.values == batch.indices.flatMap(pixels))
        #expect(batch.labels.values == batch.indices.map { $0 < 4 ? 0 : 1 })
      }
      #expect(seen == Array(0..<7))
      #expect(sizes == [3, 3, 1])
      #expect(data.evaluationBatches().count == 3)
      #expect(data.evaluationBatches(batchSize: 5, steps: 1).count == 1)
      #expect(data.evaluationBatches(batchSize: 5, steps: 9).count == 2)
      #expect(data.evaluationBatches(batchSize: nil, steps: 0).count == 0)
      #expect(data.trainingBatches().count == nil)
    }
  }

  @Test func trainingRunsOnAcrossPasses() async throws {
    try await withPhotos { folder in
      for batchSize in [1, 3, 7, 20] {
        let data = try await PhotoDataset(
          directory: folder, imageSize: [4, 5], batchSize: batchSize, seed: 3)
        var seen: [Int] = []
        for try await batch in data.trainingBatches().prefix(42 / batchSize + 1) {
          #expect(batch.count == batchSize)
          #expect(batch.images.values == batch.indices.flatMap(pixels))
          seen += batch.indices
        }
        let passes = stride(from: 0, to: 42, by: 7).map { Array(seen[$0..<$0 + 7]) }
        for pass in passes { #expect(pass.sorted() == Array(0..<7)) }
        #expect(Set(passes).count > 4, "each pass has an order of its own")
        // The stream is one and the same, however it is cut into batches.
        let reference = try await indices(
          PhotoDataset(directory: folder, imageSize: [4, 5], batchSize: 42, seed: 3))
        #expect(Array(seen.prefix(42)) == reference)
      }
    }
  }

  private func indices(_ data: PhotoDataset, fromStep step: Int = 0, steps: Int = 1) async throws -> [Int] {
    var seen: [Int] = []
    for try await batch in data.trainingBatches(fromStep: step).prefix(steps) { seen += batch.indices }
    return seen
  }

  @Test func aStreamCanBeTakenUpAnywhere() async throws {
    try await withPhotos { folder in
      let data = try await PhotoDataset(directory: folder, imageSize: [4, 5], batchSize: 3)
      let all = try await indices(data, steps: 20)
      #expect(try await indices(data, fromStep: 8, steps: 12) == Array(all[24...]))
      let other = try await PhotoDataset(directory: folder, imageSize: [4, 5], batchSize: 3, seed: 1)
      #expect(try await indices(other, steps: 20) != all)
      let ordered = try await PhotoDataset(
        directory: folder, imageSize: [4, 5], batchSize: 3, shuffle: false)
      #expect(try await indices(ordered, steps: 4) == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4])
    }
  }

  /// Not a bit depends on threads or memory.
  @Test func threadsAndMemoryDontShow() async throws {
    try await withPhotos { folder in
      func batches(_ threads: Int, memory: Int, file: Bool = false) async throws -> [Batch] {
        var loading = PhotoDataset.Loading()
        loading.temporaryFolder = file ? folder : nil
        loading.loaderThreads = threads
        loading.decodingThreads = max(1, threads)
        loading.memory = CacheMemory(bytes: memory)
        let data = try await PhotoDataset(
          directory: folder, imageSize: [6, 6], batchSize: 4, interpolation: .bilinear, loading: loading)
        let kept = min(7, memory / 108)
        #expect(loading.memory.reservedBytes == kept * 108)
        let expected = [kept, file ? 7 - kept : 0, file ? 0 : 7 - kept]
        #expect(counts(data.pixelPlaces) == expected)
        var batches: [Batch] = []
        for try await batch in data.trainingBatches().prefix(30) { batches.append(batch) }
        return batches
      }
      let reference = try await batches(1, memory: .max)
      for (threads, memory) in [(4, Int.max), (0, .max), (4, 0), (3, 108 * 3 + 50)] {
        #expect(try await batches(threads, memory: memory) == reference)
        #expect(try await batches(threads, memory: memory, file: true) == reference)
      }
      #expect(folder.names == ["a", "b"], "the file has no name")
    }
  }

  /// A disk that fills up while photos are decoded: what found no room is decoded again, and nothing is lost.
  @Test(.enabled("needs the right to mount a file system") { await SmallDisk.canBeMade })
  func aFullDiskLosesNothing() async throws {
    try await withPhotos { folder in
      try await withTemporaryFolder { place in
        let disk = try SmallDisk(at: place)
        defer { disk.unmount() }
        var loading = PhotoDataset.Loading()
        loading.memory = CacheMemory(bytes: 0)
        loading.temporaryFolder = place
        loading.mayBeInMemory = true
        loading.decodingThreads = 1
        let data = try await PhotoDataset(
          directory: folder, imageSize: [60, 70], batchSize: 3, loading: loading
        ) { done, _ in
          if done == 3 { Self.fill(place) }
        }
        let places = data.pixelPlaces
        #expect(places.inMemory == 0 && places.inFile >= 3 && places.decodedAgain >= 2, "\(places)")
        #expect(places.fileProblem == "\(place.path): No space left on device")
        #expect(places.description.contains("decoded again at each use (\(place.path): No space left"))
        let roomy = try await PhotoDataset(directory: folder, imageSize: [60, 70], batchSize: 3)
        var (scarce, plenty) = (
          data.trainingBatches().makeAsyncIterator(), roomy.trainingBatches().makeAsyncIterator()
        )
        for _ in 0..<10 { #expect(try await scarce.next() == plenty.next()) }
      }
    }
  }

  /// Takes every byte that is left on a disk.
  private static func fill(_ place: URL) {
    let file = open(place.below("full").path, O_WRONLY | O_CREAT, 0o600)
    defer { close(file) }
    for size in [65536, 4096] {
      let bytes = [UInt8](repeating: 1, count: size)
      while write(file, bytes, size) == size {}
    }
  }

  /// Where there can be no file, photos are decoded again, and the dataset says so.
  @Test(arguments: ["/dev/shm", "/nowhere/at/all", "/proc"]) func aFolderThatWontDoIsTold(path: String)
    async throws
  {
    try await withPhotos { folder in
      var loading = PhotoDataset.Loading()
      loading.memory = CacheMemory(bytes: 60 * 4)
      loading.temporaryFolder = URL(fileURLWithPath: path)
      let data = try await PhotoDataset(directory: folder, imageSize: [4, 5], batchSize: 7, loading: loading)
      let places = data.pixelPlaces
      #expect(counts(places) == [4, 0, 3])
      #expect(places.fileProblem?.hasPrefix("\(path): ") == true)
      #expect(
        places.description
          == "4 photos in memory (1 MB), 3 decoded again at each use (\(places.fileProblem ?? "-"))")
      for try await batch in data.evaluationBatches() {
        #expect(batch.images.values == (0..<7).flatMap(pixels))
      }
    }
  }

  @Test func placesAreDescribed() async throws {
    try await withPhotos { folder in
      try folder.write("no photo", to: "b/9.png")
      var loading = PhotoDataset.Loading()
      loading.memory = CacheMemory(bytes: 60 * 4)
      loading.temporaryFolder = folder
      let data = try await PhotoDataset(directory: folder, imageSize: [4, 5], loading: loading)
      #expect(
        data.pixelPlaces.description
          == "4 photos in memory (1 MB), 3 in a temporary file in \(folder.path) (1 MB)")
    }
  }

  private func counts(_ places: PixelPlaces) -> [Int] {
    [places.inMemory, places.inFile, places.decodedAgain]
  }

  @Test func memoryIsGivenBack() async throws {
    try await withPhotos { folder in
      var loading = PhotoDataset.Loading()
      loading.memory = CacheMemory(bytes: 1000)
      func load(_ loading: PhotoDataset.Loading) async throws {
        _ = try await PhotoDataset(directory: folder, imageSize: [4, 5], loading: loading)
        #expect(loading.memory.reservedBytes <= 1000)
      }
      try await load(loading)
      #expect(loading.memory.reservedBytes == 0)
      #expect(CacheMemory.standard.bytes == CacheMemory.physicalMemory / 4)
    }
  }

  @Test func labelsComeInFiveForms() async throws {
    try await withPhotos { folder in
      try folder.writePhoto("c/1.png", value: 9)
      func labels(_ mode: ClassMode?) async throws -> Tensor? {
        let data = try await PhotoDataset(
          directory: folder, imageSize: [4, 5], batchSize: 8, classMode: mode)
        for try await batch in data.evaluationBatches() {
          #expect(batch.labels.shape == data.labelShape.batched(8))
          return batch.labels
        }
        return nil
      }
      #expect(try await labels(.sparse) == Tensor(shape: [8], values: [0, 0, 0, 0, 1, 1, 1, 2]))
      let categorical = try await labels(.categorical)
      #expect(categorical?.shape == [8, 3])
      #expect(categorical?.values.suffix(6) == [0, 1, 0, 0, 0, 1])
      #expect(try await labels(nil) == categorical)
      #expect(try await labels(.input)?.values == [0, 1, 2, 3, 4, 5, 6, 9].flatMap(pixels))
      #expect(try await labels(.unlabeled)?.shape == [8, 0])
      let error = await datasetError { _ = try await labels(.binary) }
      #expect(error?.code == .invalidSetting)
      #expect(error?.message == "expected 2 classes for binary labels, got 3")
    }
  }

  @Test func unreadablePhotosAreSetAsideFirst() async throws {
    try await withPhotos { folder in
      try folder.write("no photo", to: "a/2.png")
      try folder.write(to: "b/9.jpg")
      let data = try await PhotoDataset(directory: folder, imageSize: [4, 5], batchSize: 6)
      #expect(data.unreadable.map(\.path) == ["a/2.png", "b/9.jpg"])
      #expect(data.unreadable.allSatisfy { !$0.reason.isEmpty })
      #expect(
        data.foundDescription == "Found 6 images belonging to 2 classes. Skipped 2 that can't be read.")
      for try await batch in data.evaluationBatches() {
        #expect(batch.images.values == [0, 1, 3, 4, 5, 6].flatMap(pixels))
        #expect(batch.labels.values == [0, 0, 0, 1, 1, 1])
        #expect(batch.indices.map { data.photos[$0].path }.first == "a/0.png")
      }
      let strict = await datasetError {
        _ = try await PhotoDataset(directory: folder, imageSize: [4, 5], strict: true)
      }
      #expect(strict?.code == .unreadablePhotos)
      #expect(strict?.message.contains("2 photos can't be read: \"a/2.png\": ") == true)
      #expect(strict?.message.contains("\"b/9.jpg\"") == true)
    }
  }

  @Test func aClassWithoutReadablePhotosIsAnError() async throws {
    try await withPhotos { folder in
      for index in 4..<7 { try folder.write("no photo", to: "b/\(index).png") }
      let error = await datasetError { _ = try await PhotoDataset(directory: folder, imageSize: [4, 5]) }
      #expect(error?.code == .emptyClass)
      #expect(
        error?.message.contains("no photo of the class \"b\" can be read, such as \"b/4.png\": ") == true)
    }
  }

  @Test func aPhotoThatVanishesIsNamed() async throws {
    try await withPhotos { folder in
      var loading = PhotoDataset.Loading()
      loading.memory = CacheMemory(bytes: 0)
      loading.temporaryFolder = nil
      let data = try await PhotoDataset(directory: folder, imageSize: [4, 5], batchSize: 2, loading: loading)
      try FileManager.default.removeItem(at: folder.below("b/5.png"))
      var counts: [Int] = []
      let error = await datasetError {
        for try await batch in data.evaluationBatches() { counts.append(batch.count) }
      }
      #expect(counts == [2, 2])
      #expect(error?.code == .unreadablePhotos)
      #expect(error?.place == folder.below("b/5.png").path)
    }
  }

  @Test func progressCountsEveryPhoto() async throws {
    try await withPhotos { folder in
      let reports = Mutex<[Int]>([])
      _ = try await PhotoDataset(directory: folder, imageSize: [4, 5]) { done, total in
        reports.withLock { $0.append(done * 100 + total) }
      }
      #expect(reports.withLock { $0 } == (1...7).map { $0 * 100 + 7 })
    }
  }

  @Test func decodingCanBeCancelled() async throws {
    try await withPhotos { folder in
      let reports = Mutex(0)
      let (signal, started) = AsyncStream<Void>.makeStream()
      let held = DispatchSemaphore(value: 0)
      var loading = PhotoDataset.Loading()
      loading.decodingThreads = 1
      let settings = loading
      let task = Task {
        _ = try await PhotoDataset(directory: folder, imageSize: [4, 5], loading: settings) { done, _ in
          reports.withLock { $0 = done }
          if done == 2 {
            started.yield()
            held.wait()
          }
        }
      }
      for await _ in signal { break }
      task.cancel()
      held.signal()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(reports.withLock { $0 } == 2)
    }
  }

  @Test func validationTakesTheLabelsOfTraining() async throws {
    try await withPhotos { folder in
      let data = try await PhotoDataset(
        directory: folder, imageSize: [4, 5], batchSize: 7, classNames: ["b", "a"])
      for try await batch in data.evaluationBatches() {
        #expect(batch.labels.values == [0, 0, 0, 1, 1, 1, 1])
      }
      let error = await datasetError {
        _ = try await PhotoDataset(directory: folder, imageSize: [4, 5], classNames: ["cats", "dogs"])
      }
      #expect(error?.code == .classMismatch)
    }
  }

  @Test func refusesSenselessSettings() async throws {
    try await withPhotos { folder in
      var loading = PhotoDataset.Loading()
      loading.decodingThreads = 0
      let threadless = loading
      let calls: [@Sendable () async throws -> PhotoDataset] = [
        { try await PhotoDataset(directory: folder, imageSize: [4]) },
        { try await PhotoDataset(directory: folder, imageSize: [-4, 5]) },
        { try await PhotoDataset(directory: folder, imageSize: [4, 5], batchSize: 0) },
        { try await PhotoDataset(directory: folder, imageSize: [4, 5], channels: 2) },
        { try await PhotoDataset(directory: folder, imageSize: [4, 5], loading: threadless) },
      ]
      for call in calls { #expect(await datasetError { _ = try await call() }?.code == .invalidSetting) }
    }
  }
}

/// The real photos, where they are at hand.
@Suite struct RealPhotoTests {
  private static let originals = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared/data/dogs-vs-cats/train").standardizedFileURL

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: originals.path), "needs ../shared/data/dogs-vs-cats"))
  func theClassicSplitLoads() async throws {
    try await withTemporaryFolder { folder in
      let manifest = try Splitter(into: folder.below("small")).split(
        Self.originals,
        SplitSettings(
          train: .count(20), validation: .count(10), test: .count(10),
          renames: ["cat": "cats", "dog": "dogs"],
          placement: .symbolicLink))
      #expect(manifest.files["train/cats/cat.19.jpg"] == "cat.19.jpg")
      #expect(manifest.files["test/dogs/dog.39.jpg"] == "dog.39.jpg")
      let train = try await PhotoDataset(
        directory: folder.below("small/train"), imageSize: [150, 150], batchSize: 20, classMode: .binary)
      #expect(train.foundDescription == "Found 40 images belonging to 2 classes.")
      for try await batch in train.trainingBatches().prefix(3) {
        #expect(batch.images.shape == [20, 150, 150, 3])
        #expect(batch.images.values.allSatisfy { (0...1).contains($0) })
      }
    }
  }
}
