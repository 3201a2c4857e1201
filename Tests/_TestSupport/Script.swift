public import Foundation

/// A program that is a shell script, in place of one that the tests can't rely on.
public enum Script {
  /// Writes one that can be run.
  ///
  /// Another process does: a program that another test starts at this moment would take along what this one has open,
  /// and a script that somebody has open for writing can't be run ("text file busy").
  public static func write(_ text: String, to file: URL) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "printf '%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\"", file.path, "#!/bin/sh\n" + text,
    ]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
  }
}
