import ArgumentParser
import Foundation
import Whisker

struct SummaryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "Show the layers of a model or a recipe, their shapes and weight counts.",
    discussion: "Name either a model file or --recipe.")

  @Argument(
    help: "A model file: .safetensors, .keras or .h5, such as RUN/best.safetensors.", completion: .model)
  var model: String?

  @Option(help: "A built-in recipe's name, or the path of a recipe file.", completion: .recipe)
  var recipe: String?

  @Option(
    parsing: .unconditional, help: "With --recipe: how many classes there are, at least 2; 2 by default.")
  var classes: Int?

  @Option(
    parsing: .unconditional,
    help: """
      Rows and columns of the photos, 1 to 4096, as in 224 or 150x200: with --recipe the recipe's by default; of a \
      model file only where it leaves them open.
      """)
  var imageSize: String?

  @Option(
    parsing: .unconditional,
    help: "Of a model file that gives several results: the name of the one to read.")
  var outputLayer: String?

  @Flag(help: "Print the graph that training runs instead of the table, one line a value.")
  var graph = false

  @Flag(help: "Print the table as JSON.")
  var json = false

  func validate() throws {
    if (model == nil) == (recipe == nil) {
      throw ValidationError(
        "expected either a model file or --recipe, got \(model == nil ? "neither" : "both")")
    }
    if recipe != nil && outputLayer != nil {
      throw ValidationError("--output-layer: expected a model file with it, got --recipe")
    }
    if model != nil && classes != nil {
      throw ValidationError("--classes: expected --recipe with it, got a model file")
    }
    if graph && json { throw ValidationError("--graph and --json: expected one of them, got both") }
  }

  func run() async throws {
    try requireRange(classes, 2...100_000, "--classes")
    let subject = try subject()
    let summary = try subject.model.summary()
    if graph {
      let graphs = ModelGraphs(try subject.model.network())
      let training = try graphs.training(
        batchSize: subject.batchSize, loss: subject.loss, rule: subject.optimizer.rule,
        weightDecay: subject.optimizer.weightDecay)
      try Console.result(training.dump())
    } else if json {
      try Console.result(json: Result(summary))
    } else {
      try Console.result("\(summary)")
    }
  }

  /// What is shown, with what it is trained with.
  private struct Subject {
    let model: Model
    let loss: Loss
    var optimizer = Optimizer.rmsprop()
    var batchSize = 32
  }

  private func subject() throws -> Subject {
    let imageSize = try imageSize.map { try ModelChoiceOptions.size(of: $0) }
    if let model {
      let saved = try SavedModel.summarized(
        contentsOf: URL(fileURLWithPath: model),
        choices: ModelChoices(imageSize: imageSize, output: outputLayer))
      return Subject(model: saved.model, loss: saved.loss, optimizer: saved.optimizer ?? .rmsprop())
    }
    var recipe = try Recipe(named: recipe ?? "")
    if let imageSize { recipe.setImageSize(height: imageSize.height, width: imageSize.width) }
    recipe = try recipe.readingBase()
    let classes = classes ?? 2
    return Subject(
      model: try recipe.model(classes: classes, seed: 0), loss: recipe.loss(classes: classes),
      optimizer: recipe.optimizer, batchSize: recipe.training.batchSize)
  }

  private struct Result: Encodable {
    struct LayerResult: Encodable {
      let name: String
      let type: String
      let outputShape: String
      let parameters: Int
    }

    let layers: [LayerResult]
    let parameters: Int

    init(_ summary: ModelSummary) {
      layers = summary.rows.map {
        LayerResult(
          name: $0.name, type: $0.className, outputShape: $0.outputShape, parameters: $0.parameterCount)
      }
      parameters = summary.parameterCount
    }
  }
}
