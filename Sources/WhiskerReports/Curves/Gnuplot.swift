package import Foundation
package import WhiskerSystem

/// The program gnuplot, which draws a picture from a script.
///
/// Scripts are written here, and the user's only parts in them are numbers and quoted texts
/// (``quoted(_:limit:)``). It is started without the user's own settings, so that the same script gives the
/// same bytes.
package struct Gnuplot: Sendable {
  /// Its file.
  package var program: URL
  /// How long a picture may take; then the program is stopped.
  package var timeLimit: Duration = .seconds(60)

  /// The gnuplot of a file.
  package init(program: URL) { self.program = program }

  /// The gnuplot in one of the folders of `PATH`.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `missingFile` if there is none.
  package init() throws(WhiskerError) {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let files = folders.map { URL(fileURLWithPath: "\($0)/gnuplot") }
    guard let program = files.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
      throw WhiskerError(
        .missingFile, "gnuplot",
        "not found in PATH; the curves need it: install it (on Debian: apt-get install gnuplot-nox)")
    }
    self.program = program
  }

  /// Runs a script that draws to standard output.
  ///
  /// It usually takes some tenths of a second. Cancelling the task doesn't stop it: an interrupted run gets its
  /// curves too.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `drawingFailed` if the program can't be started, takes longer than ``timeLimit``,
  ///   says that something is wrong, or draws nothing.
  package func picture(_ script: String) async throws(WhiskerError) -> [UInt8] {
    var environment = ProcessInfo.processInfo.environment.filter { name, _ in
      ["PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH"].contains(name)
    }
    environment["LC_ALL"] = "C.UTF-8"
    var run = ChildProgram(program, ["--default-settings"], environment: environment)
    run.timeLimit = timeLimit
    let result = await Task { [run] () async -> Result<ChildProgram.Outcome, ChildProgram.Failure> in
      do throws(ChildProgram.Failure) {
        return .success(try await run.run(on: Array(script.utf8)))
      } catch {
        return .failure(error)
      }
    }.value
    let outcome: ChildProgram.Outcome
    do {
      outcome = try result.get()
    } catch {
      switch error {
      case .notStarted(let reason): throw failure("can't be started: \(reason)")
      case .tooSlow: throw failure("drew nothing in \(timeLimit.components.seconds) s, and was stopped")
      case .tooMuch: throw failure("wrote more than a picture can have")
      case .cancelled: throw failure("was stopped")
      }
    }
    guard outcome.code == 0, !outcome.output.isEmpty else {
      let lines = String(decoding: outcome.errors, as: UTF8.self).split(whereSeparator: \.isNewline)
      throw failure(
        "ended with \(outcome.code) and drew nothing" + (lines.last.map { "; it said: \($0)" } ?? ""))
    }
    return outcome.output
  }

  /// The kind of picture that a file's name ends in.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` for another extension.
  @discardableResult
  static func format(of url: URL) throws(WhiskerError) -> PictureFormat {
    guard let format = PictureFormat(rawValue: url.pathExtension.lowercased()) else {
      throw WhiskerError(
        .invalidSetting, url.path, expected: "a file ending in \(PictureFormat.endings)", got: "another name")
    }
    return format
  }

  /// Draws a picture of the kind that a file's name ends in, and writes it: whole or not at all, over what is there.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` for another extension, `drawingFailed`,
  ///   `cannotWrite`.
  func draw(to url: URL, _ script: (PictureFormat) -> String) async throws(WhiskerError) {
    let format = try Self.format(of: url)
    try AtomicFile.check(replacing: url)
    let picture = try await picture(script(format))
    try AtomicFile.write(picture, to: url)
  }

  private func failure(_ message: String) -> WhiskerError {
    WhiskerError(.drawingFailed, program.path, message)
  }

  /// A text as quoted in a script, always used with `noenhanced`; more than `limit` characters lose their
  /// middle.
  ///
  /// Between single quotes nothing means anything but the quote itself. Doubling it, as the manual has it,
  /// fails at the beginning and for two in a row, after which the rest would be read as commands; so each is
  /// put between double quotes: `'it'."'".'s'`.
  package static func quoted(_ text: String, limit: Int = 48) -> String {
    // By Unicode scalars, since a quote with a combining mark after it is another character to Swift.
    let pieces = shownText(text, limit: limit).unicodeScalars
      .split(separator: "'", omittingEmptySubsequences: false)
      .map { "'\(String($0))'" }
    return pieces.joined(separator: ".\"'\".")
  }

  /// A text as a picture shows it: on one line, of at most `limit` characters, and without what XML can't hold or what
  /// would turn the line's direction.
  static func shownText(_ text: String, limit: Int) -> String {
    var line = text.onOneLine
    line.unicodeScalars.removeAll { scalar in
      scalar.value & 0xFFFE == 0xFFFE || scalar.properties.isBidiControl
    }
    guard line.count > limit else { return line }
    let half = (limit - 1) / 2
    return "\(line.prefix(limit - 1 - half))…\(line.suffix(half))"
  }
}
