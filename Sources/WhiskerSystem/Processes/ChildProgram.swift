import CLinux
package import Foundation
import Subprocess
import SystemPackage

/// Another program, run to its end, with a given input and captured output.
///
/// It gets every signal, also those that are blocked here, and a process group of its own, so that Ctrl-C in a
/// terminal reaches only this process. When it ends, the run ends, even if a program that it left behind still
/// holds its outputs.
package struct ChildProgram: Sendable {
  /// How a run ended.
  package struct Outcome: Sendable {
    /// The exit code; that of a signal is 128 and its number.
    package let code: Int32
    /// Standard output.
    package let output: [UInt8]
    /// Standard error.
    package let errors: [UInt8]
  }

  /// Why there is no outcome.
  package enum Failure: Error, Hashable {
    /// The program couldn't be started, in the system's words.
    case notStarted(String)
    /// It took longer than allowed, and was killed.
    case tooSlow
    /// It wrote more than allowed, and was killed.
    case tooMuch
    /// The task was cancelled, and the program killed.
    case cancelled
  }

  /// The program's file.
  package var program: URL
  /// Its arguments.
  package var arguments: [String]
  /// All of its environment.
  package var environment: [String: String]
  /// Its working folder; nil for that of this process.
  package var folder: URL?
  /// How long it may take; nil for no limit.
  package var timeLimit: Duration?

  /// A program with its arguments.
  package init(_ program: URL, _ arguments: [String], environment: [String: String]) {
    self.program = program
    self.arguments = arguments
    self.environment = environment
  }

  /// How many bytes it may write to standard output, and as many to standard error.
  private static let outputLimit = 1 << 26

  private static let stepsOfLimit = 30

  /// Runs it on an input.
  ///
  /// A task that is cancelled kills it.
  package func run(on input: [UInt8] = []) async throws(Failure) -> Outcome {
    let first = await withTaskGroup(of: Result<Outcome, Failure>.self) { group in
      group.addTask { await end(on: input) }
      if let timeLimit {
        group.addTask {
          // In steps, each of which waits for its turn as the program's end does: where tasks wait long, the limit grows
          // as much, and a program that ended in time isn't called slow.
          for _ in 0..<Self.stepsOfLimit where !Task.isCancelled {
            try? await Task.sleep(for: timeLimit / Self.stepsOfLimit)
          }
          return .failure(.tooSlow)
        }
      }
      // The other is cancelled, and waited for: nothing runs on.
      defer { group.cancelAll() }
      return await group.next()
    }
    guard !Task.isCancelled, let first else { throw .cancelled }
    return try first.get()
  }

  private func end(on input: [UInt8]) async -> Result<Outcome, Failure> {
    do {
      let file = try MemoryFile()
      try file.fill(input)
      let record = try await Subprocess.run(
        configuration, input: .fileDescriptor(file.descriptor, closeAfterSpawningProcess: false),
        output: .bytes(limit: Self.outputLimit), error: .bytes(limit: Self.outputLimit))
      let code =
        switch record.terminationStatus {
        case .exited(let code): code
        case .signaled(let number): 128 + number
        }
      return .success(Outcome(code: code, output: record.standardOutput, errors: record.standardError))
    } catch let error as SubprocessError where error.code == .outputLimitExceeded {
      return .failure(.tooMuch)
    } catch {
      // Which of these it was isn't known.
      let isMissing = (error as? SubprocessError)?.code == .executableNotFound
      let reason = (error as? SubprocessError)?.underlyingError ?? (error as? Errno)
      return .failure(
        .notStarted(
          isMissing
            ? "it, or its interpreter, is missing or isn't executable" : reason.map { "\($0)" } ?? "\(error)")
      )
    }
  }

  private var configuration: Configuration {
    var options = PlatformOptions()
    options.processGroupID = 0
    return Configuration(
      executable: .path(FilePath(program.path)), arguments: Arguments(arguments),
      environment: .custom(
        .init(
          uniqueKeysWithValues: environment.compactMap { name, value in
            Environment.Key(rawValue: name).map { ($0, value) }
          })),
      workingDirectory: folder.map { FilePath($0.path) }, platformOptions: options)
  }
}

/// A program's input, as a file in memory: writing to a pipe would raise a signal here when the program ends early.
private struct MemoryFile: ~Copyable {
  let descriptor: FileDescriptor

  /// An empty one.
  init() throws(Errno) {
    let number = whisker_memory_file("whisker-input")
    guard number >= 0 else { throw Errno(rawValue: errno) }
    descriptor = FileDescriptor(rawValue: number)
  }

  deinit { try? descriptor.close() }

  /// Puts the bytes in, to be read from the first.
  func fill(_ bytes: [UInt8]) throws {
    try descriptor.writeAll(bytes)
    try descriptor.seek(offset: 0, from: .start)
  }
}
