import Dispatch
import Foundation
import Synchronization

/// Turns the signals that ask a program to end into a call; a second one ends the process at once.
///
/// GNU `timeout`, a closing terminal and a scheduler send several of them at almost the same time, to the
/// process and to its group: those within a second of the first count as the same request. A hang-up that is
/// ignored when the program starts, as under `nohup`, stays ignored.
///
/// The handler writes a byte to a pipe and looks at the clock, which is allowed there; a byte that comes before
/// anybody listens waits in the pipe, so that no signal is lost.
final class Interrupts {
  /// The signals: Ctrl-C, SIGTERM, a closed terminal, Ctrl-\.
  static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]

  private static let pipe = Pipe()
  /// Where the handler writes; made before it is installed, so that it only reads a number.
  private static let writer = pipe.fileHandleForWriting.fileDescriptor
  /// When the first signal came, in nanoseconds; 0 before, and made before the handler is installed, too.
  private static let first = Atomic<UInt64>(0)
  private static let nanosecondsOfOneRequest: UInt64 = 1_000_000_000

  private let source: any DispatchSourceRead

  /// From here on signals are kept until they are handled.
  init() {
    source = DispatchSource.makeReadSource(
      fileDescriptor: Interrupts.pipe.fileHandleForReading.fileDescriptor, queue: .global())
    precondition(Interrupts.writer >= 0 && Interrupts.first.load(ordering: .relaxed) == 0)
    for number in Interrupts.signals where number != SIGHUP || !Interrupts.isIgnored(SIGHUP) {
      signal(number) { _ in Interrupts.handle() }
    }
  }

  /// Calls back at the first signal.
  func listen(_ onInterrupt: @escaping @Sendable () -> Void) {
    let source = source
    source.setEventHandler {
      source.cancel()
      if Console.isTerminal { Console.note("Stopping; once more, after a second, ends at once.") }
      onInterrupt()
    }
    source.resume()
  }

  /// What the handler does.
  private static func handle() {
    let error = errno
    let now = max(1, nanoseconds())
    let (isFirst, before) = first.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    if isFirst {
      var byte: UInt8 = 0
      write(writer, &byte, 1)
    } else if now > before, now - before > nanosecondsOfOneRequest {
      _exit(Failure.interruptedCode)
    }
    errno = error
  }

  private static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard sigaction(number, nil, &action) == 0 else { return false }
    // Functions can't be compared in Swift, their addresses can.
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
