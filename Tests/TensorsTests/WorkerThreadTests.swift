import Foundation
import Synchronization
import Testing
import WhiskerSystem
import WhiskerTensors

@Suite struct WorkerThreadTests {
  @Test func aThreadDoesItsWorkUnderItsName() async {
    let name = await withCheckedContinuation { continuation in
      let hasStarted = WorkerThread.start("whisker-test", stackSize: 1 << 20) {
        continuation.resume(returning: Thread.current.name)
      }
      if !hasStarted { continuation.resume(returning: "no thread") }
    }
    #expect(name == "whisker-test")
  }

  /// No machine has a stack of this size to give.
  @Test func whatCanNotBeStartedSaysSo() {
    final class Witness: Sendable {
      let end: @Sendable () -> Void
      init(_ end: @escaping @Sendable () -> Void) { self.end = end }
      deinit { end() }
    }
    let ended = Ended()
    do {
      let witness = Witness { ended.count.withLock { $0 += 1 } }
      #expect(!WorkerThread.start("whisker-test", stackSize: 1 << 60) { _ = witness })
    }
    #expect(ended.count.withLock(\.self) == 1, "the work is let go")
  }

  private final class Ended: Sendable {
    let count = Mutex(0)
  }
}
