import Dispatch
import Foundation
import Synchronization

/// Turns Ctrl-C (and a polite kill) into a call; the second time ends the process at once.
final class Interrupts {
  private let sources: [any DispatchSourceSignal]

  init(_ onInterrupt: @escaping @Sendable () -> Void) {
    let count = Counter()
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        if count.next() > 1 { _exit(Failure.interruptedCode) }
        if Console.isTerminal { Console.note("Stopping; once more ends at once.") }
        onInterrupt()
      }
      source.resume()
      return source
    }
  }

  /// How many signals came, of either kind.
  private final class Counter: Sendable {
    private let value = Mutex(0)

    func next() -> Int {
      value.withLock { value in
        value += 1
        return value
      }
    }
  }
}
