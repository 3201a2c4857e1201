import Foundation
import _TestSupport

/// What a command printed and how it ended.
struct Outcome {
  /// The exit code; that of a signal is 128 and its number.
  let code: Int32
  /// Standard output.
  let output: String
  /// Standard error.
  let errors: String
}

/// A test that can't continue.
struct CommandTestFailure: Error, CustomStringConvertible {
  let description: String
}

/// The built command, run as a user would.
///
/// Its output goes to files, so that no pipe can fill up, and each run has a time limit.
final class Whisker {
  /// The command, next to the tests' own binary.
  static let path: String = {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().appendingPathComponent("whisker").path
  }()

  private let process = Process()
  private let outputFile: URL
  private let errorFile: URL

  /// Starts the command; paths in its arguments may be relative to `folder`, which also takes what it prints.
  convenience init(_ arguments: [String], in folder: URL) throws {
    try self.init(Self.path, arguments, in: folder)
  }

  /// Starts any program.
  init(_ program: String, _ arguments: [String], in folder: URL) throws {
    let id = UUID().uuidString
    outputFile = folder.appendingPathComponent(".output-\(id)")
    errorFile = folder.appendingPathComponent(".errors-\(id)")
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.runWithSignals()
  }

  /// The arguments as one types them, if none needs quotes.
  var arguments: String { process.arguments?.joined(separator: " ") ?? "" }

  /// What was printed so far.
  var output: String { text(of: outputFile) }
  /// What was noted so far.
  var errors: String { text(of: errorFile) }
  /// Whether the command is still running.
  var isRunning: Bool { process.ending == nil }

  /// What the command has open, as the system reports it: `/tmp/#123 (deleted)`.
  var openFiles: [String] {
    let folder = "/proc/\(process.processIdentifier)/fd"
    let numbers = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return numbers.compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
    }
  }

  /// Whether the command has begun to catch Ctrl-C, which the system reports as a bit for each signal.
  var catchesInterrupts: Bool {
    let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("SigCgt:") }
    let caught = line.flatMap { UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) }
    return (caught ?? 0) & (1 << UInt64(SIGINT - 1)) != 0
  }

  /// Sends a signal.
  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits until something holds, or the command has ended without it.
  func wait(until condition: @escaping () -> Bool, seconds: Double = 120) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !condition() {
      guard isRunning, .now < deadline else {
        throw CommandTestFailure(description: "waited in vain; standard error: \(errors)")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Sends Ctrl-C as soon as something was logged.
  func interrupt(whenNoted text: String) async throws {
    let file = errorFile
    try await signal(SIGINT) { (try? String(contentsOf: file, encoding: .utf8))?.contains(text) ?? false }
  }

  /// Sends a signal some microseconds after something holds.
  ///
  /// A thread of its own watches: busy tests may keep Swift's tasks waiting for longer than the command takes.
  func signal(
    _ number: Int32, after delay: UInt32 = 0, seconds: Double = 120,
    when condition: @escaping @Sendable () -> Bool
  ) async throws {
    let id = process.processIdentifier
    let held = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var holds = condition()
        while !holds, .now < deadline, !Process.hasEnded(id) {
          usleep(2000)
          holds = condition()
        }
        if holds {
          usleep(delay)
          kill(id, number)
        }
        continuation.resume(returning: holds)
      }
    }
    guard held else { throw CommandTestFailure(description: "waited in vain; standard error: \(errors)") }
  }

  /// Waits for the end.
  func outcome(seconds: Double = 120) async throws -> Outcome {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      if let code = process.ending { return Outcome(code: code, output: output, errors: errors) }
      guard .now < deadline else {
        signal(SIGKILL)
        throw CommandTestFailure(description: "no end after \(seconds) s; standard error: \(errors)")
      }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  private func text(of file: URL) -> String {
    String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self)
  }
}

/// Runs the command to its end in a folder.
func whisker(_ arguments: String..., in folder: URL) async throws -> Outcome {
  try await Whisker(arguments, in: folder).outcome()
}

/// Runs any program to its end in a folder; nil if it can't be started.
func run(_ program: String, _ arguments: [String], in folder: URL) async throws -> Outcome? {
  guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
  return try await Whisker(program, arguments, in: folder).outcome()
}

/// Runs the command to its end.
func outcome(_ arguments: [String], in folder: URL) async throws -> Outcome {
  try await Whisker(arguments, in: folder).outcome()
}
