import Foundation
import Testing
import _TestSupport

@Suite("whisker report")
struct ReportTests {
  private func withRun(_ body: (URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let outcome = try await whisker(
        "train", "data", "--recipe", "tiny.yaml", "--output", "run", "--seed", "4", in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      try await body(folder)
    }
  }

  @Test("The page is written into the run, or where it is asked for; moved photos are named")
  func page() async throws {
    try await withRun { folder in
      let outcome = try await whisker("report", "run", in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("Wrote run/report.html"))
      let page = try String(contentsOf: folder.below("run/report.html"), encoding: .utf8)
      for text in [
        "Seed 4.", "train data --recipe tiny.yaml", "best.safetensors", "Worst mistakes", "reading photos",
      ] {
        #expect(page.contains(text), "\(text)")
      }

      try FileManager.default.moveItem(at: folder.below("data"), to: folder.below("moved"))
      let lost = try await whisker("report", "run", in: folder)
      #expect(lost.code == 66 && lost.errors.contains("say with --data where they are"))
      let found = try await whisker(
        "report", "run", "--data", "moved", "--output", "p.html", "--model", "model", "--json", in: folder)
      #expect(found.code == 0, "\(found.errors)")
      #expect(found.output.contains("p.html"))
      #expect(try String(contentsOf: folder.below("p.html"), encoding: .utf8).contains("model.safetensors"))
    }
  }

  @Test("A photo that has become unreadable is skipped, and a run's page is as good as before")
  func unreadable() async throws {
    try await withRun { folder in
      try Data("no photo".utf8).write(to: folder.below("data/validation/cats/photo.1.jpg"))
      try Data("no photo".utf8).write(to: folder.below("data/train/cats/photo.7.jpg"))
      let outcome = try await whisker("report", "run", in: folder)
      #expect(outcome.code == 0, "\(outcome.errors)")
      let warning =
        "1 of the 8 photos that the run was measured on is gone or not what it was, and not measured: "
      #expect(outcome.errors.contains("warning: \(warning)"), "\(outcome.errors)")
      let page = try String(contentsOf: folder.below("run/report.html"), encoding: .utf8)
      #expect(page.contains(warning) && page.contains("1 training photo is gone or changed"))
    }
  }

  @Test("What can't be reported on: the code and the reason, and nothing is written")
  func failures() async throws {
    try await withRun { folder in
      let cases: [(Int32, [String], String)] = [
        (66, ["nowhere"], "expected a run's folder, got nothing of this name"),
        (65, ["data"], "expected the folder of a run"),
        (65, ["tiny.yaml"], "got a file"),
        (66, ["run", "--data", "nowhere"], "nowhere: there is no such folder"),
        (64, ["run", "--model", "middle"], "middle"),
        (64, ["run", "--batch-size", "0"], "--batch-size: expected 1"),
        (64, ["run", "--output", "p.jpg"], "ending in .html or .htm, got \"p.jpg\""),
        (73, ["run", "--output", "nowhere/p.html"], "nowhere/p.html"),
      ]
      for (code, arguments, message) in cases {
        let outcome = try await Whisker(["report"] + arguments, in: folder).outcome()
        #expect(outcome.code == code, "\(outcome.errors)")
        #expect(outcome.errors.contains(message), "\(outcome.errors)")
      }
      for name in ["best", "model"] {
        try FileManager.default.removeItem(at: folder.below("run/\(name).safetensors"))
      }
      let bare = try await whisker("report", "run", in: folder)
      #expect(bare.code == 66 && bare.errors.contains("expected best.safetensors or model.safetensors"))
      #expect(!folder.below("run/report.html").exists)
    }
  }
}
