import Foundation
import Testing
import _TestSupport

/// A command killed in the middle: what it leaves is removed by the next one, but not while it is running.
@Suite("Killed", .serialized)
struct KilledTests {
  @Test("The next one clears away what a killed one left, and leaves alone what one at work makes")
  func leftovers() async throws {
    try await withTemporaryFolder { folder in
      let short = ["sketches", "other", "--per-class", "1", "--size", "32"]
      let making = try Whisker(["sketches", "drawn", "--per-class", "100000", "--size", "64"], in: folder)
      try await making.wait { folder.names.contains { $0.hasSuffix(".partial") } }
      making.signal(SIGSTOP)
      let partial = try #require(folder.names.first { $0.hasSuffix(".partial") })
      #expect(try await Whisker(short, in: folder).outcome().code == 0)
      #expect(folder.below(partial).exists, "it is another process's, which is at work")
      making.signal(SIGKILL)
      #expect(try await making.outcome().code == 128 + SIGKILL)
      #expect(folder.below(partial).exists)
      #expect(try await Whisker(short, in: folder).outcome().code == 0)
      #expect(folder.names == ["other"])
    }
  }
}
