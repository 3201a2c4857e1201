import Foundation
import Testing
import _TestSupport

@Suite("Folds and learning curves")
struct SeriesCommandTests {
  // One thread each, as threads of several processes wait for one another.
  private static let folds = [
    "train", "data", "--recipe", "tiny.yaml", "--output", "run", "--threads", "1", "--folds", "3",
  ]
  private static let curve = [
    "curve", "data", "--recipe", "tiny.yaml", "--output", "out", "--threads", "1", "--repeats", "2",
    "--sizes",
  ]

  @Test("Folds end with a table, mean and spread; again only as told")
  func folds() async throws {
    try await withTinyData { folder in
      let first = try await outcome(Self.folds, in: folder)
      #expect(first.code == 0, "\(first.errors)")
      #expect(
        first.errors.hasPrefix(
          "warning: 8 validation photos are not used: each fold is measured on in turn\n"))
      let lines = first.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 5 && lines[0] == "fold  train  validation  accuracy    loss", "\(first.output)")
      #expect(lines[1].hasPrefix("1        10           6 "))
      #expect(
        lines[4].wholeMatch(
          of:
            /Accuracy \d+\.\d % ± \d+\.\d, loss \d\.\d{4} ± \d\.\d{4}: mean and standard deviation of 3 runs/
        ) != nil, "\(lines[4])")
      #expect(folder.below("run").names == ["cross_validation.json", "fold-1", "fold-2", "fold-3"])
      #expect(first.errors.hasSuffix("Wrote run/cross_validation.json\n"))

      let again = try await outcome(Self.folds, in: folder)
      #expect(
        again.code == 64 && again.errors.contains("got cross_validation.json: resume it with --resume"))
      let resumed = try await outcome(Self.folds + ["--resume", "--json"], in: folder)
      #expect(resumed.code == 0 && resumed.errors.contains("Fold 3: "), "\(resumed.errors)")
      #expect(resumed.errors.components(separatedBy: ", done before").count == 4)
      let result = try #require(try json(resumed.output) as? [String: Any])
      #expect(Set(result.keys) == ["accuracy", "groups", "loss", "scores"])
      #expect((result["scores"] as? [Any])?.count == 3)
      // The seed comes from the old series, and another is a change.
      #expect(try await outcome(Self.folds + ["--resume", "--seed", "1"], in: folder).code == 64)
      let repeated = try await outcome(Self.folds + ["--resume", "--repeats", "2"], in: folder)
      #expect(repeated.code == 0 && repeated.output.contains("\n2, 3 "), "\(repeated.output)")
      #expect(try await outcome(Self.folds + ["--overwrite"], in: folder).code == 0)
    }
  }

  @Test("What makes no sense with folds is refused before anything is written")
  func foldsRefused() async throws {
    try await withTinyData { folder in
      let train = Array(Self.folds.dropLast(2))
      for (options, message) in [
        (["--folds", "1"], "--folds: expected 2 to 1000000, got 1"),
        (["--folds", "-3"], "--folds: expected 2 to 1000000, got -3"),
        (["--folds", "3", "--repeats", "0"], "--repeats: expected 1 to 1000, got 0"),
        (["--repeats", "2"], "--repeats: expected with --folds, got no folds"),
        (["--folds", "3", "--validation-split", "0.2"], "--validation-split: expected none with --folds"),
        (["--folds", "3", "--no-validation"], "--no-validation: expected none with --folds"),
        (["--folds", "3", "--validation-steps", "2"], "--validation-steps: expected none with --folds"),
      ] {
        let outcome = try await outcome(train + options, in: folder)
        #expect(outcome.code == 64 && outcome.errors.contains(message), "\(outcome.errors)")
      }
      let few = try await outcome(train + ["--folds", "9"], in: folder)
      #expect(few.code == 65)
      #expect(
        few.errors.contains("the class \"cats\" has too few photos for 9 folds: 8"), "\(few.errors)")
      #expect(!folder.below("run").exists)
    }
  }

  @Test("A curve is measured, drawn and gone on with")
  func curve() async throws {
    try await withTinyData { folder in
      let first = try await outcome(Self.curve + ["16,4,4", "--terminal"], in: folder)
      #expect(first.code == 0, "\(first.errors)")
      let lines = first.output.split(separator: "\n").map(String.init)
      #expect(lines[0].hasPrefix("photos  runs "))
      #expect(lines[1].hasPrefix("4          2 ") && lines[2].hasPrefix("16         2 "))
      #expect(first.output.contains("\nValidation accuracy by training photos\n"))
      #expect(folder.below("out").names == ["curve.csv", "curve.json", "curve.png", "curve.svg"])
      #expect(first.errors.hasSuffix("Wrote curve.json, curve.csv, curve.png, curve.svg in out\n"))

      #expect(try await outcome(Self.curve + ["4"], in: folder).code == 64)
      let more = try await outcome(Self.curve + ["4,8", "--resume", "--json"], in: folder)
      #expect(more.code == 0 && more.errors.contains("4 photos, repeat 2: "), "\(more.errors)")
      let result = try #require(try json(more.output) as? [String: Any])
      #expect((result["points"] as? [[String: Any]])?.compactMap { $0["photos"] as? Int } == [4, 8])
      let csv = try String(contentsOf: folder.below("out/curve.csv"), encoding: .utf8)
      #expect(csv.split(separator: "\n").count == 1 + 6)
    }
  }

  @Test(
    "Sizes that can't be are named",
    arguments: [
      ("0", "--sizes: expected numbers above 0 with commas between them, such as 50,100,200, got \"0\""),
      ("-1", "got \"-1\""), ("abc", "got \"abc\""), ("4,,8", "got \"\""),
      ("", "--sizes: expected something behind it, got an empty argument"),
      ("4;8", "got \"4;8\""),
      ("99999999999999999999", "got \"99999999999999999999\""),
      ("1,4", "--sizes: expected at least 2, a photo of each class, got 1"),
      ("4,17", "--sizes: expected at most 16, the training photos there are, got 17"),
    ])
  func sizes(text: String, message: String) async throws {
    try await withTinyData { folder in
      let outcome = try await outcome(Self.curve + [text], in: folder)
      #expect(outcome.code == 64 && outcome.errors.contains(message), "\(outcome.errors)")
      #expect(!folder.below("out").exists)
    }
  }

  @Test("Without validation photos there is nothing to measure on, unless a share is held back")
  func validation() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, counts: ["train": 8])
      let none = try await outcome(Self.curve + ["4"], in: folder)
      #expect(none.code == 66 && none.errors.contains("expected validation photos to measure on, got none"))
      let held = try await outcome(Self.curve + ["4", "--validation-split", "0.5"], in: folder)
      #expect(held.code == 0 && held.errors.contains(" of 8 photos, loss "), "\(held.errors)")
    }
  }

  @Test("Ctrl-C keeps what was measured, and the same command goes on")
  func interrupted() async throws {
    try await withTinyData { folder in
      let long = Self.folds + ["--epochs", "2", "--steps-per-epoch", "300"]
      let training = try Whisker(long, in: folder)
      try await training.interrupt(whenNoted: "Fold 1: ")
      let outcome = try await training.outcome()
      #expect(outcome.code == 130)
      #expect(
        outcome.errors.hasSuffix(
          "Kept what was measured so far. To resume:\n  \(Whisker.path) \(training.arguments) --resume\n"
            + "whisker: interrupted\n"), "\(outcome.errors)")
      #expect(folder.below("run/cross_validation.json").exists)
      let resumed = try await Whisker(long + ["--resume"], in: folder).outcome()
      #expect(resumed.code == 0 && resumed.errors.contains("Fold 1: "), "\(resumed.errors)")
      #expect(resumed.errors.contains(", done before\n") && resumed.output.contains("of 3 runs"))
    }
  }
}
