import ArgumentParser
import Foundation
import Whisker

struct RateSearchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lr-find",
    abstract: "Find a learning rate: watch the loss while the rate rises.",
    discussion: """
      Trains as many steps as --steps on DATA's training photos, with a rate that rises evenly by its logarithm from \
      --lowest to --highest, draws the loss by the rate, and suggests the middle of the rates over which it falls longest. It ends \
      earlier where the loss grows to four times its least. A recipe with phases is searched for its first one. Nothing of \
      the training is kept.
      """)

  @Argument(
    help: "The folder with class folders, or with train/ and validation/; or a CSV file.", completion: .file()
  )
  var data: String

  @Option(
    help:
      "A built-in recipe's name (whisker recipe lists them), or the path of a recipe file; baseline by default.",
    completion: .recipe)
  var recipe = "baseline"

  @Option(parsing: .unconditional, help: "The rate of the first step, above 0.")
  var lowest: Float = 1e-7

  @Option(parsing: .unconditional, help: "The rate of the last step, above the first.")
  var highest: Float = 1

  @Option(parsing: .unconditional, help: "Steps, at least 10.")
  var steps = 100

  @Option(
    help: "The picture to write: a file ending in .png or .svg; without it the terminal shows the curve.",
    completion: .file(extensions: ["png", "svg"]))
  var output: String?

  @OptionGroup var inputs: TrainingInputs

  @Flag(help: "Print the suggestion and every step as JSON on standard output.")
  var json = false

  @OptionGroup(title: "Changes to the recipe (its own numbers by default)") var changes: RecipeChanges
  @OptionGroup(title: "Loading") var loading: LoadingOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  @Option(parsing: .unconditional, help: "What weights, order and dropout are drawn from; 0 by default.")
  var seed: Int?

  func validate() throws {
    let unused = [
      ("--epochs", changes.epochs != nil), ("--steps-per-epoch", changes.stepsPerEpoch != nil),
      ("--validation-steps", changes.validationSteps != nil),
      ("--learning-rate", changes.learningRate != nil),
    ]
    if let (name, _) = unused.first(where: \.1) {
      throw ValidationError("\(name): expected none: the search takes --steps, and every rate")
    }
  }

  func run() async throws {
    try requireRange(seed, 0...Int.max, "--seed")
    if let file = output.map({ URL(fileURLWithPath: $0) }) {
      try RateChart.check(file)
      try OutputCheck.file(file)
    }
    var recipe = try Recipe(named: recipe)
    try changes.apply(to: &recipe)
    var run = TrainingRun(
      data: URL(fileURLWithPath: data), recipe: recipe,
      output: FileManager.default.temporaryDirectory.appendingPathComponent("whisker-lr-find"))
    run.seed = UInt64(seed ?? 0)
    try inputs.apply(to: &run, loading, engine)
    Console.introduce(try DataFolder.parts(of: run.data), try DataFolder.readings(of: run.data))
    var search = RateSearch(run)
    (search.lowest, search.highest, search.steps) = (lowest, highest, steps)
    let report = TrainingReport(run)
    let bar = ProgressBar("Searching")
    let result = try await search.run(on: try engine.makeEngine()) { event in
      if case .training(.stepEnded(let step)) = event {
        bar.update(step.step, of: step.steps)
      } else {
        report.show(event)
      }
    }
    Console.finishLine()
    try await show(result)
  }

  private func show(_ result: RateSearch.Result) async throws {
    let chart = RateChart(result)
    var isDrawn = false
    if let output {
      do {
        try await chart.write(to: URL(fileURLWithPath: output))
        Console.note("Wrote \(output)".onOneLine)
        isDrawn = true
      } catch {
        // The search took its time, and its result is to be seen all the same.
        Console.note("warning: the search wasn't drawn: \("\(error)".onOneLine)")
      }
    }
    if json { return try Console.result(json: result) }
    if !isDrawn {
      try Console.result(chart.text(columns: Terminal.columns, isColored: Terminal.isColored) + "\n")
    }
    if let rate = result.suggestion {
      try Console.result(
        String(format: "Suggestion: --learning-rate %.1e, in the middle of the longest fall.", rate))
    } else {
      try Console.result("No suggestion: the loss fell nowhere between these rates.")
    }
  }
}
