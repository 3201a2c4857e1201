import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerTensors
import _TestSupport

/// Augmented photos in batches: who gets them, in what bits, with what labels.
@Suite struct AugmentedBatchTests {
  private let preparation = PhotoPreparation(height: 12, width: 14, rescale: 1)

  private func photo(_ number: Int) -> Photo {
    let bits = Formula.bits("augmented/\(number)", count: 12 * 14 * 3)
    return Photo(height: 12, width: 14, pixels: bits.map { UInt8($0 >> 16) })
  }

  /// Ten photos of `classes` classes in turn.
  private func dataset(
    _ augmentation: Augmentation?, classes: Int = 2, mode: ClassMode? = nil, weights: [Float]? = nil,
    threads: Int = 2, seed: UInt64 = 5
  ) async throws -> PhotoDataset {
    var loading = PhotoDataset.Loading()
    loading.loaderThreads = threads
    return try await PhotoDataset(
      photos: (0..<10).map(photo), labels: (0..<10).map { $0 % classes }, weights: weights,
      preparation: preparation, batchSize: 4, classMode: mode, seed: seed, augmentation: augmentation,
      loading: loading)
  }

  private func batches(_ data: PhotoDataset, _ count: Int, from step: Int = 0) async throws -> [Batch] {
    var batches: [Batch] = []
    for try await batch in data.trainingBatches(fromStep: step) {
      batches.append(batch)
      if batches.count == count { break }
    }
    return batches
  }

  @Test func theBitsDependOnTheSeedAlone() async throws {
    let one = try await batches(dataset(AugmentationTests.everything, threads: 1), 8)
    let four = try await batches(dataset(AugmentationTests.everything, threads: 4), 8)
    let none = try await batches(dataset(AugmentationTests.everything, threads: 0), 3, from: 5)
    let other = try await batches(dataset(AugmentationTests.everything, seed: 6), 8)
    #expect(one.map(\.images) == four.map(\.images))
    #expect(one.map(\.labels) == four.map(\.labels))
    #expect(none.map(\.images) == one[5...].map(\.images))
    #expect(one.map(\.images) != other.map(\.images))
    #expect(one.allSatisfy { $0.images.values.allSatisfy { $0.isFinite } })
  }

  @Test func evaluationSeesPhotosAsTheyAre() async throws {
    for augmentation in [nil, AugmentationTests.everything] {
      let data = try await dataset(augmentation)
      var seen = 0
      for try await batch in data.evaluationBatches() {
        for (row, index) in batch.indices.enumerated() {
          let values = batch.images.values[row * 504..<(row + 1) * 504]
          #expect(Array(values) == photo(index).pixels.map(Float.init))
          #expect(batch.labels.values[row] == Float(index % 2))
          seen += 1
        }
      }
      #expect(seen == 10)
    }
  }

  @Test func trainingPhotosChangeFromPassToPass() async throws {
    let data = try await dataset(Augmentation(rotationRange: .degrees(30)))
    var versions: [Int: [[Float]]] = [:]
    for batch in try await batches(data, 10) {
      for (row, index) in batch.indices.enumerated() {
        versions[index, default: []].append(Array(batch.images.values[row * 504..<(row + 1) * 504]))
      }
    }
    #expect(versions.count == 10)
    for (index, versions) in versions {
      #expect(versions.count == 4)
      #expect(Set(versions).count == 4)
      #expect(!versions.contains(photo(index).pixels.map(Float.init)))
    }
  }

  @Test func anAugmentationOfNothingChangesNothing() async throws {
    let plain = try await batches(dataset(nil), 5)
    let same = try await batches(dataset(Augmentation()), 5)
    #expect(plain.map(\.indices) == same.map(\.indices))
    #expect(plain.map(\.images) == same.map(\.images))
  }

