import Foundation
import WhiskerSystem

/// Prepares batches ahead on its own threads and returns them in order.
///
/// `@unchecked Sendable`: everything that changes is read and written under `condition` only.
final class BatchLoader: @unchecked Sendable {
  private typealias Outcome = Result<Batch?, any Error>

  private let threads: Int
  private let depth: Int
  private let makeWorker: @Sendable () -> BatchSequence.Worker
  private let condition = NSCondition()

  // All of this belongs to `condition`.
  private var plan: BatchPlan
  private var nextToPrepare: Int
  private var nextToDeliver: Int
  private var prepared: [Int: Outcome] = [:]
  private var waiting: CheckedContinuation<Outcome, Never>?
  private var hasStarted = false
  /// What prepares each batch when it is asked for, where the system gave no thread.
  private var workerWithoutThread: BatchSequence.Worker?
  private var isStopped = false

  /// - Parameter depth: How many batches may be in work or waiting, at least as many as there are threads.
  init(
    _ plan: BatchPlan, threads: Int, depth: Int, makeWorker: @escaping @Sendable () -> BatchSequence.Worker
  ) {
    self.plan = plan
    self.threads = threads
    self.depth = depth
    self.makeWorker = makeWorker
    nextToPrepare = plan.steps.lowerBound
    nextToDeliver = plan.steps.lowerBound
  }

  /// The next batch in order, or nil after the last; one caller at a time.
  func next() async throws -> Batch? {
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { demand($0) }
    } onCancel: {
      stop()
    }
    // Cancellation comes before a batch that is ready: callers can rely on being stopped.
    try Task.checkCancellation()
    return try outcome.get()
  }

  /// Ends the threads as soon as they have finished the current batch, and the stream with them.
  func stop() {
    condition.lock()
    isStopped = true
    prepared = [:]
    let continuation = waiting
    waiting = nil
    condition.broadcast()
    condition.unlock()
    continuation?.resume(returning: .success(nil))
  }

  private func demand(_ continuation: CheckedContinuation<Outcome, Never>) {
    condition.lock()
    precondition(waiting == nil, "two tasks ask one iterator for batches")
    if !hasStarted && !isStopped {
      hasStarted = true
      let started = (0..<threads).map { _ in startThread() }
      if !started.contains(true) { workerWithoutThread = makeWorker() }
    }
    if let workerWithoutThread {
      condition.unlock()
      if let (step, draws) = nextTask() { finish(step, Result { try workerWithoutThread(draws) }) }
      condition.lock()
    }
    if let outcome = takeNext() {
      condition.unlock()
      continuation.resume(returning: outcome)
    } else {
      waiting = continuation
      condition.unlock()
    }
  }

  /// What can be handed out at once, if anything; under the lock.
  private func takeNext() -> Outcome? {
    if isStopped || !plan.steps.contains(nextToDeliver) { return .success(nil) }
    guard let outcome = prepared.removeValue(forKey: nextToDeliver) else { return nil }
    nextToDeliver += 1
    if case .failure = outcome { isStopped = true }
    condition.broadcast()
    return outcome
  }

  /// Starts a thread that prepares batches; returns whether there is one.
  private func startThread() -> Bool {
    WorkerThread.start("whisker-loader") {
      let worker = self.makeWorker()
      while let (step, draws) = self.nextTask() {
        self.finish(step, Result { try worker(draws) })
      }
    }
  }

  /// Waits for something to do; nil when there will be nothing more.
  private func nextTask() -> (step: Int, draws: [SampleDraw])? {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped && plan.steps.contains(nextToPrepare) {
      if nextToPrepare - nextToDeliver < depth {
        defer { nextToPrepare += 1 }
        return (nextToPrepare, plan.draws(ofStep: nextToPrepare))
      }
      condition.wait()
    }
    return nil
  }

  private func finish(_ step: Int, _ outcome: Outcome) {
    condition.lock()
    if !isStopped { prepared[step] = outcome }
    guard let continuation = waiting, let next = takeNext() else { return condition.unlock() }
    waiting = nil
    condition.unlock()
    continuation.resume(returning: next)
  }
}
