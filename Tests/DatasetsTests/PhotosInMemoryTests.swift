import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerTensors

@Suite struct PhotosInMemoryTests {
  private let photos = (0..<6).map { Photo(height: 4, width: 5, pixels: photoPixels($0)) }
  private let preparation = PhotoPreparation(height: 4, width: 5)

  private func whole(_ data: PhotoDataset) async throws -> Batch? {
    for try await batch in data.evaluationBatches() { return batch }
    return nil
  }

  @Test(arguments: [Int.max, 130, 0]) func areServedLikeThoseOfFiles(memory: Int) async throws {
    var loading = PhotoDataset.Loading()
    loading.memory = CacheMemory(bytes: memory)
    loading.temporaryFolder = nil
    let data = try await PhotoDataset(
      photos: photos, labels: [0, 1, 2, 2, 1, 0], classNames: ["a", "b", "c"], weights: [1, 2, 3, 4, 5, 0],
      preparation: preparation, classMode: .sparse, loading: loading)
    #expect(data.root == nil)
    #expect(data.foundDescription == "Found 6 images belonging to 3 classes.")
    let batch = try #require(try await whole(data))
    #expect(batch.images.values == photos.flatMap { preparation.prepare($0).values })
    #expect(batch.labels.values == [0, 1, 2, 2, 1, 0])
    #expect(batch.weights == Tensor(shape: [6], values: [1, 2, 3, 4, 5, 0]))
  }

  @Test func mayHaveAnySizeAndNoLabels() async throws {
    let odd = Photo(height: 9, width: 2, channels: 1, pixels: (0..<18).map { UInt8($0) })
    let data = try await PhotoDataset(photos: [photos[0], odd], labels: nil, preparation: preparation)
    #expect(data.classMode == .unlabeled)
    let batch = try #require(try await whole(data))
    #expect(batch.labels.shape == [2, 0])
    #expect(batch.weights == nil)
    #expect(batch.images.values.suffix(60) == preparation.prepare(odd).values[...])
    let twins = try await PhotoDataset(
      photos: photos, labels: nil, preparation: preparation, batchSize: 4, classMode: .input)
    for try await batch in twins.trainingBatches().prefix(3) { #expect(batch.labels == batch.images) }
  }

  @Test func classesWithoutNamesAreNumbered() async throws {
    let data = try await PhotoDataset(photos: photos, labels: [0, 1, 3, 0, 1, 3], preparation: preparation)
    #expect(data.classNames == ["0", "1", "2", "3"])
    #expect(data.labelShape == [4])
  }

  @Test func refusesWhatDoesNotFit() async {
    let calls: [@Sendable () async throws -> PhotoDataset] = [
      { [preparation] in try await PhotoDataset(photos: [], labels: [], preparation: preparation) },
      { [photos, preparation] in
        try await PhotoDataset(photos: photos, labels: [0, 1], preparation: preparation)
      },
      { [photos, preparation] in
        try await PhotoDataset(photos: photos, labels: [0, 1, 0, 1, 0, -1], preparation: preparation)
      },
      { [photos, preparation] in
        try await PhotoDataset(
          photos: photos, labels: [0, 1, 0, 1, 0, 2], classNames: ["a", "b"], preparation: preparation)
      },
      { [photos, preparation] in
        try await PhotoDataset(
          photos: photos, labels: [0, 1, 0, 1, 0, 1], weights: [1], preparation: preparation)
      },
      { [photos, preparation] in
        try await PhotoDataset(photos: photos, labels: nil, preparation: preparation, classMode: .sparse)
      },
    ]
    for call in calls { #expect(await datasetError { _ = try await call() }?.code == .invalidSetting) }
  }
}