  /// Solves each mixed photo for its part, and finds the label that belongs to it.
  @Test(arguments: [2, 3]) func mixupBlendsPhotosAndLabelsAlike(classes: Int) async throws {
    let plain = try await batches(dataset(nil, classes: classes), 6)
    let mixed = try await batches(dataset(Augmentation(mixupAlpha: 0.8), classes: classes), 6)
    var parts: Set<Float> = []
    for (plain, mixed) in zip(plain, mixed) {
      #expect(plain.indices == mixed.indices)
      let columns = plain.labels.values.count / 4
      for row in 0..<4 {
        func values(_ batch: Batch, _ row: Int) -> ArraySlice<Float> {
          batch.images.values[row % 4 * 504..<(row % 4 + 1) * 504]
        }
        func label(_ batch: Batch, _ row: Int) -> [Float] {
          Array(batch.labels.values[row % 4 * columns..<(row % 4 + 1) * columns])
        }
        let (own, other) = (values(plain, row), values(plain, row + 1))
        let result = values(mixed, row)
        // The least squares of result − other = part · (own − other).
        var (numerator, denominator) = (0.0, 0.0)
        for (own, (other, result)) in zip(own, zip(other, result)) {
          numerator += Double(result - other) * Double(own - other)
          denominator += Double(own - other) * Double(own - other)
        }
        let part = Float(numerator / denominator)
        parts.insert(part)
        for (own, (other, result)) in zip(own, zip(other, result)) {
          #expect(abs(part * own + (1 - part) * other - result) < 0.01)
        }
        for (own, (other, result)) in zip(
          label(plain, row), zip(label(plain, row + 1), label(mixed, row)))
        {
          #expect(abs(part * own + (1 - part) * other - result) < 1e-4)
        }
        if columns > 1 { #expect(abs(label(mixed, row).reduce(0, +) - 1) < 1e-5) }
      }
    }
    #expect(parts.count == 24)
    #expect(parts.allSatisfy { (-1e-4...1.0001).contains($0) })
  }

  @Test func cutMixTakesARectangleAndItsPartOfTheLabel() async throws {
    let plain = try await batches(dataset(nil, classes: 3), 6)
    let mixed = try await batches(dataset(Augmentation(cutMixAlpha: 1), classes: 3), 6)
    var taken: Set<Int> = []
    for (plain, mixed) in zip(plain, mixed) {
      for row in 0..<4 {
        let next = (row + 1) % 4
        var (rows, columns, count): (Set<Int>, Set<Int>, Int) = ([], [], 0)
        for place in 0..<168 {
          func pixel(_ batch: Batch, _ row: Int) -> ArraySlice<Float> {
            batch.images.values[row * 504 + place * 3..<row * 504 + place * 3 + 3]
          }
          if pixel(mixed, row).elementsEqual(pixel(plain, row)) { continue }
          #expect(pixel(mixed, row).elementsEqual(pixel(plain, next)))
          rows.insert(place / 14)
          columns.insert(place % 14)
          count += 1
        }
        #expect(count == rows.count * columns.count)
        taken.insert(count)
        let part = 1 - Float(count) / 168
        for place in 0..<3 {
          let (own, other) = (plain.labels.values[row * 3 + place], plain.labels.values[next * 3 + place])
          #expect(abs(part * own + (1 - part) * other - mixed.labels.values[row * 3 + place]) < 1e-5)
        }
      }
    }
    #expect(taken.count > 10)
  }

  /// What a sample adds to a loss that is linear in its label is `weight · label` and `weight`: both are the sums of
  /// what its two photos would add, each by its part.
  @Test(arguments: [2, 3]) func aMixedPhotoCountsWithTheWeightsOfItsParts(classes: Int) async throws {
    let weights = (0..<10).map { Float($0) / 2 }
    let augmentation = Augmentation(mixupAlpha: 0.8)
    let plain = try await batches(dataset(nil, classes: classes, weights: weights), 6)
    let equal = try await batches(dataset(augmentation, classes: classes), 6)
    let mixed = try await batches(dataset(augmentation, classes: classes, weights: weights), 6)
    for (plain, (equal, mixed)) in zip(plain, zip(equal, mixed)) {
      #expect(equal.images == mixed.images)
      let (before, after) = (try #require(plain.weights).values, try #require(mixed.weights).values)
      let columns = plain.labels.values.count / 4
      for row in 0..<4 {
        let next = (row + 1) % 4
        func value(_ labels: Tensor, _ row: Int) -> Float { labels.values[row * columns] }
        // The part of the own photo, from the weights; where they are alike it can't be seen.
        guard before[row] != before[next] else { continue }
        let part = (after[row] - before[next]) / (before[row] - before[next])
        let expected =
          part * before[row] * value(plain.labels, row)
          + (1 - part) * before[next] * value(plain.labels, next)
        #expect(abs(after[row] * value(mixed.labels, row) - expected) < 1e-4)
        let unweighted = part * value(plain.labels, row) + (1 - part) * value(plain.labels, next)
        #expect(abs(value(equal.labels, row) - unweighted) < 1e-4)
      }
    }
  }

  @Test func labelsThatCannotBeMixedAreRefused() async throws {
    let error = await datasetError {
      _ = try await dataset(Augmentation(mixupAlpha: 0.2), classes: 3, mode: .sparse)
    }
    #expect(error?.place == "class mode")
    #expect(error?.message.contains("categorical") == true)
    let wrong = await datasetError { _ = try await dataset(Augmentation(grayscale: 2)) }
    #expect(wrong?.place == "grayscale")
  }

  /// Beta(α, α) has mean ½ and variance 1 / (4 (2α + 1)).
  @Test(arguments: [0.2, 1, 5]) func partsFollowTheBetaDistribution(alpha: Double) {
    var stream = RandomStream(RandomKey(seed: 4))
    let parts = (0..<4000).map { _ in stream.symmetricBeta(alpha) }
    let mean = parts.reduce(0, +) / 4000
    let variance = parts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4000
    #expect(parts.allSatisfy { (0...1).contains($0) })
    #expect(abs(mean - 0.5) < 0.03)
    #expect(abs(variance * 4 * (2 * alpha + 1) - 1) < 0.1)
  }
}
