import Foundation
import Testing
import _TestSupport

@Suite("Where validation photos come from")
struct ValidationCommandTests {
  private static let train = ["--recipe", "tiny.yaml", "--output", "run", "--threads", "1"]
  private static let heldBack =
    "Held back 20 % of each class, its first photos, for validation: choose with --validation-split, a folder "
    + "validation/ (whisker split makes one) or --no-validation.\n"
  private static let nothing =
    "No validation photos: nothing shows how the model does on photos that it hasn't seen, or when it began to "
    + "memorise these. Hold back some of each class to validate on, a fifth for example."

  /// Runs a test beside photos, ten of each class in each part.
  private func withParts(_ parts: String..., body: (_ folder: URL) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(
        into: folder, counts: Dictionary(parts.map { ($0, 10) }) { first, _ in first })
      try await body(folder)
    }
  }

  private func trained(_ data: String, _ options: String..., in folder: URL) async throws -> Outcome {
    try await outcome(["train", data] + Self.train + options, in: folder)
  }

  @Test(
    "Plain class folders: a fifth of each class is held back, and it says so",
    arguments: ["data/train", "data"])
  func plain(data: String) async throws {
    try await withParts("train", "test") { folder in
      let train = try await trained(data, in: folder)
      #expect(train.code == 0, "\(train.errors)")
      #expect(train.errors.contains("train: Found 16 images belonging to 2 classes.\n"))
      #expect(train.errors.contains("validation: Found 4 images belonging to 2 classes.\n"))
      #expect(train.errors.components(separatedBy: Self.heldBack).count == 2, "\(train.errors)")
      #expect(folder.below("run/best.safetensors").exists)
      // Those held back are known.
      let held = try await whisker("evaluate", "run/best.safetensors", "data/train", "--json", in: folder)
      #expect(
        held.output.contains(#""count" : 4"#) && held.output.contains(#""leftOut" : 16"#), "\(held.output)")
      #expect(try await whisker("report", "run", in: folder).code == 0)

      // The same as when it is asked for, and without asking again it goes on.
      let asked = try await outcome(
        ["train", data] + Self.train + ["--validation-split", "0.2", "--overwrite"], in: folder)
      #expect(asked.code == 0 && !asked.errors.contains("Held back"), "\(asked.errors)")
      let more = try await trained(data, "--resume", "--epochs", "3", in: folder)
      #expect(more.code == 0 && more.errors.contains("validation: Found 4 images"), "\(more.errors)")
      #expect(!more.errors.contains("Held back"))
      let other = try await trained(data, "--resume", "--no-validation", in: folder)
      #expect(other.code == 64 && other.errors.contains("validation_split: was 0.2"), "\(other.errors)")
    }
  }

  @Test("A run that holds back by default goes on like one that was asked to")
  func resumed() async throws {
    try await withParts("train") { folder in
      #expect(try await trained("data", in: folder).code == 0)
      let more = try await trained("data", "--resume", "--epochs", "3", in: folder)
      #expect(more.code == 0 && more.errors.contains("Resuming at step 6"), "\(more.errors)")
      #expect(more.errors.contains("train: Found 16 images") && !more.errors.contains("Held back"))
    }
  }

  @Test("Without validation only when asked, and never unnoticed", arguments: ["data", "data/train"])
  func none(data: String) async throws {
    try await withParts("train") { folder in
      let train = try await trained(data, "--no-validation", "--json", in: folder)
      #expect(train.code == 0 && train.errors.contains("train: Found 20 images"), "\(train.errors)")
      #expect(!train.errors.contains("validation: Found") && !folder.below("run/best.safetensors").exists)
      #expect(train.errors.contains("\nNo validation photos: how the model does"))
      #expect(train.errors.hasSuffix(Self.nothing + "\n"), "\(train.errors)")
      #expect(train.output.contains(#""finding" : "noValidation""#))
      #expect(try await whisker("report", "run", in: folder).code == 0)
      let page = try String(contentsOf: folder.below("run/report.html"), encoding: .utf8)
      #expect(page.contains("There are no validation photos"))
      // So do runs of versions that held nothing back unasked: they go on as they began.
      let more = try await trained(data, "--resume", "--epochs", "3", in: folder)
      #expect(more.code == 0 && more.errors.contains("train: Found 20 images"), "\(more.errors)")
      #expect(more.errors.contains("\nNo validation photos: how the model does"))
      let changed = try await trained(data, "--resume", "--validation-split", "0.2", in: folder)
      #expect(changed.code == 64, "\(changed.errors)")
    }
  }

  @Test("What contradicts itself is refused")
  func refused() async throws {
    try await withParts("train", "validation") { folder in
      let both = try await trained("data", "--no-validation", "--validation-split", "0.3", in: folder)
      #expect(
        both.code == 64 && both.errors.contains("expected --validation-split or --no-validation, got both"))
      let existing = try await trained("data", "--no-validation", in: folder)
      #expect(
        existing.code == 64
          && existing.errors.contains("--no-validation: expected none for data that has validation photos"))
      #expect(!folder.below("run").exists)
    }
  }

  @Test("Too few photos to hold some back: it says what to do")
  func few() async throws {
    try await withParts("train") { folder in
      for index in 1..<10 {
        try FileManager.default.removeItem(at: folder.below("data/train/dogs/photo.\(index).jpg"))
      }
      let train = try await trained("data", in: folder)
      #expect(
        train.code == 65
          && train.errors.contains(
            "the class \"dogs\" has too few photos for a validation split of 0.2: 1: add photos, or give a larger "
              + "--validation-split; whisker train --no-validation holds back none"),
        "\(train.errors)")
      #expect(!folder.below("run").exists)
      #expect(try await trained("data", "--no-validation", in: folder).code == 0)
    }
  }

  @Test("Parts by other names and in wrappers: said once, the same everywhere")
  func names() async throws {
    try await withParts("training_set", "val", "test_set") { folder in
      for part in ["training_set", "test_set"] {
        let outer = folder.below("data/\(part)")
        try FileManager.default.moveItem(at: outer, to: folder.below("inner"))
        try FileManager.default.createDirectory(at: outer, withIntermediateDirectories: true)
        try FileManager.default.moveItem(at: folder.below("inner"), to: outer.below(part))
      }
      let all =
        "Read \"training_set/training_set\" as train, \"val\" as validation, \"test_set/test_set\" as test\n"
      let train = try await trained("data", in: folder)
      #expect(train.code == 0 && train.errors.components(separatedBy: all).count == 2, "\(train.errors)")
      #expect(
        train.errors.contains("train: Found 20 images") && train.errors.contains("validation: Found 20"))
      let inspect = try await whisker("inspect", "data", "--allow-leaks", in: folder)
      #expect(inspect.code == 0 && inspect.errors.contains(all), "\(inspect.errors)")
      #expect(inspect.output.hasPrefix("class  train  validation  test\n"))
      let evaluate = try await whisker("evaluate", "run/best.safetensors", "data", in: folder)
      #expect(
        evaluate.code == 0 && evaluate.errors.hasPrefix("Read \"test_set/test_set\" as test\n"),
        "\(evaluate.errors)")
      #expect(try await trained("data", "--resume", "--epochs", "3", in: folder).code == 0)
      let report = try await whisker("report", "run", in: folder)
      #expect(report.code == 0 && !report.errors.contains("warning"), "\(report.errors)")
      let inside = try await outcome(
        ["train", "data", "--recipe", "tiny.yaml", "--output", "data/val/run"], in: folder)
      #expect(inside.code == 64 && inside.errors.contains("outside of the photos"), "\(inside.errors)")
      try FileManager.default.copyItem(at: folder.below("data/val"), to: folder.below("data/Valid"))
      let two = try await outcome(["train", "data", "--recipe", "tiny.yaml"], in: folder)
      #expect(
        two.code == 65
          && two.errors.contains("expected one folder for validation, got 2: \"Valid\", \"val\""),
        "\(two.errors)")
    }
  }
}
