import Foundation
import Testing
import _TestSupport

@Suite("Output that can't be written")
struct OutputTests {
  private static let train = ["train", "data", "--recipe", "tiny.yaml", "--output"]

  @Test("A file in the place of a folder: 73")
  func fileForParent() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try Data().write(to: folder.below("file"))
      for command in [
        Self.train + ["file"], Self.train + ["file/run"], ["split", "data/train", "file"],
        ["split", "data/train", "file/parts"], ["sketches", "file/drawn", "--per-class", "1"],
      ] {
        let outcome = try await Whisker(command, in: folder).outcome()
        #expect(outcome.code == 73, "\(command): \(outcome.errors)")
        #expect(outcome.errors.contains("whisker: \(folder.path)/file"), "\(command): \(outcome.errors)")
      }
    }
  }

  @Test("A folder of another user: 73", .enabled { await OutputTests.canChangeUser })
  func otherUser() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      for command in [
        Self.train + ["run"], ["split", "data/train", "parts"], ["sketches", "drawn", "--per-class", "1"],
      ] {
        let outcome = try #require(try await Self.runAsNobody(command, in: folder))
        #expect(outcome.code == 73, "\(command): \(outcome.errors)")
        #expect(outcome.errors.contains("Permission denied"), "\(command): \(outcome.errors)")
      }
      #expect(folder.names == ["data", "tiny.yaml"])
    }
  }

  @Test("A disk without room: 73, and nothing half-written", .enabled { await OutputTests.canMount })
  func fullDisk() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let disk = folder.below("disk")
      try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
      let mount = try await run("/bin/mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", "disk"], in: folder)
      try #require(mount?.code == 0)
      defer { unmount(disk) }
      try Data(count: 1_040_000).write(to: disk.below("ballast"))
      for command in [
        Self.train + ["disk/run"], ["split", "data/train", "disk/parts"],
        ["sketches", "disk/drawn", "--per-class", "20"],
      ] {
        let outcome = try await Whisker(command, in: folder).outcome()
        #expect(outcome.code == 73, "\(command): \(outcome.errors)")
        #expect(outcome.errors.contains("No space left on device"), "\(command): \(outcome.errors)")
      }
      let halves = disk.names.filter { $0 != "ballast" && $0 != "run" }
      #expect(halves.isEmpty)
      #expect(disk.below("run").names.allSatisfy { !$0.contains("tmp") })
    }
  }

  @Test("Standard output that can't be written: 73; one that nobody reads any more: quiet")
  func standardOutput() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      let full = try #require(
        try await run(
          "/bin/sh", ["-c", "\"$0\" predict model.safetensors data > /dev/full", Whisker.path], in: folder))
      #expect(full.code == 73 && full.errors.contains("No space left on device"))
      for ignoring in ["", "trap '' PIPE; "] {
        let closed = try #require(
          try await run(
            "/bin/sh",
            [
              "-c", "\(ignoring)\"$0\" predict model.safetensors data --batch-size 1 | head -n 1",
              Whisker.path,
            ],
            in: folder))
        #expect(closed.output.split(separator: "\n").count == 1)
        #expect(closed.errors.isEmpty)
      }
    }
  }

  @Test("A run that is there is kept unless --overwrite is given")
  func runExists() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      #expect(try await Whisker(Self.train + ["run"], in: folder).outcome().code == 0)
      let model = try folder.below("run/model.safetensors").bytes
      let again = try await Whisker(Self.train + ["run", "--seed", "1"], in: folder).outcome()
      #expect(again.code == 64)
      #expect(again.errors.contains("--overwrite"))
      // What goes wrong before the first step costs the old run nothing either.
      let strict = Self.train + ["run", "--overwrite", "--strict"]
      try Data().write(to: folder.below("data/train/cats/zero.jpg"))
      #expect(try await Whisker(strict, in: folder).outcome().code == 65)
      #expect(try folder.below("run/model.safetensors").bytes == model)
      let other = try await Whisker(Self.train + ["run", "--seed", "1", "--overwrite"], in: folder).outcome()
      #expect(other.code == 0)
      #expect(try folder.below("run/model.safetensors").bytes != model)
    }
  }

  @Test("Two processes can't write one run")
  func twoProcesses() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let first = try Whisker(Self.train + ["run", "--epochs", "1000000"], in: folder)
      try await first.wait { first.errors.contains("Epoch 2/") }
      let second = try await Whisker(Self.train + ["run", "--overwrite"], in: folder).outcome()
      #expect(second.code == 64)
      #expect(second.errors.contains("another process ("))
      first.signal(SIGINT)
      #expect(try await first.outcome().code == 130)
    }
  }

  // MARK: What this machine allows

  /// Whether the tests run as root, with a command that others may start too.
  private static var canChangeUser: Bool {
    get async {
      guard geteuid() == 0 else { return false }
      let folder = FileManager.default.temporaryDirectory
      return (try? await runAsNobody(["--version"], in: folder))??.code == 0
    }
  }

  private static func runAsNobody(_ arguments: [String], in folder: URL) async throws -> Outcome? {
    let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups", Whisker.path]
    return try await run("/usr/bin/setpriv", user + arguments, in: folder)
  }

  private static var canMount: Bool {
    get async {
      guard geteuid() == 0 else { return false }
      let attempt = try? await withTemporaryFolder { folder in
        defer { unmount(folder) }
        return try await run("/bin/mount", ["-t", "tmpfs", "tmpfs", "."], in: folder)?.code == 0
      }
      return attempt ?? false
    }
  }
}

/// Unmounts a file system; synchronous, for `defer`.
private func unmount(_ folder: URL) {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/bin/umount")
  process.arguments = ["--lazy", folder.path]
  process.standardError = FileHandle.nullDevice
  if (try? process.run()) != nil { process.waitUntilExit() }
}
