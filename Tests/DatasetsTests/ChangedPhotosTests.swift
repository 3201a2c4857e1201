import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerSystem
import WhiskerTensors
import _TestSupport

/// Datasets at another size, or changed in another way: what stages of training go on with.
@Suite struct ChangedPhotosTests {
  private static let photos = (0..<6).map { number in
    Photo(height: 40, width: 60, pixels: photoPixels(number, height: 40, width: 60))
  }

  private static func dataset(
    side: Int = 20, augmentation: Augmentation? = nil, from folder: URL? = nil
  ) async throws -> PhotoDataset {
    let preparation = PhotoPreparation(height: side, width: side, interpolation: .bilinear)
    if let folder {
      return try await PhotoDataset(
        PhotoFolder(scanning: folder), preparation: preparation, batchSize: 4, seed: 3,
        augmentation: augmentation)
    }
    return try await PhotoDataset(
      photos: photos, labels: [0, 1, 0, 1, 0, 1], preparation: preparation, batchSize: 4, seed: 3,
      augmentation: augmentation)
  }

  private static func write(to folder: URL) throws {
    for (index, photo) in photos.enumerated() {
      let file = folder.below("\(["a", "b"][index % 2])/\(index).png")
      try folder.write(to: "\(["a", "b"][index % 2])/\(index).png")
      try photo.encodedPNG().withUnsafeBytes { try Data($0).write(to: file) }
    }
  }

  private func batches(_ data: PhotoDataset, from step: Int = 0) async throws -> [Batch] {
    var batches: [Batch] = []
    for try await batch in data.trainingBatches(fromStep: step) {
      batches.append(batch)
      if batches.count == 4 { break }
    }
    return batches
  }

  @Test("Photos of files are those of a dataset of that size, bit for bit")
  func sizes() async throws {
    try await withTemporaryFolder { folder in
      try Self.write(to: folder)
      let flip = Augmentation(horizontalFlip: true)
      let large = try await Self.dataset(side: 30, augmentation: flip, from: folder)
      let changed = try await large.changed(height: 20, width: 20, augmentation: flip)
      let small = try await Self.dataset(side: 20, augmentation: flip, from: folder)
      #expect(changed.sampleShape == [20, 20, 3])
      for step in [0, 5] {
        let (mine, others) = (try await batches(changed, from: step), try await batches(small, from: step))
        #expect(mine.map(\.images) == others.map(\.images))
        #expect(mine.map(\.labels) == others.map(\.labels))
      }
      var count = 0
      for try await batch in changed.evaluationBatches() { count += batch.count }
      #expect(count == 6)

      try FileManager.default.removeItem(at: folder.below("b/3.png"))
      let error = await datasetError { _ = try await large.changed(height: 10, width: 10, augmentation: nil) }
      #expect(error?.code == .unreadablePhotos && error?.place.hasSuffix("b/3.png") == true)
    }
  }

  @Test("The same photos at the same size share their pixels, with another augmentation")
  func augmentation() async throws {
    let plain = try await Self.dataset()
    let flipped = try await plain.changed(
      height: 20, width: 20, augmentation: Augmentation(horizontalFlip: true))
    let expected = try await Self.dataset(augmentation: Augmentation(horizontalFlip: true))
    #expect(try await batches(flipped).map(\.images) == batches(expected).map(\.images))
    let none = try await flipped.changed(height: 20, width: 20, augmentation: nil)
    #expect(try await batches(none).map(\.images) == batches(plain).map(\.images))
  }

  /// A photo whose level is linear in its place, so that any window of it is known.
  @Test("Windows are cut from a larger photo, and are where they would be")
  func windows() async throws {
    let pixels = (0..<90 * 90 * 3).map { place in
      let (row, column) = (place / 270, place / 3 % 90)
      return UInt8(2 * column + row / 2)
    }
    let ramp = Photo(height: 90, width: 90, pixels: pixels)
    let preparation = PhotoPreparation(height: 90, width: 90, interpolation: .bilinear, rescale: 1)
    let crop = Augmentation(randomResizedCrop: RandomResizedCrop())
    let whole = try await PhotoDataset(
      photos: [ramp, ramp], labels: [0, 1], preparation: preparation, batchSize: 2, seed: 3,
      augmentation: crop)
    let half = try await whole.changed(height: 30, width: 30, augmentation: crop)
    // The same draws in frames of 90 and of 30: every pixel of the small one is the mean of 3 × 3 of the large one, as the ramp
    // is linear.
    for (large, small) in zip(try await batches(whole), try await batches(half)) {
      var apart: Float = 0
      for row in 0..<30 {
        for column in 0..<30 {
          var sum: Float = 0
          for down in 0..<3 {
            for right in 0..<3 {
              let place = (3 * row + down) * 90 + 3 * column + right
              sum += large.images.values[3 * place]
            }
          }
          let other = small.images.values[3 * (row * 30 + column)]
          apart = max(apart, abs(sum / 9 - other))
        }
      }
      // Levels are whole numbers in each, and beyond the edges the last ones are repeated.
      #expect(apart < 3)
    }
  }

  @Test("Photos that are whitened are of one size")
  func whitened() async throws {
    let data = try await Self.dataset(side: 4).standardized(Standardization(zcaWhitening: true))
    let error = await datasetError { _ = try await data.changed(height: 5, width: 5, augmentation: nil) }
    #expect(error?.description.contains("whitening") == true)
  }

  @Test("Some photos are mixed, the others stay as they are")
  func mixing() async throws {
    var mixing = Augmentation(mixupAlpha: 1, mixProbability: 0.4)
    let (plain, mixed) = (try await Self.dataset(), try await Self.dataset(augmentation: mixing))
    var (same, all) = (0, 0)
    for step in 0..<25 {
      let (a, b) = (try await batches(plain, from: 4 * step), try await batches(mixed, from: 4 * step))
      for (one, other) in zip(a, b) {
        for row in 0..<4 {
          let place = row * 1200..<(row + 1) * 1200
          all += 1
          if one.images.values[place] == other.images.values[place] { same += 1 }
        }
      }
    }
    #expect(all == 400 && (190...290).contains(same))
    mixing.mixProbability = 1.5
    #expect(throws: WhiskerError.self) { try mixing.validate() }
  }
}
