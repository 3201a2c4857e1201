import Foundation
import Testing
import WhiskerSystem
import _TestSupport

@Suite struct ChildProgramTests {
  /// A shell that runs a script.
  private func shell(_ script: String, seconds: Int? = nil) -> ChildProgram {
    var program = ChildProgram(
      URL(fileURLWithPath: "/bin/sh"), ["-c", script], environment: ["PATH": "/usr/bin:/bin", "WORD": "a b"])
    program.timeLimit = seconds.map { .seconds($0) }
    return program
  }

  /// The error of a run without an outcome.
  private func failure(_ program: ChildProgram, on input: [UInt8] = []) async -> ChildProgram.Failure? {
    do throws(ChildProgram.Failure) {
      _ = try await program.run(on: input)
      return nil
    } catch {
      return error
    }
  }

  /// Whether there is a process of this number, be it one that has ended and wasn't waited for.
  private func exists(_ process: String) -> Bool {
    FileManager.default.fileExists(atPath: "/proc/\(process.trimmingCharacters(in: .whitespacesAndNewlines))")
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test func codesAndSignalsAreTold() async throws {
    for (script, code) in [("exit 0", 0), ("exit 66", 66), ("kill -KILL $$", 137)] as [(String, Int32)] {
      #expect(try await shell(script).run().code == code)
    }
  }

  @Test func moreThanAPipeHoldsGoesInAndOut() async throws {
    let input = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7) }
    let outcome = try await shell("cat; head -c 300000 /dev/zero >&2").run(on: input)
    #expect(outcome.output == input)
    #expect(outcome.errors == [UInt8](repeating: 0, count: 300_000))
  }

  /// A pipe would raise a signal that ends this process.
  @Test func inputThatNobodyReadsDoesNoHarm() async throws {
    let input = [UInt8](repeating: 35, count: 2_000_000)
    for _ in 0..<20 { #expect(try await shell("exit 3").run(on: input).code == 3) }
  }

  @Test func folderAndEnvironmentAreItsOwn() async throws {
    try await withTemporaryFolder { folder in
      var program = shell("pwd; echo $WORD; echo $HOME")
      program.folder = folder
      let path = folder.resolvingSymlinksInPath().path
      let output = try await program.run().output
      #expect(text(output) == "\(path)\na b\n\n")
    }
  }

  @Test func everySignalReachesItAndCtrlCDoesNot() async throws {
    let lines = try await text(
      shell("grep SigBlk: /proc/self/status; cut -d ' ' -f 5 /proc/$$/stat").run().output
    )
    .split(separator: "\n")
    #expect(lines.first == "SigBlk:\t0000000000000000")
    // Ctrl-C goes to the terminal's process group.
    #expect(lines.last != "\(getpgrp())")
  }

  @Test func oneThatTakesTooLongIsKilled() async throws {
    try await withTemporaryFolder { folder in
      var hanging = shell("echo $$ > id; exec >&- 2>&-; exec sleep 1000", seconds: 1)
      hanging.folder = folder
      #expect(await failure(hanging) == .tooSlow)
      let id = try String(contentsOf: folder.appendingPathComponent("id"), encoding: .utf8)
      #expect(!exists(id))
    }
  }

  @Test func oneThatWritesTooMuchIsKilled() async {
    #expect(await failure(shell("exec cat /dev/zero")) == .tooMuch)
    #expect(await failure(shell("exec cat /dev/zero >&2")) == .tooMuch)
  }

  @Test func oneThatCannotBeStartedIsNamed() async throws {
    let missing = "it, or its interpreter, is missing or isn't executable"
    let nowhere = ChildProgram(URL(fileURLWithPath: "/nowhere/program"), [], environment: [:])
    #expect(await failure(nowhere) == .notStarted(missing))
    try await withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("program")
      try Data([0]).write(to: file)
      #expect(
        await failure(ChildProgram(file, [], environment: [:])) == .notStarted(missing))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
      #expect(
        await failure(ChildProgram(file, [], environment: [:])) == .notStarted("Exec format error"))
    }
  }

  @Test(arguments: [0, 1, 10, 100]) func aTaskThatIsCancelledKillsIt(milliseconds: Int) async throws {
    try await withTemporaryFolder { folder in
      var program = shell("trap '' TERM INT; echo $$ > id; exec sleep 1000")
      program.folder = folder
      let task = Task { [program] in await failure(program) }
      try await Task.sleep(for: .milliseconds(milliseconds))
      task.cancel()
      #expect(await task.value == .cancelled)
      if let id = try? String(contentsOf: folder.appendingPathComponent("id"), encoding: .utf8), !id.isEmpty {
        #expect(!exists(id))
      }
    }
  }

  @Test func aProgramLeftBehindIsNotWaitedFor() async throws {
    let outcome = try await shell("sleep 600 & echo $!; exit 7", seconds: 300).run()
    #expect(outcome.code == 7)
    kill(try #require(Int32(text(outcome.output).trimmingCharacters(in: .whitespacesAndNewlines))), SIGKILL)
  }
}
