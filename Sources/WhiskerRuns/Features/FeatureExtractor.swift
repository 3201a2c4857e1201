import Foundation
import Synchronization
import WhiskerDatasets
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// Computes the features of photos that a network gives, `[F]`: the mean of its last feature map.
struct FeatureExtractor {
  private let model: Model
  private let preparation: PhotoPreparation
  private let source: FeatureSource
  private let cache: FeatureCache?
  private let threads: Int

  /// - Parameters:
  ///   - name: what the network is called.
  ///   - identity: what tells it apart from all others, besides its weights.
  ///   - network: from a prepared photo to its features.
  ///   - weights: the network's weights by name, perhaps among others.
  ///   - computing: what else decides the last bits.
  ///   - threads: how many batches are decoded ahead.
  init(
    _ name: String, identity: String, _ network: Network, preparation: PhotoPreparation,
    weights: [String: Tensor], engine: any Engine,
    cache: FeatureCache?, computing: [String: String], threads: Int
  ) throws {
    model = Model(network)
    let names = Set(network.weights.map(\.name))
    let own = weights.filter { names.contains($0.key) }
    try model.setWeights(own)
    try model.compile(loss: .sparseCategoricalCrossentropy, engine: engine)
    self.preparation = preparation
    self.cache = cache
    self.threads = threads
    var hash = SHA256()
    for (name, tensor) in own.sorted(by: { $0.key < $1.key }) {
      Array(name.utf8).withUnsafeBytes { hash.add($0) }
      tensor.values.withUnsafeBytes { hash.add($0) }
    }
    let settings = try PlainJSON.encode(preparation)
    let computed = computing.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: " ")
    source = FeatureSource(
      name: name, featureCount: network.output[0],
      text: "\(identity) \(hash.finish()) \(settings) \(computed)")
  }

  var featureCount: Int { source.featureCount }

  /// Photos that are computed at once.
  private static let batchSize = 32

  /// The features of one batch of images.
  func features(of images: Tensor) async throws -> [Float] {
    try await model.predict(images, batchSize: images.shape[0]).values
  }

  /// The features of photos, in their order, nil for those that can't be read.
  ///
  /// - Parameter progress: called with the number of photos done and of all.
  /// - Throws: what the engine throws; `CancellationError`, with what was computed kept.
  func features(
    of paths: [String], progress: (_ done: Int, _ total: Int) -> Void
  ) async throws -> (rows: [ArraySlice<Float>?], failures: [Int: WhiskerError]) {
    let digests = try await digests(of: paths)
    var table = cache?.table(of: source) ?? FeatureTable(featureCount: featureCount)
    var (missing, wanted): ([Int], Set<String>) = ([], [])
    for (index, digest) in digests.enumerated() {
      // Files that can't be read are left to the decoder to report.
      guard let digest else {
        missing.append(index)
        continue
      }
      if !table.holds(digest), wanted.insert(digest).inserted { missing.append(index) }
    }
    var failures: [Int: WhiskerError] = [:]
    let before = table.photos.count
    do {
      try await compute(missing, paths, digests, into: &table, failures: &failures) { done in
        progress(paths.count - missing.count + done, paths.count)
      }
    } catch {
      if table.photos.count > before { try? cache?.keep(table, of: source) }
      throw error
    }
    // If the cache can't be written, the next time is slower and nothing else.
    if table.photos.count > before { try? cache?.keep(table, of: source) }
    progress(paths.count, paths.count)
    shareFailures(paths, digests, &failures)
    return (digests.map { digest in digest.flatMap { table[$0] } }, failures)
  }

  /// Files with the same bytes as one that failed get the same failure.
  private func shareFailures(_ paths: [String], _ digests: [String?], _ failures: inout [Int: WhiskerError]) {
    var byDigest: [String: WhiskerError] = [:]
    for (index, failure) in failures { if let digest = digests[index] { byDigest[digest] = failure } }
    for (index, digest) in digests.enumerated() where failures[index] == nil {
      guard let digest, let failure = byDigest[digest] else { continue }
      failures[index] = WhiskerError(failure.code, paths[index], failure.message)
    }
  }

  private func compute(
    _ indices: [Int], _ paths: [String], _ digests: [String?], into table: inout FeatureTable,
    failures: inout [Int: WhiskerError], progress: (Int) -> Void
  ) async throws {
    let batchSize = max(1, min(Self.batchSize, indices.count))
    let stream = try PhotoStream(
      indices.map { paths[$0] }, preparation: preparation, batchSize: batchSize, threads: threads)
    for try await batch in stream {
      try Task.checkCancellation()
      var images = batch.images
      if batch.indices.count < batchSize {
        // One program is used for all batches.
        let rest = (batchSize - batch.indices.count) * preparation.sampleShape.count
        images = Tensor(
          shape: preparation.sampleShape.batched(batchSize),
          values: images.values + [Float](repeating: 0, count: rest))
      }
      let rows = try await model.predict(images, batchSize: batchSize)
      for (row, place) in batch.indices.enumerated() {
        let index = indices[place]
        if let failure = batch.failures[place] {
          failures[index] = failure
        } else if let digest = digests[index] {
          table.add(digest, rows.values[row * featureCount..<(row + 1) * featureCount])
        } else {
          failures[index] = WhiskerError(
            .cannotRead, paths[index], "it couldn't be read at first, and could a moment later")
        }
      }
      progress(batch.indices.upperBound)
    }
  }

  /// The digest of each photo's file; nil for those that can't be read.
  private func digests(of paths: [String]) async throws -> [String?] {
    let digests = Mutex([String?](repeating: nil, count: paths.count))
    // Outside Swift's shared threads, which reading would block.
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        DispatchQueue.concurrentPerform(iterations: paths.count) { index in
          guard let bytes = FileManager.default.contents(atPath: paths[index]) else { return }
          let digest = String(SHA256.text(of: bytes).prefix(32))
          digests.withLock { $0[index] = digest }
        }
        continuation.resume()
      }
    }
    try Task.checkCancellation()
    return digests.withLock(\.self)
  }
}
