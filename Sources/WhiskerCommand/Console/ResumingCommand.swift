import Foundation

/// What to type to resume what this command began.
enum ResumingCommand {
  /// The command as it was typed, with `--resume`.
  static var text: String {
    let arguments = CommandLine.arguments
    return (arguments + (arguments.contains("--resume") ? [] : ["--resume"])).filter { $0 != "--overwrite" }
      .map { argument in
        let isPlain = argument.unicodeScalars.allSatisfy {
          CharacterSet.alphanumerics.contains($0) || "-_./=,:+@%".unicodeScalars.contains($0)
        }
        return isPlain && !argument.isEmpty
          ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
      }.joined(separator: " ")
  }
}
