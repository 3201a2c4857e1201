import Foundation
import Testing
import Whisker
import WhiskerRuns
import WhiskerSystem

/// `docs/recipes.md` says what the code does: its examples are recipes, and its tables hold every key with its default.
@Suite struct RecipesPageTests {
  private let page: String

  init() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
    page = try String(
      contentsOf: root.standardized.appendingPathComponent("docs/recipes.md"), encoding: .utf8)
  }

  /// What a part of a recipe is completed with, unless the part says it itself.
  private static let rest = [
    ("image", "image: {height: 64, width: 64}"), ("network", "network: [Flatten, Output]"),
    ("optimizer", "optimizer: {sgd: {}}"), ("training", "training: {batch_size: 2, epochs: 9}"),
  ]

  private func recipe(_ part: String) throws -> Recipe {
    let lines = part.split(separator: "\n")
    func has(_ key: String) -> Bool { lines.contains { $0.hasPrefix("\(key):") } }
    let added = Self.rest.filter { key, _ in
      !has(key) && !(key == "image" && has("base")) && !(key != "image" && has("head") && !has("training"))
    }
    return try Recipe(yaml: part + "\n" + added.map { $0.1 + "\n" }.joined(), source: "docs/recipes.md")
  }

  @Test func everyExampleIsARecipe() throws {
    let examples = page.components(separatedBy: "```yaml\n").dropFirst()
      .compactMap { $0.components(separatedBy: "```").first }
    #expect(examples.count >= 7)
    for example in examples {
      let recipe = try recipe(example)
      let network = try recipe.model(classes: 3, seed: 0).network()
      for phase in recipe.phases(in: network) { #expect(!phase.trained.isEmpty) }
      #expect(network.output == [3], "\(example)")
    }
  }

  @Test func everyPartIsThere() throws {
    for key in try keys("nothing: 0\n") { #expect(page.contains("\n| `\(key)` | "), "\(key)") }
  }

  /// A row of a table: the name, and the settings of its columns as YAML.
  private struct Row {
    let name: String
    let required: String
    let defaults: String
    let others: String
  }

  private func rows(below heading: String) -> [Row] {
    let lines = page.components(separatedBy: "\n").drop {
      !["## `\(heading)`", "### `\(heading)`"].contains($0)
    }
    .dropFirst().prefix { !$0.hasPrefix("## ") && !$0.hasPrefix("### ") }
    return lines.filter { $0.hasPrefix("| `") }.map { line in
      let cells = line.components(separatedBy: "|").dropFirst().prefix(4).map {
        $0.trimmingCharacters(in: CharacterSet(charactersIn: " `"))
      }
      return Row(name: cells[0], required: cells[1], defaults: cells[2], others: cells[3])
    }
  }

  /// Checks a row: with and without the defaults it is the same, the others make a difference, and no key is missing.
  private func check(_ row: Row, besides: Set<String> = [], _ part: (String) -> String) throws {
    func settings(_ texts: String...) -> String {
      "{" + texts.filter { !$0.isEmpty }.joined(separator: ", ") + "}"
    }
    let plain = try recipe(part(settings(row.required))).yaml()
    #expect(try recipe(part(settings(row.required, row.defaults))).yaml() == plain, "\(row.name)")
    if !row.others.isEmpty {
      #expect(try recipe(part(settings(row.required, row.others))).yaml() != plain, "\(row.name)")
    }
    let named = [row.required, row.defaults, row.others].joined(separator: ", ")
    for key in try keys(part(settings(row.required, "nothing: 0"))) where !besides.contains(key) {
      #expect(named.contains("\(key):"), "\(row.name): \(key)")
    }
  }

  /// The keys that the error for an unknown one names.
  private func keys(_ part: String) throws -> [String] {
    let error = #expect(throws: WhiskerError.self) { try recipe(part) }
    let message = try #require(error?.message)
    let list = try #require(message.components(separatedBy: "one of the keys ").dropFirst().first)
    return try #require(list.components(separatedBy: ", got").first).components(separatedBy: ", ")
  }

  @Test func partsHaveTheirKeys() throws {
    let parts = rows(below: "image") + rows(below: "standardization") + rows(below: "training")
    #expect(
      parts.map(\.name) == ["image", "standardization", "training", "early_stopping", "reduce_on_plateau"])
    for row in parts.prefix(3) { try check(row) { "\(row.name): \($0)" } }
    for row in parts.suffix(2) {
      try check(row) { "training: {batch_size: 2, epochs: 9, \(row.name): \($0)}" }
    }
    let heads = rows(below: "base` and `head")
    #expect(heads.map(\.name) == ["logistic_regression", "steps"])
    for (row, rest) in zip(heads, ["network: [Output]\naugmentation: {rotation_range: 5}\n", ""]) {
      try check(row) {
        "base: vgg16\nhead: {\(row.name): \($0)}\n\(rest)training: {batch_size: 2, epochs: 9}"
      }
    }
    let phases = rows(below: "phases")
    try #require(phases.count == 1)
    try check(phases[0], besides: ["epochs"]) { "phases: [\($0)]" }
    let stages = rows(below: "stages")
    try #require(stages.count == 1)
    try check(stages[0]) { "stages: [\($0)]" }
  }

  @Test func metricsAreListed() throws {
    let lines = page.components(separatedBy: "\n").drop { $0 != "## Metrics" }.dropFirst()
      .prefix { !$0.hasPrefix("## ") }
    let names = lines.filter { $0.hasPrefix("| `") }.compactMap {
      $0.components(separatedBy: "`").dropFirst().first
    }
    #expect(
      names == [
        "accuracy", "balanced_accuracy", "top_K_accuracy", "precision", "recall", "f1", "roc_auc", "pr_auc",
      ])
    for name in names {
      let metric = try #require(Metric(name: name.replacing("K", with: "3")))
      let training = try recipe("training: {batch_size: 2, epochs: 9, metrics: [\(metric.name)]}").training
      #expect(training.metrics == [metric])
      #expect(Metric.names.contains(name))
    }
  }

  @Test func layersHaveTheirKeys() throws {
    let layers = rows(below: "network")
    let merging: Set = [
      "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "CustomScaleLayer", "Concatenate",
    ]
    #expect(
      Set(layers.map(\.name))
        == Set(AnyLayer.classNames).subtracting(merging).union([BlurPooling2D.className]))
    for row in layers { try check(row, besides: ["name"]) { "network: [{\(row.name): \($0)}, Output]" } }
  }

  @Test func optimizersHaveTheirKeys() throws {
    let table = rows(below: "optimizer")
    let schedules = table.filter { $0.name.contains("_") }
    #expect(schedules.count == 4 && table.count == 8)
    for row in table where !row.name.contains("_") {
      try check(row, besides: ["clipnorm", "clipvalue"]) { "optimizer: {\(row.name): \($0)}" }
    }
    let inEpochs: Set = [
      "decay_steps", "decay_epochs", "decay_share", "warmup_epochs", "warmup_share", "boundary_steps",
      "boundary_shares", "cycle_steps", "cycle_epochs",
    ]
    for row in schedules {
      try check(row, besides: inEpochs) { "optimizer: {sgd: {}, schedule: {\(row.name): \($0)}}" }
    }
    let averages = rows(below: "averaging")
    #expect(averages.map(\.name) == ["exponential", "stochastic"])
    for row in averages {
      try check(row, besides: ["after_steps", "after_share"]) {
        "optimizer: {sgd: {}, averaging: {\(row.name): \($0)}}"
      }
    }
    let blocks = rows(below: "Block")
    #expect(blocks.map(\.name) == ["Block"])
    for row in blocks { try check(row) { "network: [{\(row.name): \($0)}, Flatten, Output]" } }
  }
}
