import ArgumentParser
import Whisker

/// Options that let training start from a model file.
struct StartOptions: ParsableArguments {
  @Option(
    help: """
      A model file to start from, ours or Keras's, instead of a network with first weights: with its layers, its \
      preparation of photos, and, unless a recipe is given, its optimizer. Where DATA has other classes, the last \
      layer is new.
      """, completion: .file())
  var from: String?

  @Option(
    help: """
      With --from: layers whose weights stay as they are, by name or pattern, as in 'block1*,block2*'; all others are \
      trained.
      """)
  var freeze: String?

  @Option(
    parsing: .unconditional,
    help: "With --from another program's model: what each byte of a photo is multiplied with, such as 1/255.")
  var rescale: String?

  @Option(
    help: "With --from another program's model: how photos are resized: nearest, bilinear or bicubic.",
    completion: .list(Interpolation.allCases.map(\.rawValue)))
  var resize: String?

  @Option(
    help:
      "With --from another program's model: the names of its classes in the order of its outputs, as in cats,dogs."
  )
  var classNames: String?

  @Option(
    parsing: .unconditional,
    help: "With --from a model that gives several results: the name of the one to train.")
  var outputLayer: String?

  func validate() throws {
    let others = [
      ("--freeze", freeze), ("--rescale", rescale), ("--resize", resize), ("--class-names", classNames),
      ("--output-layer", outputLayer),
    ]
    if from == nil, let (name, _) = others.first(where: { $0.1 != nil }) {
      throw ValidationError("\(name): expected --from with it, got none")
    }
  }

  /// Applies these options to a run.
  ///
  /// - Parameters:
  ///   - hasRecipe: whether a recipe was chosen, whose optimizer then counts.
  ///   - imageSize: rows and columns of the photos; nil for the model's.
  ///   - learningRate: the learning rate; nil for the model's optimizer's.
  func apply(
    to run: inout TrainingRun, hasRecipe: Bool, imageSize: Int?, learningRate: Double?
  ) throws {
    if let from {
      run.recipe.from = RecipeStart(model: from, frozen: freeze?.listItems ?? [])
      (run.recipe.network, run.recipe.base, run.recipe.head) = ([.output], nil, nil)
    }
    guard run.recipe.from != nil else { return }
    var statement = ModelStatement()
    statement.rescale = try rescale.map(ForeignModelOptions.factor)
    statement.interpolation = try resize.map(ForeignModelOptions.interpolation)
    statement.classNames = classNames?.listItems
    statement.choices.output = outputLayer
    statement.choices.imageSize = imageSize.map { Size2D(height: $0, width: $0) }
    run.start = TrainingStart(
      stating: statement, keepsOptimizer: !hasRecipe, learningRate: learningRate.map(Float.init))
  }
}
