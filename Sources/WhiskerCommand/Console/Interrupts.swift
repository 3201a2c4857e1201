import Dispatch
import Foundation

/// Turns Ctrl-C (and a polite kill) into a call; the second time ends the process at once.
///
/// The handler writes a byte to a pipe, which is all that one may do there; what comes before anybody listens waits in
/// the pipe, so that no signal is lost.
final class Interrupts {
  private static let pipe = Pipe()
  /// Where the handler writes; made before it is installed, so that it only reads a number.
  private static let writer = pipe.fileHandleForWriting.fileDescriptor

  private let source: any DispatchSourceRead

  /// From here on signals wait to be heard.
  init() {
    source = DispatchSource.makeReadSource(
      fileDescriptor: Interrupts.pipe.fileHandleForReading.fileDescriptor, queue: .global())
    precondition(Interrupts.writer >= 0)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        var byte: UInt8 = 0
        write(Interrupts.writer, &byte, 1)
      }
    }
  }

  /// Calls back at the first signal.
  func listen(_ onInterrupt: @escaping @Sendable () -> Void) {
    let reader = Interrupts.pipe.fileHandleForReading.fileDescriptor
    // Runs on one queue, one call after another.
    nonisolated(unsafe) var count = 0
    source.setEventHandler {
      var bytes = [UInt8](repeating: 0, count: 16)
      let isFirst = count == 0
      count += max(0, read(reader, &bytes, bytes.count))
      if count > 1 { _exit(Failure.interruptedCode) }
      guard isFirst else { return }
      if Console.isTerminal { Console.note("Stopping; once more ends at once.") }
      onInterrupt()
    }
    source.resume()
  }
}
