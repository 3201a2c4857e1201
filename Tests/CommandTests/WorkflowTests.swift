import Foundation
import Testing
import _TestSupport

@Suite("From photos to predictions")
struct WorkflowTests {
  @Test("Sketches, split, train, evaluate and predict follow one another")
  func wholeWay() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.recipe.write(to: folder.below("tiny.yaml"), atomically: true, encoding: .utf8)
      let sketches = try await whisker("sketches", "photos", "--per-class", "12", "--size", "32", in: folder)
      #expect(sketches.code == 0 && sketches.output.isEmpty)
      let split = try await whisker(
        "split", "photos", "data", "--train", "6", "--validation", "0.25", "--test", "0.25", "--rename",
        "cat=cats", "--rename", "dog=dogs", in: folder)
      #expect(split.code == 0)
      #expect(split.output.contains("class  train  validation  test\ncats       6           3     3\n"))

      let train = try await whisker(
        "train", "data", "--recipe", "tiny.yaml", "--output", "run", "--json", in: folder)
      #expect(train.code == 0)
      let history = try #require(try json(train.output) as? [String: Any])
      #expect(Set(history.keys) == ["chosenOnValidation", "history", "model", "seconds", "skipped"])
      let curves = try #require(history["history"] as? [String: [Double]])
      #expect(curves.mapValues(\.count) == ["acc": 2, "loss": 2, "val_acc": 2, "val_loss": 2])
      #expect(
        folder.below("run").names.filter { !$0.hasPrefix("events.out.tfevents.") } == [
          "best.h5", "best.keras", "best.safetensors", "checkpoint", "curves.png", "curves.svg",
          "events.jsonl",
          "history.csv", "model.h5", "model.keras", "model.safetensors", "recipe.yaml",
        ])
      #expect(folder.below("run").names.filter { $0.hasPrefix("events.out.tfevents.") }.count == 1)

      for ending in ["keras", "h5"] {
        let best = try await whisker("evaluate", "run/best.\(ending)", "data", "--json", in: folder)
        let same = try await whisker("evaluate", "run/best.safetensors", "data", "--json", in: folder)
        #expect(best.output == same.output)
        let summary = try await whisker("summary", "run/model.\(ending)", in: folder)
        #expect(summary.output.contains("dense"))
      }

      let evaluation = try await whisker("evaluate", "run/best.safetensors", "data", "--json", in: folder)
      let score = try #require(try json(evaluation.output) as? [String: Any])
      #expect(
        Set(score.keys) == [
          "loss", "accuracy", "count", "classes", "precision", "recall", "f1", "auc", "ece", "classMetrics",
          "metrics", "photos", "balancedAccuracy", "skipped",
        ])
      #expect(score["count"] as? Int == 6)
      let classes = try #require(score["classes"] as? [String: [String: Int]])
      #expect(classes.mapValues { $0["count"] } == ["cats": 3, "dogs": 3])
      let right = classes.values.reduce(0) { $0 + ($1["correct"] ?? 0) }
      #expect(score["accuracy"] as? Double == Double(right) / 6)

      let predictions = try await whisker(
        "predict", "run/best.safetensors", "data/test", "--json", in: folder)
      let list = try #require(try json(predictions.output) as? [[String: Any]])
      #expect(
        list.map { $0["file"] as? String }.prefix(3) == (9..<12).map { "data/test/cats/cat.\($0).jpg" }[...])
      #expect(list.allSatisfy { Set($0.keys) == ["file", "label", "probability", "probabilities"] })
      let told = list.filter { entry in
        (entry["file"] as? String)?.contains("/\(entry["label"] as? String ?? "?")/") ?? false
      }
      #expect(told.count == right, "predict and evaluate disagree")
    }
  }

  @Test("Three classes have three outputs")
  func threeClasses() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder, classes: ["birds", "cats", "dogs"])
      let train = try await whisker("train", "data", "--recipe", "tiny.yaml", "--output", "run", in: folder)
      #expect(train.code == 0)
      let summary = try await whisker("summary", "run/model.safetensors", in: folder)
      #expect(summary.output.contains("│ dense (Dense)                   │ (None, 3) "))
      let evaluation = try await whisker(
        "evaluate", "run/model.safetensors", "data/test", "--json", in: folder)
      let score = try #require(try json(evaluation.output) as? [String: Any])
      #expect((score["classes"] as? [String: Any])?.keys.sorted() == ["birds", "cats", "dogs"])
      let predictions = try await whisker(
        "predict", "run/model.safetensors", "data/test/birds", "--json", in: folder)
      let list = try #require(try json(predictions.output) as? [[String: Any]])
      for entry in list {
        let probabilities = try #require(entry["probabilities"] as? [String: Double])
        #expect(abs(probabilities.values.reduce(0, +) - 1) < 1e-5)
        #expect(probabilities[entry["label"] as? String ?? ""] == probabilities.values.max())
      }
    }
  }

  @Test("The same seed gives the same bytes, with 1 and with 4 loader threads; another seed others")
  func repeatable() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      func files(_ run: String, _ options: String...) async throws -> [Data] {
        let arguments =
          ["train", "data", "--recipe", "tiny.yaml", "--threads", "2", "--output", run] + options
        let outcome = try await Whisker(arguments, in: folder).outcome()
        #expect(outcome.code == 0)
        return try ["history.csv", "model.safetensors", "best.safetensors", "curves.png", "curves.svg"].map {
          try folder.below("\(run)/\($0)").bytes
        }
      }
      let first = try await files("first", "--seed", "3", "--loader-threads", "1")
      #expect(try await files("again", "--seed", "3", "--loader-threads", "1") == first)
      #expect(try await files("four", "--seed", "3", "--loader-threads", "4") == first)
      #expect(try await files("file", "--seed", "3", "--cache-memory", "0") == first)
      #expect(
        try await files("uncached", "--seed", "3", "--cache-memory", "0", "--cache-folder", "none") == first)
      #expect(try await files("other", "--seed", "4") != first)
    }
  }

  @Test("A last batch that isn't full counts as much as it holds")
  func partialBatches() async throws {
    try await withTemporaryFolder { folder in
      try TinyData.write(into: folder)
      try await TinyData.writeModel(to: folder.below("model.safetensors"))
      var losses: [Double] = []
      for size in ["1", "5", "12", "64"] {
        let outcome = try await whisker(
          "evaluate", "model.safetensors", "data", "--batch-size", size, "--json", in: folder)
        let score = try #require(try json(outcome.output) as? [String: Any])
        #expect(score["count"] as? Int == 12)
        losses.append(try #require(score["loss"] as? Double))
      }
      let first = try #require(losses.first)
      #expect(losses.allSatisfy { abs($0 - first) < 1e-5 })

      let whole = try await whisker("predict", "model.safetensors", "data/test", "--csv", in: folder)
      let parts = try await whisker(
        "predict", "model.safetensors", "data/test", "--csv", "--batch-size", "5", in: folder)
      #expect(whole.output.split(separator: "\n").count == 13)
      #expect(rounded(whole.output) == rounded(parts.output))
    }
  }

  /// The rows with the label and the probability to three places.
  private func rounded(_ csv: String) -> [String] {
    csv.split(separator: "\n").dropFirst().map { line in
      let cells = line.split(separator: ",")
      return "\(cells[0]) \(cells[1]) \(((Double(cells[2]) ?? 0) * 1000).rounded())"
    }
  }
}

/// Reads JSON.
func json(_ text: String) throws -> Any {
  try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
}
