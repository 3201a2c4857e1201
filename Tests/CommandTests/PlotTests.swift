import Foundation
import Testing
import _TestSupport

@Suite("Curves and advice")
struct PlotTests {
  private static let train = ["train", "data", "--recipe", "tiny.yaml", "--output"]

  /// A run's folder with only its history: overfitting from the third epoch on.
  private func writeRun(_ name: String, in folder: URL) throws {
    try FileManager.default.createDirectory(at: folder.below(name), withIntermediateDirectories: true)
    let rows = (1...10).map { epoch in
      let validation = epoch < 4 ? 0.7 - 0.03 * Double(epoch) : 0.61 + 0.1 * Double(epoch - 4)
      return "\(epoch),\(0.5 + 0.049 * Double(epoch)),\(0.7 - 0.069 * Double(epoch)),0.6,\(validation)"
    }
    try (["epoch,acc,loss,val_acc,val_loss"] + rows + [""]).joined(separator: "\n")
      .write(to: folder.below("\(name)/history.csv"), atomically: true, encoding: .utf8)
  }

  @Test("A training draws its curves and says so; plot draws the same")
  func training() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let train = try await Whisker(Self.train + ["run"], in: folder).outcome()
      #expect(train.code == 0)
      #expect(train.errors.contains("\nWrote run/curves.png and run/curves.svg\n"), "\(train.errors)")
      let pictures = try ["png", "svg"].map { try folder.below("run/curves.\($0)").bytes }
      for ending in ["png", "svg"] {
        try FileManager.default.removeItem(at: folder.below("run/curves.\(ending)"))
      }
      let plot = try await whisker("plot", "run", in: folder)
      #expect(plot.code == 0 && plot.output.isEmpty, "\(plot.errors)")
      #expect(plot.errors == "Wrote run/curves.png and run/curves.svg\n")
      #expect(try ["png", "svg"].map { try folder.below("run/curves.\($0)").bytes } == pictures)
    }
  }

  @Test("After Ctrl-C the epochs so far are drawn")
  func interrupted() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let training = try Whisker(Self.train + ["run", "--epochs", "1000000"], in: folder)
      try await training.wait { training.errors.contains("Epoch 2/") }
      training.signal(SIGINT)
      #expect(try await training.outcome().code == 130)
      #expect(folder.below("run/curves.png").exists && folder.below("run/curves.svg").exists)
    }
  }

  @Test("Without gnuplot, or with one that fails, training is as good and plot says why it isn't")
  func withoutGnuplot() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      let bin = folder.below("bin")
      try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
      func outcome(_ arguments: [String]) async throws -> Outcome {
        try #require(
          try await run("/usr/bin/env", ["PATH=\(bin.path)", Whisker.path] + arguments, in: folder))
      }
      let missing =
        "gnuplot: not found in PATH; the curves need it: install it (on Debian: apt-get install gnuplot-nox)"
      let train = try await outcome(Self.train + ["run"])
      #expect(train.code == 0)
      #expect(train.errors.hasSuffix("warning: the curves weren't drawn: \(missing)\n"), "\(train.errors)")
      #expect(folder.below("run").names.filter { $0.hasPrefix("curves") }.isEmpty)
      let plot = try await outcome(["plot", "run"])
      #expect(plot.code == 66 && plot.errors == "whisker: \(missing)\n")
      #expect(try await outcome(["plot", "run", "--terminal"]).code == 0)

      try Script.write("echo 'out of ink' >&2\nexit 5", to: bin.below("gnuplot"))
      let failing = try await outcome(Self.train + ["other"])
      #expect(failing.code == 0)
      #expect(
        failing.errors.hasSuffix("ended with 5 and drew nothing; it said: out of ink\n"), "\(failing.errors)")
    }
  }

  @Test("Several runs share a picture; what they show is printed")
  func several() async throws {
    try await withTemporaryFolder { folder in
      for name in ["first", "it's `2`", "sub/first"] { try writeRun(name, in: folder) }
      let one = try await whisker("plot", "first", in: folder)
      #expect(one.output.hasPrefix("Overfitting since epoch 3: after it the validation loss rose from 0.610"))
      let two = try await whisker("plot", "first", "it's `2`", "--output", "two.svg", in: folder)
      #expect(two.code == 0 && two.errors == "Wrote two.svg\n", "\(two.errors)")
      #expect(
        two.output.split(separator: "\n").map { String($0.prefix { $0 != ":" }) } == ["first", "it's `2`"])
      let svg = try String(contentsOf: folder.below("two.svg"), encoding: .utf8)
      #expect(svg.contains("<text>first, best epoch 3: 60.0 %</text>"))
      #expect(svg.contains("<text>it's `2`, best epoch 3: 60.0 %</text>"))
      // Of the same name, each with its way.
      let same = try await whisker("plot", "first", "sub/first", "--output", "two.svg", in: folder)
      #expect(same.output.contains("\nsub/first: Overfitting"))
      #expect(try await whisker("plot", "first", "sub/first", in: folder).code == 64)
    }
  }

  @Test("In a terminal's place, plain text of 80 columns")
  func terminal() async throws {
    try await withTemporaryFolder { folder in
      for name in ["first", "second"] { try writeRun(name, in: folder) }
      let plot = try await whisker("plot", "first", "second", "--terminal", in: folder)
      #expect(plot.code == 0 && plot.errors.isEmpty)
      let drawing = plot.output.split(separator: "\n").prefix { !$0.contains("Overfitting") }
      #expect(drawing.count == 2 * 18 && drawing.allSatisfy { $0.count <= 80 })
      #expect(!plot.output.contains("\u{1B}"))
      #expect(folder.below("first").names == ["history.csv"])
    }
  }

  @Test("What can't be drawn")
  func badInput() async throws {
    try await withTemporaryFolder { folder in
      try writeRun("run", in: folder)
      for (contents, name) in [
        ("epoch,acc,loss,val_acc,val_loss\n", "empty"), ("a,b\n1,2\n", "other"), ("\"", "broken"),
      ] {
        try FileManager.default.createDirectory(at: folder.below(name), withIntermediateDirectories: true)
        try contents.write(to: folder.below("\(name)/history.csv"), atomically: true, encoding: .utf8)
        #expect(try await whisker("plot", name, in: folder).code == 65)
      }
      let missing = try await whisker("plot", "none", in: folder)
      #expect(
        missing.code == 66 && missing.errors.contains("with history.csv, got none"), "\(missing.errors)")
      #expect(try await whisker("plot", "run", "--output", "run.pdf", in: folder).code == 64)
      #expect(try await whisker("plot", "run", "--output", "none/run.png", in: folder).code == 73)
      #expect(try await whisker("plot", "run", "--output", "run.png", "--terminal", in: folder).code == 64)
    }
  }

  @Test("JSON has the advice")
  func advice() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      // A rate at which nothing is learned.
      let train = try await Whisker(
        Self.train + ["run", "--json", "--epochs", "8", "--learning-rate", "1e-12"], in: folder
      ).outcome()
      #expect(train.code == 0)
      let result = try #require(try json(train.output) as? [String: Any])
      let advice = try #require(result["advice"] as? [String: Any], "\(train.output)")
      let text = try #require(advice["text"] as? String)
      #expect(train.errors.hasSuffix("\(text)\n"))
      #expect(advice["finding"] is String)
    }
  }
}
