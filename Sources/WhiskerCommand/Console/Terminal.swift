import Foundation

/// The terminal that results go to.
enum Terminal {
  /// Whether standard output is one.
  static let isThere = isatty(STDOUT_FILENO) == 1

  /// Its columns; 80 where there is none, or it doesn't say.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Whether to colour the output, which the user can turn off for all programs (https://no-color.org).
  static var isColored: Bool {
    let environment = ProcessInfo.processInfo.environment
    return isThere && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
  }
}
