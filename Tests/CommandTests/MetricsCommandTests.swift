import Foundation
import Testing
import _TestSupport

/// The effect of a recipe's `metrics` on the command's output.
@Suite struct MetricsCommandTests {
  @Test func theyAreShownWhereverResultsAre() async throws {
    try await withTinyData { folder in
      let recipe = TinyData.recipe.replacing(
        "epochs: 2}", with: "epochs: 2, metrics: [accuracy, f1, roc_auc], best: val_roc_auc}")
      try recipe.write(to: folder.below("measured.yaml"), atomically: true, encoding: .utf8)
      let train = try await whisker(
        "train", "data", "--recipe", "measured.yaml", "--output", "run", "--json", in: folder)
      #expect(train.code == 0)
      for part in ["  f1 ", "  roc_auc ", "  val_f1 ", "Best on validation: epoch ", ", val_roc_auc "] {
        #expect(train.errors.contains(part), "\(part) in: \(train.errors)")
      }
      let result = try #require(try json(train.output) as? [String: Any])
      let curves = try #require(result["history"] as? [String: [Double]])
      #expect(
        curves.mapValues(\.count) == [
          "acc": 2, "loss": 2, "f1": 2, "roc_auc": 2, "val_acc": 2, "val_loss": 2, "val_f1": 2,
          "val_roc_auc": 2,
        ])

      let evaluation = try await whisker("evaluate", "run/best.safetensors", "data", "--json", in: folder)
      let score = try #require(try json(evaluation.output) as? [String: Any])
      let metrics = try #require(score["metrics"] as? [String: Double])
      #expect(Set(metrics.keys) == ["accuracy", "f1", "roc_auc"])
      #expect(metrics["accuracy"] == score["accuracy"] as? Double)
      #expect(metrics["roc_auc"] == score["auc"] as? Double)
      let text = try await whisker("evaluate", "run/best.safetensors", "data", in: folder)
      #expect(text.output.contains("  f1 ") && text.output.contains("  roc_auc "))

      let report = try await whisker("report", "run", in: folder)
      #expect(report.code == 0)
      let page = try String(contentsOf: folder.below("run/report.html"), encoding: .utf8)
      #expect(page.contains("roc_auc by epoch") && page.contains("validation, last epoch"))

      try recipe.replacing("roc_auc]", with: "top_3_accuracy]").replacing("val_roc_auc", with: "val_f1")
        .write(to: folder.below("wrong.yaml"), atomically: true, encoding: .utf8)
      let wrong = try await whisker("train", "data", "--recipe", "wrong.yaml", "--output", "no", in: folder)
      #expect(wrong.code == 64)
      #expect(
        wrong.errors.contains("training.metrics: expected more than 2 classes for top_3_accuracy, got 2"))
    }
  }
}
