import Synchronization

/// Numbered pieces of work, done on dedicated threads: decoding would block Swift's shared pool of threads.
package struct ParallelWork: Sendable {
  /// The number of threads.
  package let threads: Int

  package init(threads: Int) { self.threads = threads }

  /// Does every piece of work once, in no particular order.
  ///
  /// - Parameters:
  ///   - count: How many pieces there are, numbered from 0.
  ///   - context: Makes what one thread keeps from piece to piece.
  ///   - work: Does one piece.
  /// - Throws: `CancellationError` if the task was cancelled; pieces that were begun are finished first.
  package func forEach<Context>(
    _ count: Int, context: @escaping @Sendable () -> Context, work: @escaping @Sendable (Int, Context) -> Void
  ) async throws {
    let crew = Crew(count: count, size: max(1, min(threads, count)))
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        crew.begin(continuation) {
          let context = context()
          while let piece = crew.nextPiece() { work(piece, context) }
        }
      }
    } onCancel: {
      crew.stop()
    }
    try Task.checkCancellation()
  }

  /// The threads and what is left for them to do.
  private final class Crew: Sendable {
    private struct State {
      var next = 0
      var working: Int
      var isStopped = false
      var continuation: CheckedContinuation<Void, Never>?
    }

    private let count: Int
    private let size: Int
    private let state: Mutex<State>

    init(count: Int, size: Int) {
      self.count = count
      self.size = size
      state = Mutex(State(working: size))
    }

    func begin(_ continuation: CheckedContinuation<Void, Never>, _ shift: @escaping @Sendable () -> Void) {
      state.withLock { $0.continuation = continuation }
      var started = 0
      for _ in 0..<size {
        let hasStarted = WorkerThread.start("whisker-decode") {
          shift()
          self.leave()
        }
        if hasStarted { started += 1 }
      }
      // Where the system gives fewer threads these do all the work, and the caller's does where it gives none.
      if started == 0 { shift() }
      for _ in started..<size { leave() }
    }

    func nextPiece() -> Int? {
      state.withLock { state in
        if state.isStopped || state.next == count { return nil }
        defer { state.next += 1 }
        return state.next
      }
    }

    func stop() { state.withLock { $0.isStopped = true } }

    private func leave() {
      let continuation = state.withLock { state in
        state.working -= 1
        return state.working == 0 ? state.continuation : nil
      }
      continuation?.resume()
    }
  }
}
