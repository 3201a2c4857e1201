import Foundation
import Synchronization
import Whisker

/// Where the command writes: results to standard output, everything else to standard error.
enum Console {
  /// Whether standard error is a terminal, where a line can be drawn again.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Whether a progress line is on the screen without a line break after it.
  private static let hasOpenLine = Mutex(false)

  /// Writes a line of a result.
  ///
  /// - Throws: ``CommandError`` with the code for "can't write", as on a full disk.
  static func result(_ text: String, terminator: String = "\n") throws {
    clearOpenLine()
    guard let number = write(text + terminator, to: STDOUT_FILENO) else { return }
    if number == EPIPE {
      // The reader has closed the pipe (`| head -1`): end as quietly as when the signal isn't ignored.
      signal(SIGPIPE, SIG_DFL)
      raise(SIGPIPE)
    }
    throw WhiskerError(
      .cannotWrite, "", "standard output can't be written: \(String(cString: strerror(number)))")
  }

  /// Writes a value as JSON.
  static func result(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    try result(String(decoding: encoder.encode(value), as: UTF8.self))
  }

  /// Writes a line for the user's eyes.
  static func note(_ text: String) {
    hasOpenLine.withLock { isOpen in
      write((isOpen ? "\r\u{1B}[K" : "") + text + "\n", to: STDERR_FILENO)
      isOpen = false
    }
  }

  /// Draws a line that the next one replaces; nothing where there is no terminal.
  static func redraw(_ text: String) {
    guard isTerminal else { return }
    hasOpenLine.withLock { isOpen in
      write("\r" + text + "\u{1B}[K", to: STDERR_FILENO)
      isOpen = true
    }
  }

  /// Leaves a redrawn line as it stands and goes to the next.
  static func finishLine() {
    hasOpenLine.withLock { isOpen in
      if isOpen { write("\n", to: STDERR_FILENO) }
      isOpen = false
    }
  }

  /// Removes a redrawn line, so that a result doesn't end up after it.
  private static func clearOpenLine() {
    hasOpenLine.withLock { isOpen in
      if isOpen { write("\r\u{1B}[K", to: STDERR_FILENO) }
      isOpen = false
    }
  }

  /// Writes all of a text; returns the system's error number if it can't be.
  ///
  /// `FileHandle` would end the process on an error.
  @discardableResult
  private static func write(_ text: String, to descriptor: Int32) -> Int32? {
    var text = text
    return text.withUTF8 { bytes in
      var done = 0
      while done < bytes.count {
        let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        if count < 0 && errno != EINTR { return errno }
        done += max(0, count)
      }
      return nil
    }
  }
}
