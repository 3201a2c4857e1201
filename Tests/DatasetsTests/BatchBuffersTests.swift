import Foundation
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerTensors
import _TestSupport

/// The memory of batches is reused without visible effects.
@Suite struct BatchBuffersTests {
  private func photos(_ count: Int) -> [Photo] {
    (0..<count).map { Photo(height: 4, width: 5, pixels: photoPixels($0)) }
  }

  private func dataset(threads: Int) async throws -> PhotoDataset {
    var loading = PhotoDataset.Loading()
    loading.loaderThreads = threads
    return try await PhotoDataset(
      photos: photos(12), labels: (0..<12).map { $0 % 2 },
      preparation: PhotoPreparation(height: 4, width: 5, rescale: 1), batchSize: 4, loading: loading)
  }

  private func expected(_ indices: [Int]) -> [Float] { indices.flatMap { photoPixels($0).map { Float($0) } } }

  @Test(arguments: [0, 1, 3]) func aStreamAllocatesAtItsBeginningOnly(threads: Int) async throws {
    let batches = try await dataset(threads: threads).trainingBatches()
    let buffers = try #require(batches.buffers)
    var iterator = batches.makeAsyncIterator()
    for _ in 0..<100 {
      let batch = try #require(try await iterator.next())
      #expect(batch.images.values == expected(batch.indices))
    }
    // One in the hand of each thread, one ready, one in use, one on its way back, and one for chance.
    #expect(buffers.createdCount <= threads + 4, "\(buffers.createdCount) buffers for 100 batches")
  }

  @Test(arguments: [0, 2]) func whoKeepsABatchKeepsItsValues(threads: Int) async throws {
    let batches = try await dataset(threads: threads).trainingBatches()
    var kept: [Batch] = []
    var images: [(Tensor, [Int])] = []
    for try await batch in batches.prefix(60) {
      if kept.count < 20 { kept.append(batch) }
      images.append((batch.images, batch.indices))
    }
    for batch in kept { #expect(batch.images.values == expected(batch.indices)) }
    for (images, indices) in images { #expect(images.values == expected(indices)) }
  }

  @Test func arraysUseTheirMemoryAgainToo() async throws {
    let images = Tensor(shape: [6, 3], values: (0..<18).map { Float($0) })
    let data = try ArrayDataset(images: images, labels: Tensor(shape: [6]), batchSize: 4)
    let batches = data.trainingBatches()
    for try await batch in batches.prefix(100) {
      let rows = batch.indices.flatMap { index -> [Float] in (0..<3).map { Float(index * 3 + $0) } }
      #expect(batch.images.values == rows)
    }
    #expect(try #require(batches.buffers).createdCount <= 3)
  }

  @Test func theLastBatchMayBeSmaller() async throws {
    let data = try await dataset(threads: 2)
    for _ in 0..<3 {
      var seen: [Float] = []
      for try await batch in data.evaluationBatches(batchSize: 5, steps: nil) { seen += batch.images.values }
      #expect(seen == expected(Array(0..<12)))
    }
  }
}
