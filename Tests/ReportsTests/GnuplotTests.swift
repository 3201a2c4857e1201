import Foundation
import Testing
import WhiskerReports
import WhiskerSystem
import _TestSupport

@Suite struct GnuplotTests {
  /// A program that does what a shell script says.
  private func gnuplot(_ script: String, in folder: URL) throws -> Gnuplot {
    let file = folder.appendingPathComponent("gnuplot")
    try Script.write(script, to: file)
    return Gnuplot(program: file)
  }

  @Test func quotesAreTheOnlyThingThatIsQuoted() {
    #expect(Gnuplot.quoted("a `b` \"c\" \\ @d") == "'a `b` \"c\" \\ @d'")
    #expect(Gnuplot.quoted("it's") == "'it'.\"'\".'s'")
    #expect(Gnuplot.quoted("''") == "''.\"'\".''.\"'\".''")
    #expect(Gnuplot.quoted("'\u{301}") == "''.\"'\".'\u{301}'")
    #expect(Gnuplot.quoted("") == "''")
    #expect(Gnuplot.quoted("a\nb") == "'a\\nb'")
    #expect(Gnuplot.quoted("abcdefgh", limit: 5) == "'ab…gh'")
  }

  @Test func whatAScriptDrawsComesBack() async throws {
    let picture = try await Gnuplot().picture("set terminal svg\nplot [0:1][0:1] x\n")
    #expect(String(decoding: picture, as: UTF8.self).contains("<svg"))
  }

  @Test func whatIsWrongWithAScriptIsSaid() async throws {
    let error = await #expect(throws: WhiskerError.self) { try await Gnuplot().picture("set nonsense\n") }
    #expect(error?.code == .drawingFailed)
    #expect(error?.message.contains("ended with 1 and drew nothing; it said: ") == true)
    #expect(
      await #expect(throws: WhiskerError.self) { try await Gnuplot().picture("# nothing\n") }?.code
        == .drawingFailed)
  }

  @Test func oneThatHangsIsStopped() async throws {
    try await withTemporaryFolder { folder in
      // Neither reads what doesn't fit into a pipe, nor ends.
      var hanging = try gnuplot("exec sleep 1000", in: folder)
      hanging.timeLimit = .seconds(1)
      let start = ContinuousClock.now
      let error = await #expect(throws: WhiskerError.self) {
        try await hanging.picture(String(repeating: "#\n", count: 1_000_000))
      }
      #expect(error?.message == "drew nothing in 1 s, and was stopped")
      #expect(ContinuousClock.now - start < .seconds(500))
      // Closes its outputs and keeps running.
      var deaf = try gnuplot("exec >&- 2>&-; exec sleep 1000", in: folder)
      deaf.timeLimit = .seconds(1)
      #expect(
        await #expect(throws: WhiskerError.self) { try await deaf.picture("") }?.message.contains("stopped")
          == true)
    }
  }

  @Test func oneThatEndsAtOnceRaisesNoSignal() async throws {
    try await withTemporaryFolder { folder in
      let script = String(repeating: "#\n", count: 1_000_000)
      let failing = try gnuplot("echo sorry >&2; exit 3", in: folder)
      let error = await #expect(throws: WhiskerError.self) { try await failing.picture(script) }
      #expect(error?.message == "ended with 3 and drew nothing; it said: sorry")
      let killed = try gnuplot("kill -9 $$", in: folder)
      let signal = await #expect(throws: WhiskerError.self) { try await killed.picture(script) }
      #expect(signal?.message == "ended with 137 and drew nothing")
      let quick = try gnuplot("echo picture", in: folder)
      #expect(try await quick.picture(script) == Array("picture\n".utf8))
    }
  }

  @Test func oneThatIsNotThereIsNamed() async {
    let error = await #expect(throws: WhiskerError.self) {
      try await Gnuplot(program: URL(fileURLWithPath: "/nowhere/gnuplot")).picture("")
    }
    #expect(error?.code == .drawingFailed)
    #expect(error?.place == "/nowhere/gnuplot")
  }
}
