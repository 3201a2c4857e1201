import Foundation
import WhiskerFormats
import WhiskerGraph
import WhiskerLayers
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining

/// How a run starts from a model file (``RecipeStart``), besides what its recipe says.
public struct TrainingStart: Sendable {
  /// What the user knows about another program's file.
  public var statement: ModelStatement
  /// Whether the file's optimizer goes on, where it has one, instead of the recipe's.
  public var keepsOptimizer: Bool
  /// The learning rate of that optimizer; nil for its own.
  public var learningRate: Float?

  /// Takes everything from the file, unless said otherwise.
  public init(
    stating statement: ModelStatement = .init(), keepsOptimizer: Bool = true, learningRate: Float? = nil
  ) {
    self.statement = statement
    self.keepsOptimizer = keepsOptimizer
    self.learningRate = learningRate
  }
}

/// A model that training starts from, fitted to the classes of the data.
struct StartedTraining {
  /// The model with its weights; the last layer is new where the classes are others.
  let model: Model
  /// The recipe with what the model's file says: how photos are prepared, the loss, and the optimizer.
  let recipe: Recipe
  /// What the optimizer goes on from; nil where it starts anew.
  let state: TrainingState?
  /// What the user should know.
  private(set) var notes: [String] = []

  /// Reads the file of a recipe that has one.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` as ``SavedModel`` does; `noSuchLayer` for a pattern that fits none.
  init(
    _ start: RecipeStart, _ options: TrainingStart, _ recipe: Recipe, classNames: [String], seed: UInt64
  ) async throws {
    var recipe = recipe
    let saved = try SavedModel(
      contentsOf: URL(fileURLWithPath: start.model), stating: Self.statement(options, recipe))
    let path = start.model
    let assumed = saved.assumptions.filter { if case .classNames = $0 { false } else { true } }
    notes += saved.remarks.map { "\(path): \($0)" }
    if !assumed.isEmpty {
      notes.append(
        "\(path): made by another program; assumed: " + assumed.map(\.description).joined(separator: "; "))
    }
    notes += saved.trainingRemarks.map { "\(path): \($0)" }

    let network = try saved.model.network()
    let state = try await saved.model.state()
    let isNamed = assumed.count == saved.assumptions.count
    let keepsEnd =
      isNamed ? saved.classNames == classNames : saved.classNames.count == classNames.count
    recipe.image = saved.preparation
    recipe.standardization = nil
    if keepsEnd {
      model = Model(network, seed: seed)
      try model.setWeights(state.weights)
      recipe.startingLoss = saved.loss
      recipe.startsWithOneOutput = network.output == [1]
      if !isNamed {
        notes.append(
          "\(path): its \(classNames.count) classes have no names; taken for \(Self.list(classNames))")
      }
    } else {
      let (changed, replaced) = try network.replacingEnd { Self.end(for: $0, classes: classNames.count) }
      model = Model(changed, seed: seed)
      let known = Set(changed.weights.map(\.name))
      let kept = state.weights.filter { known.contains($0.key) && !$0.key.hasPrefix("\(replaced)/") }
      try model.setWeights(await model.weights().merging(kept) { _, old in old })
      let classes = isNamed ? Self.list(saved.classNames) : "\(saved.classNames.count) without names"
      notes.append(
        "\(path): its classes are \(classes), those of the photos \(Self.list(classNames)): the last layer, "
          + "\(replaced), is new")
    }
    // Phases say what is trained; a recipe without any trains what isn't frozen.
    for pattern in start.frozen { try model.freeze(pattern) }
    var going = Self.takeOptimizer(
      of: saved, state, options, keepsEnd: keepsEnd, into: &recipe, &notes, path)
    // What is frozen here has no slots.
    let trained = try model.network().trainableWeights.map { "\($0.name):" }
    going?.slots = state.slots.filter { slot in trained.contains { slot.key.hasPrefix($0) } }
    self.state = going
    self.recipe = recipe
  }

  /// What is known about a file: what the user says, else the recipe.
  private static func statement(_ options: TrainingStart, _ recipe: Recipe) -> ModelStatement {
    var statement = options.statement
    guard recipe.isImageStated else { return statement }
    statement.isMinor = statement == ModelStatement()
    statement.rescale = statement.rescale ?? recipe.image.rescale
    statement.interpolation = statement.interpolation ?? recipe.image.interpolation
    statement.choices.imageSize =
      statement.choices.imageSize ?? Size2D(height: recipe.image.height, width: recipe.image.width)
    return statement
  }

  /// The new end of a network: its last feature map is averaged.
  private static func end(for input: Shape, classes: Int) -> [any Layer] {
    let output = RecipeLayer.output(classes: classes)
    return input.rank == 3
      ? [GlobalAveragePooling2D(), output] : input.rank == 1 ? [output] : [Flatten(), output]
  }

  /// Takes over the optimizer that the file has, with its state where all weights stay.
  private static func takeOptimizer(
    of saved: SavedModel, _ state: TrainingState, _ options: TrainingStart, keepsEnd: Bool,
    into recipe: inout Recipe, _ notes: inout [String], _ path: String
  ) -> TrainingState? {
    guard options.keepsOptimizer, recipe.phases.isEmpty, var optimizer = saved.optimizer else {
      notes.append("the optimizer is the recipe's, from its beginning")
      return nil
    }
    optimizer.learningRate = options.learningRate ?? optimizer.learningRate
    if options.learningRate != nil { optimizer.schedule = nil }
    recipe.optimizer = optimizer
    guard keepsEnd, state.optimizerStep > 0 else {
      notes.append(
        "\(path): its optimizer goes on with the learning rate \(optimizer.learningRate), from its beginning")
      return nil
    }
    notes.append("\(path): its optimizer goes on where it was, after \(state.optimizerStep.counted("step"))")
    return state
  }

  private static func list(_ names: [String]) -> String {
    names.prefix(4).joined(separator: ", ") + (names.count > 4 ? ", …" : "")
  }
}
