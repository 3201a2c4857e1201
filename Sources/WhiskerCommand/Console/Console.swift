import Foundation
import Synchronization

/// Where the command writes: results to standard output, everything else to standard error.
enum Console {
  /// Whether standard error is a terminal, where a line can be drawn again.
  static let isTerminal = isatty(STDERR_FILENO) == 1

  /// Whether a progress line is on the screen without a line break behind it.
  private static let hasOpenLine = Mutex(false)

  /// Writes a line of a result.
  static func result(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
  }

  /// Writes a value as JSON.
  static func result(json value: some Encodable) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    result(String(decoding: try encoder.encode(value), as: UTF8.self))
  }

  /// Writes a line for the user's eyes.
  static func note(_ text: String) {
    hasOpenLine.withLock { isOpen in
      write((isOpen ? "\r\u{1B}[K" : "") + text + "\n")
      isOpen = false
    }
  }

  /// Draws a line that the next one replaces; nothing where there is no terminal.
  static func redraw(_ text: String) {
    guard isTerminal else { return }
    hasOpenLine.withLock { isOpen in
      write("\r" + text + "\u{1B}[K")
      isOpen = true
    }
  }

  /// Leaves a redrawn line as it stands and goes to the next.
  static func finishLine() {
    hasOpenLine.withLock { isOpen in
      if isOpen { write("\n") }
      isOpen = false
    }
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
