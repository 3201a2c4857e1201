import ArgumentParser
import Foundation
import Whisker

struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model on labelled photos.",
    discussion: """
      Prints the loss, the accuracy, and how many photos of each class were told right. Photos that can't be read are \
      named and set aside.
      """)

  @Argument(
    help: "A model file: .safetensors, .keras or .h5, such as RUN/best.safetensors.", completion: .model)
  var model: String

  @Argument(
    help: """
      A folder with one folder per class, or a split's, whose test/ is taken; or a CSV file with the columns file and \
      class, of which the split test is taken if there is a column split.
      """, completion: .file())
  var data: String

  @Option(parsing: .unconditional, help: "Photos that are computed at once, at least 1.")
  var batchSize = 32

  @Flag(help: "Take a photo that can't be read for an error instead of setting it aside.")
  var strict = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup(title: "Loading") var loading: LoadingOptions
  @OptionGroup(title: "Models of other programs") var foreign: ForeignModelOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  func run() async throws {
    try requireRange(batchSize, batchSizes, "--batch-size")
    let loading = try loading.loading()
    let engine = try engine.makeEngine()
    let saved = try foreign.model(model)
    try saved.compile(engine: engine)

    let reading = ProgressBar("Reading photos")
    let photos = try await saved.photos(
      in: URL(fileURLWithPath: data), batchSize: batchSize, isStrict: strict, loading: loading
    ) { reading.update($0, of: $1) }
    Console.introduce(photos, as: data)

    let evaluating = ProgressBar("Evaluating")
    let evaluation = try await saved.model.evaluate(photos) { evaluating.update($0, of: $1) }
    try json ? Console.result(json: Result(evaluation)) : Console.result(text(of: evaluation))
  }

  private func text(of evaluation: Evaluation) -> String {
    var table = TextTable(titles: ["class", "photos", "right", "share"])
    for score in evaluation.classes {
      table.append([
        score.name.onOneLine, "\(score.count)", "\(score.correct)", percent(score.correct, of: score.count),
      ])
    }
    let right = evaluation.classes.reduce(0) { $0 + $1.correct }
    table.append(["all", "\(evaluation.count)", "\(right)", percent(right, of: evaluation.count)])
    return String(format: "loss %.4f  accuracy %.4f\n\n", evaluation.loss, evaluation.accuracy) + table.text
  }

  private func percent(_ part: Int, of whole: Int) -> String {
    whole == 0 ? "–" : TrainingReport.percent(Double(part) / Double(whole))
  }

  private struct Result: Encodable {
    struct ClassResult: Encodable {
      let count: Int
      let correct: Int
    }

    let loss: Double
    let accuracy: Double
    let count: Int
    let classes: [String: ClassResult]

    init(_ evaluation: Evaluation) {
      loss = evaluation.loss
      accuracy = evaluation.accuracy
      count = evaluation.count
      classes = Dictionary(
        evaluation.classes.map { ($0.name, ClassResult(count: $0.count, correct: $0.correct)) }
      ) { first, _ in first }
    }
  }
}
