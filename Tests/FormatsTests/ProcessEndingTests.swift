import Foundation
import Testing
import _TestSupport

@Suite struct ProcessEndingTests {
  /// Starts a shell and waits for its end, even if its children keep running.
  private func ending(of script: String) throws -> (code: Int32?, output: String) {
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    let deadline = ContinuousClock.now + .seconds(60)
    while process.ending == nil, .now < deadline { usleep(1000) }
    return (process.ending, text)
  }

  @Test func codesAndSignalsAreTold() throws {
    #expect(try ending(of: "exit 0").code == 0)
    #expect(try ending(of: "exit 66").code == 66)
    #expect(try ending(of: "kill -KILL $$").code == 137)
  }

  /// Foundation would wait for what the program leaves behind.
  @Test func aProgramLeftBehindIsNotWaitedFor() throws {
    let (code, output) = try ending(of: "sleep 600 > /dev/null & echo $!; exit 7")
    #expect(code == 7)
    kill(try #require(Int32(output.trimmingCharacters(in: .whitespacesAndNewlines))), SIGKILL)
  }
}
