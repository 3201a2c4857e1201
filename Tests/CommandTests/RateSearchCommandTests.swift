import Foundation
import Testing
import _TestSupport

@Suite("Finding a learning rate")
struct RateSearchCommandTests {
  private static let search = [
    "lr-find", "data", "--recipe", "tiny.yaml", "--threads", "1", "--steps", "100", "--lowest", "1e-6",
    "--highest", "1",
  ]

  @Test("The loss is shown by the rate, a rate is suggested, and nothing is written but the picture")
  func search() async throws {
    try await withTinyData { folder in
      let before = Set(folder.names)
      let first = try await outcome(Self.search, in: folder)
      #expect(first.code == 0, "\(first.errors)")
      #expect(first.output.hasPrefix("Loss by learning rate\n"))
      #expect(first.output.contains("1e-03"))
      let last = first.output.split(separator: "\n").last ?? ""
      #expect(
        last.wholeMatch(of: /Suggestion: --learning-rate \d\.\de-?\d+, in the middle of the longest fall\./)
          != nil,
        "\(last)")
      #expect(Set(folder.names) == before)

      let picture = try await outcome(Self.search + ["--output", "rates.svg", "--json"], in: folder)
      #expect(picture.code == 0, "\(picture.errors)")
      #expect(Set(folder.names) == before.union(["rates.svg"]))
      let result = try #require(try json(picture.output) as? [String: Any])
      let points = try #require(result["points"] as? [[String: Double]])
      #expect(points.count >= 10 && points.count <= 100)
      #expect(abs((points[0]["rate"] ?? 0) - 1e-6) < 1e-11)
      #expect(points.allSatisfy { ($0["loss"] ?? .nan).isFinite })
      let rate = try #require(result["suggestion"] as? Double)
      #expect(points.contains { $0["rate"] == rate })
      // The same seed gives the same.
      #expect(try await outcome(Self.search + ["--json"], in: folder).output == picture.output)
    }
  }

  @Test(
    "What can't be searched is refused with the option or the key",
    arguments: [
      (["--steps", "9"], "steps: expected at least 10, got 9"),
      (["--lowest", "0"], "rates: expected two above 0"),
      (
        ["--highest", "1e-7"], "rates: expected two above 0, the second above the first, got 1e-06 and 1e-07"
      ),
      (["--epochs", "3"], "--epochs: expected none"), (["--recipe", "features"], "one that trains in steps"),
      (["--output", "rates.txt"], "rates.txt"),
    ])
  func refused(_ options: [String], _ message: String) async throws {
    try await withTinyData { folder in
      let result = try await outcome(Self.search + options, in: folder)
      #expect(result.code == 64, "\(result.errors)")
      #expect(result.errors.contains(message), "\(result.errors)")
    }
  }
}
