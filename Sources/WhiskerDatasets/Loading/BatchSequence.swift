/// Batches one after another, prepared ahead on their own threads.
///
/// ```swift
/// for try await batch in train {
///   print(batch.images.shape, batch.labels.shape)  // (20, 150, 150, 3) (20)
///   break
/// }
/// ```
/// The batches and their order don't depend on the number of threads. Leaving the loop, or cancelling the task,
/// ends the threads. Every iteration begins again.
public struct BatchSequence: AsyncSequence, Sendable {
  /// What one thread does: it makes a batch of the given samples, and may keep things from batch to batch.
  package typealias Worker = ([SampleDraw]) throws -> Batch

  /// Which samples each batch holds.
  package let plan: BatchPlan
  private let threads: Int
  private let depth: Int
  /// What the batches hold their images in, if it is used again.
  package let buffers: BatchBuffers?
  /// Makes what one thread works with.
  package let makeWorker: @Sendable () -> Worker

  /// The batches of a plan.
  ///
  /// - Parameters:
  ///   - plan: Which samples each batch holds.
  ///   - threads: How many threads prepare batches ahead; 0 prepares each when it is asked for.
  ///   - depth: How many batches may be in work or waiting to be taken; by default one for every thread and one
  ///     that is ready. More keep the threads busy when batches take unequally long.
  ///   - buffers: What the workers fill.
  ///   - makeWorker: Makes what one thread works with.
  package init(
    _ plan: BatchPlan, threads: Int, depth: Int? = nil, buffers: BatchBuffers? = nil,
    makeWorker: @escaping @Sendable () -> Worker
  ) {
    self.plan = plan
    self.threads = threads
    self.depth = Swift.max(depth ?? threads + 1, threads)
    self.buffers = buffers
    self.makeWorker = makeWorker
  }

  /// The number of batches; nil for the endless training stream.
  public var count: Int? { plan.steps.upperBound == Int.max ? nil : plan.steps.count }

  /// Begins again.
  public func makeAsyncIterator() -> Iterator {
    threads > 0
      ? Iterator(
        .ahead(LoaderOwner(BatchLoader(plan, threads: threads, depth: depth, makeWorker: makeWorker))))
      : Iterator(.onDemand(plan, nextStep: plan.steps.lowerBound, makeWorker()))
  }

  /// Gives the batches of one iteration.
  public struct Iterator: AsyncIteratorProtocol {
    fileprivate enum Way {
      case onDemand(BatchPlan, nextStep: Int, Worker)
      case ahead(LoaderOwner)
    }

    private var way: Way

    fileprivate init(_ way: Way) { self.way = way }

    /// The next batch, or nil after the last.
    ///
    /// - Throws: ``WhiskerSystem/WhiskerError`` with code `unreadablePhotos` if a photo has disappeared since
    ///   it was checked; `CancellationError` if the task was cancelled. Nothing comes after an error.
    public mutating func next() async throws -> Batch? {
      switch way {
      case .ahead(let owner): return try await owner.loader.next()
      case .onDemand(var plan, let step, let worker):
        try Task.checkCancellation()
        guard plan.steps.contains(step) else { return nil }
        let draws = plan.draws(ofStep: step)
        way = .onDemand(plan, nextStep: step + 1, worker)
        return try worker(draws)
      }
    }
  }

  /// Ends the threads when the last copy of an iterator is released: they hold the loader, but not this.
  fileprivate final class LoaderOwner {
    let loader: BatchLoader

    init(_ loader: BatchLoader) { self.loader = loader }

    deinit { loader.stop() }
  }
}
