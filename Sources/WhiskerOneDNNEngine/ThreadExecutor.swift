import Foundation
import WhiskerSystem

/// Runs an actor's jobs, one after another, on the actor's own thread.
///
/// Every thread that calls oneDNN gets its own OpenMP pool, so an engine must always call from the same thread.
final class ThreadExecutor: SerialExecutor {
  private let queue = JobQueue()

  /// Starts the thread; it ends with the executor.
  init(name: String) {
    let queue = queue
    if !WorkerThread.start(name, stackSize: 8 << 20, { queue.runJobs() }) {
      // If the system gives no more threads, one of the shared ones has to do.
      DispatchQueue.global().async { queue.runJobs() }
    }
  }

  deinit { queue.close() }

  func enqueue(_ job: consuming ExecutorJob) {
    queue.append(UnownedJob(job), asUnownedSerialExecutor())
  }
}

/// The jobs that wait for a ``ThreadExecutor``'s thread.
///
/// Unchecked, because `condition` guards every access to the two variables.
private final class JobQueue: @unchecked Sendable {
  private let condition = NSCondition()
  private var jobs: [(UnownedJob, UnownedSerialExecutor)] = []
  private var isClosed = false

  func append(_ job: UnownedJob, _ executor: UnownedSerialExecutor) {
    condition.withLock { jobs.append((job, executor)) }
    condition.signal()
  }

  func close() {
    condition.withLock { isClosed = true }
    condition.signal()
  }

  func runJobs() {
    while let (job, executor) = next() { job.runSynchronously(on: executor) }
  }

  private func next() -> (UnownedJob, UnownedSerialExecutor)? {
    condition.withLock {
      while jobs.isEmpty && !isClosed { condition.wait() }
      return jobs.isEmpty ? nil : jobs.removeFirst()
    }
  }
}
