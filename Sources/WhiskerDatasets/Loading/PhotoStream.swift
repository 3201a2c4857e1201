import Foundation
import Synchronization
import WhiskerImages
public import WhiskerSystem
public import WhiskerTensors

/// Photos without labels, decoded in batches a few ahead of their use: what a network predicts on.
///
/// Memory stays small however many photos there are. A photo that can't be decoded doesn't end the stream; its row
/// holds zeros, so that all batches but the last are of one size.
public struct PhotoStream: AsyncSequence, Sendable {
  /// Some photos, one after another.
  public struct Element: Sendable {
    /// Which of ``PhotoStream/paths`` these are.
    public let indices: Range<Int>
    /// The inputs, `[N, H, W, C]`.
    public var images: Tensor { batch.images }
    /// Why photos can't be decoded, by their index.
    public let failures: [Int: WhiskerError]
    let batch: Batch
  }

  /// The photos.
  public let paths: [String]
  private let preparation: PhotoPreparation
  private let batchSize: Int
  private let threads: Int

  /// A stream of the photos at the given paths.
  ///
  /// - Parameters:
  ///   - paths: The photos' files.
  ///   - preparation: How photos become inputs.
  ///   - batchSize: Photos in a batch.
  ///   - threads: How many batches are decoded at once, ahead of their use; 0 decodes each when it is asked for.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `invalidSetting`.
  public init(
    _ paths: [String], preparation: PhotoPreparation, batchSize: Int = 32,
    threads: Int = Processors.available
  ) throws(WhiskerError) {
    try preparation.validate()
    try checkBatchSize(batchSize, of: preparation.sampleShape)
    if threads < 0 {
      throw WhiskerError(.invalidSetting, "threads", expected: "at least 0 to decode", got: "\(threads)")
    }
    self.paths = paths
    self.preparation = preparation
    self.batchSize = batchSize
    self.threads = threads
  }

  /// Begins with the first photo.
  public func makeAsyncIterator() -> Iterator { Iterator(self) }

  /// Gives the batches of one pass.
  public struct Iterator: AsyncIteratorProtocol {
    private var batches: BatchSequence.Iterator?
    private let failures = Failures()

    fileprivate init(_ stream: PhotoStream) {
      guard !stream.paths.isEmpty else { return }
      let failures = failures
      let plan = BatchPlan.evaluation(count: stream.paths.count, batchSize: stream.batchSize, steps: nil)
      // A single batch gains nothing from being decoded ahead, and large ones must fit into memory together.
      let bytes = stream.batchSize * stream.preparation.sampleShape.count * MemoryLayout<Float>.stride
      let most = Swift.max(1, CacheMemory.physicalMemory / 8 / bytes / 2)
      let threads = Swift.min(stream.threads, plan.steps.count - 1, most)
      let depth = 2 * threads + 1
      let buffers = BatchBuffers(keeping: depth + 1)
      batches = BatchSequence(plan, threads: threads, depth: depth, buffers: buffers) {
        let decompressor = try? JPEGDecompressor()
        return { draws in stream.batch(of: draws.map(\.index), buffers, failures, reusing: decompressor) }
      }.makeAsyncIterator()
    }

    /// The next batch, or nil after the last.
    ///
    /// - Throws: `CancellationError` if the task was cancelled.
    public mutating func next() async throws -> Element? {
      guard let batch = try await batches?.next(), let first = batch.indices.first else { return nil }
      let indices = first..<first + batch.count
      return Element(indices: indices, failures: failures.take(indices), batch: batch)
    }
  }

  private func batch(
    of indices: [Int], _ buffers: BatchBuffers, _ failures: Failures, reusing decompressor: JPEGDecompressor?
  ) -> Batch {
    let size = preparation.sampleShape.count
    let (values, lease) = buffers.filled(count: indices.count * size) { values in
      for (row, index) in indices.enumerated() {
        let sample = values.row(row, of: size)
        do throws(WhiskerError) {
          let url = URL(fileURLWithPath: paths[index], isDirectory: false)
          let photo = try preparation.decode(url, reusing: decompressor)
          photo.pixels.withUnsafeBufferPointer { preparation.convert($0, into: sample) }
        } catch {
          sample.update(repeating: 0)
          // Under the name that was given, which the URL has made absolute.
          failures.add(WhiskerError(error.code, paths[index], error.message), at: index)
        }
      }
    }
    return Batch(
      images: Tensor(shape: preparation.sampleShape.batched(indices.count), values: values),
      labels: Tensor(shape: [indices.count, 0]), weights: nil, indices: indices, lease: lease)
  }

  /// What went wrong in batches that were decoded but not yet requested.
  private final class Failures: Sendable {
    private let byIndex = Mutex([Int: WhiskerError]())

    func add(_ failure: WhiskerError, at index: Int) { byIndex.withLock { $0[index] = failure } }

    func take(_ indices: Range<Int>) -> [Int: WhiskerError] {
      byIndex.withLock { all in
        let taken = all.filter { indices.contains($0.key) }
        for index in taken.keys { all[index] = nil }
        return taken
      }
    }
  }
}
