import Foundation
import Testing
import _TestSupport

/// Classes of uneven sizes, as the command shows and trains them.
@Suite struct UnevenCommandTests {
  /// Tiny data with 8 cats and 2 dogs to train on, 4 and 1 for validation, 6 and 1 for test.
  private func withUnevenData(_ body: (URL) async throws -> Void) async throws {
    try await withTinyData { folder in
      for (split, kept) in [("train", 2), ("validation", 1), ("test", 1)] {
        let dogs = folder.below("data/\(split)/dogs")
        for name in try dogs.fileNames.dropFirst(kept) {
          try FileManager.default.removeItem(at: dogs.below(name))
        }
      }
      try await body(folder)
    }
  }

  @Test func balancedAccuracyIsBesideAccuracy() async throws {
    try await withUnevenData { folder in
      let train = try await whisker(
        "train", "data", "--recipe", "tiny.yaml", "--output", "run", "--class-weight", "balanced", "--json",
        in: folder)
      #expect(train.code == 0)
      for part in [
        "\"cats\" has 8 photos, \"dogs\" only 2",
        "or train with class_weight: balanced or sampling: balanced",
        "classes weighted cats 0.625, dogs 2.5, seed 0", "  val_balanced_accuracy ", " %, balanced accuracy ",
      ] { #expect(train.errors.contains(part), "\(part) in: \(train.errors)") }
      let result = try #require(try json(train.output) as? [String: Any])
      let curves = try #require(result["history"] as? [String: [Double]])
      #expect(curves["balanced_accuracy"]?.count == 2 && curves["val_balanced_accuracy"]?.count == 2)

      // With the recall of each class.
      let evaluation = try await whisker("evaluate", "run/best.safetensors", "data", "--json", in: folder)
      let score = try #require(try json(evaluation.output) as? [String: Any])
      let classes = try #require(score["classes"] as? [String: [String: Double]])
      let recalls = classes.values.map { ($0["correct"] ?? 0) / ($0["count"] ?? 1) }
      #expect(score["balancedAccuracy"] as? Double == recalls.reduce(0, +) / 2)
      let text = try await whisker("evaluate", "run/best.safetensors", "data", in: folder)
      #expect(text.output.components(separatedBy: "  balanced_accuracy ").count == 2, "\(text.output)")

      let report = try await whisker("report", "run", in: folder)
      #expect(report.code == 0)
      let page = try String(contentsOf: folder.below("run/report.html"), encoding: .utf8)
      #expect(page.contains("balanced accuracy, the mean of the classes"))
      #expect(page.contains("every class weighs the same in the loss"))

      // A model of even classes doesn't measure it in its recipe; the photos say that it is needed.
      try await TinyData.writeModel(to: folder.below("other.safetensors"))
      let other = try await whisker("evaluate", "other.safetensors", "data", in: folder)
      #expect(other.output.contains("  balanced_accuracy "))
    }
    try await withTinyData { folder in
      try await TinyData.writeModel(to: folder.below("even.safetensors"))
      let even = try await whisker("evaluate", "even.safetensors", "data", in: folder)
      #expect(even.code == 0 && !even.output.contains("balanced"))
    }
  }

  @Test func samplingAndFoldsSayWhatTheyDo() async throws {
    try await withUnevenData { folder in
      let train = try await whisker(
        "train", "data", "--recipe", "tiny.yaml", "--output", "run", "--sampling", "balanced",
        "--class-weight",
        " cats = 1, dogs = 3 ", in: folder)
      #expect(train.code == 0)
      #expect(
        train.errors.contains(", classes weighted cats 1, dogs 3, every class drawn equally often, seed 0"))
      let recipe = try String(contentsOf: folder.below("run/recipe.yaml"), encoding: .utf8)
      #expect(
        recipe.contains("class_weight: {cats: 1, dogs: 3}") && recipe.contains("sampling: balanced"))
      let again = try await whisker(
        "train", "data", "--output", "run", "--resume", "--epochs", "3", in: folder)
      #expect(again.code == 0 && again.errors.contains("every class drawn equally often"))

      let folds = try await whisker(
        "train", "data", "--recipe", "tiny.yaml", "--output", "folds", "--folds", "2", "--class-weight",
        "balanced",
        in: folder)
      #expect(folds.code == 0)
      #expect(
        folds.output.contains("  balanced  ") && folds.output.contains(", balanced accuracy "),
        "\(folds.output)")
      #expect(folds.errors.contains("balanced accuracy "))
    }
  }

  @Test func faultsNameTheOptionOrTheKey() async throws {
    try await withUnevenData { folder in
      func errors(_ options: String..., recipe: String = "tiny.yaml") async throws -> String {
        let outcome = try await Whisker(
          ["train", "data", "--recipe", recipe, "--output", "run"] + options, in: folder
        ).outcome()
        #expect(outcome.code == 64, "\(options)")
        #expect(!folder.below("run").exists)
        return outcome.errors
      }
      for (value, message) in [
        (
          "cats",
          "--class-weight: expected balanced, or a number for each class such as cats=1,dogs=20, got \"cats\""
        ),
        ("cow=2", "--class-weight: expected classes among \"cats\", \"dogs\", got \"cow\""),
        ("cats=-1", "--class-weight: expected numbers of at least 0, got -1.0 for \"cats\""),
        ("cats=0,dogs=0", "--class-weight: expected a number above 0 for some class, got 0 for each"),
        ("cats=inf", "--class-weight: expected numbers of at least 0, got inf for \"cats\""),
      ] {
        let found = try await errors("--class-weight", value)
        #expect(found.contains(message), "\(found)")
      }
      let both = try await errors("--class-weight", "balanced", "--sampling", "balanced")
      #expect(
        both.contains("--class-weight: expected none that is balanced together with sampling: balanced"))
      #expect(try await errors("--sampling", "even").contains("--sampling"))
      try TinyData.recipe.replacing("epochs: 2}", with: "epochs: 2, class_weight: {cow: 2}}").write(
        to: folder.below("cow.yaml"), atomically: true, encoding: .utf8)
      let key = try await errors(recipe: "cow.yaml")
      #expect(key.contains("tiny: training.class_weight: expected classes among"), "\(key)")
    }
  }
}
