import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerSystem
import WhiskerTraining
import _TestSupport

/// Runs on classes of uneven sizes, with and without weights and balanced sampling.
@Suite struct UnevenRunTests {
  private static let yaml = """
    name: tiny
    image: {height: 8, width: 8}
    augmentation: {horizontal_flip: true}
    network: [Flatten, Output]
    optimizer: {sgd: {learning_rate: 0.05}}
    training: {batch_size: 4, epochs: 2}
    """

  /// Reddish and bluish photos; `data.csv` lists them with weights by their classes.
  private func withRun(
    red: Int = 13, blue: Int = 3, training: String = "", _ body: (TrainingRun) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("data")
      var table = "file,class,split,weight\n"
      for (split, counts) in [("train", [blue, red]), ("validation", [4, 4])] {
        for (index, name) in ["blue", "red"].enumerated() {
          let photos = data.appendingPathComponent("\(split)/\(name)")
          try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
          for number in 0..<counts[index] {
            let noise = Formula.integers("\(split)/\(name)/\(number)", count: 8 * 8 * 3, below: 200)
            let pixels = noise.enumerated().map { UInt8($1 + ($0 % 3 == 2 * (1 - index) ? 50 : 0)) }
            let file = photos.appendingPathComponent(String(format: "%02d.png", number))
            try Photo(height: 8, width: 8, pixels: pixels).write(to: file)
            let weight = split == "train" ? ["4", "0.5"][index] : ""
            table += "data/\(split)/\(name)/\(file.lastPathComponent),\(name),\(split),\(weight)\n"
          }
        }
      }
      try table.write(
        to: folder.appendingPathComponent("data.csv"), atomically: true, encoding: .utf8)
      var run = TrainingRun(
        data: data, recipe: try Self.recipe(training), output: folder.appendingPathComponent("run"))
      run.loading.decodingThreads = 1
      try await body(run)
    }
  }

  private static func recipe(_ training: String) throws -> Recipe {
    try Recipe(yaml: yaml.replacing("epochs: 2", with: "epochs: 2\(training)"), source: "tiny")
  }

  @discardableResult
  private func outcome(
    _ run: TrainingRun, _ output: String? = nil,
    onEvent: @escaping @Sendable (TrainingRun.Event) -> Void = { _ in }
  ) async throws -> (history: History, model: Data) {
    var run = run
    if let output { run.output = run.output.deletingLastPathComponent().appendingPathComponent(output) }
    let outcome = try await run.run(on: EngineKind.oneDNN.make(), onEvent: onEvent)
    // What belongs to the weights: the metadata says what is measured.
    let weights = try SavedModel(contentsOf: outcome.model).model
    var bytes = Data()
    for (name, tensor) in try await weights.weights().sorted(by: { $0.key < $1.key }) {
      bytes += Data(name.utf8)
      tensor.values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return (outcome.history, bytes)
  }

  // MARK: Recipes

  @Test(arguments: [
    "", ", class_weight: balanced", ", class_weight: {red: 1, blue: 20}",
    ", class_weight: {'0': 0, '01': 2.5}",
    ", sampling: balanced", ", sampling: balanced, class_weight: {blue: 3}", ", metrics: [balanced_accuracy]",
  ])
  func recipesSurviveYAML(training: String) throws {
    let recipe = try Self.recipe(training)
    #expect(try Recipe(yaml: recipe.yaml(), source: "again").training == recipe.training)
    let isPlain = training.isEmpty
    #expect((recipe.training.classWeight == nil && recipe.training.sampling == .natural) || !isPlain)
    #expect(try recipe.yaml().contains("class_weight") == training.contains("class_weight"))
    #expect(try recipe.yaml().contains("sampling") == training.contains("sampling"))
    // A regression has them without steps.
    let head = "base: vgg16\nhead: logistic_regression\n"
    guard !isPlain else { return }
    let regression = try Recipe(yaml: "\(head)training: {\(training.dropFirst(2))}", source: "head")
    #expect(!regression.trainsInSteps && regression.training.classWeight == recipe.training.classWeight)
    #expect(regression.training.sampling == recipe.training.sampling)
    #expect(regression.training.metrics == recipe.training.metrics)
    #expect(try Recipe(yaml: regression.yaml(), source: "again").training == regression.training)
  }

  @Test func aRegressionHasNoStepsToSet() throws {
    let head = "base: vgg16\nhead: logistic_regression\n"
    func message(_ rest: String) -> String {
      let error = #expect(throws: WhiskerError.self) { try Recipe(yaml: head + rest, source: "head") }
      return error?.message ?? ""
    }
    #expect(message("training: {}").contains("expected"))
    #expect(message("training: {class_weight: balanced, epochs: 2}").contains("\"optimizer\""))
    #expect(message("training: {class_weight: balanced, size: 2}").contains("got \"size\""))
    #expect(
      message("training: {class_weight: balanced}\noptimizer: {sgd: {}}")
        == "optimizer: expected none without \"epochs\" in \"training\", got one")
    #expect(message("training: 3").hasPrefix("training: expected settings by name"))
  }

  @Test func weightsAreReadFromText() {
    #expect(ClassWeight(text: "balanced") == .balanced && ClassWeight(text: " balanced ") == .balanced)
    #expect(ClassWeight(text: "cats=1,dogs=20") == .numbers(["cats": 1, "dogs": 20]))
    #expect(
      ClassWeight(text: " black cats = 0.5 , dogs = 2e1 ") == .numbers(["black cats": 0.5, "dogs": 20]))
    #expect(ClassWeight(text: "a=b=2") == .numbers(["a=b": 2]))
    for text in ["", "cats", "cats=", "=1", "cats=1,", "cats=one", "cats=1,cats=2", "1,2", "cats:1"] {
      #expect(ClassWeight(text: text) == nil, "\(text)")
    }
  }

  @Test func unknownClassesAndOnlyZerosAreRefused() async throws {
    for (training, message) in [
      ("{cats: 2}", "expected classes among \"blue\", \"red\", got \"cats\""),
      ("{red: 1, Blue: 2}", "expected classes among \"blue\", \"red\", got \"Blue\""),
      ("{red: 0, blue: 0}", "expected a number above 0 for some class, got 0 for each"),
    ] {
      try await withRun(training: ", class_weight: \(training)") { run in
        let error = await #expect(throws: WhiskerError.self) { try await outcome(run) }
        #expect(error?.code == .badRecipe && error?.place == "tiny: training.class_weight")
        #expect(error?.message == message)
        #expect(!FileManager.default.fileExists(atPath: run.output.path), "nothing is half-written")
      }
    }
  }

  // MARK: Runs

  @Test func balancedAccuracyIsMeasuredWhereClassesAreUneven() async throws {
    try await withRun { run in
      let history = try await outcome(run).history
      #expect(history.keys.contains("val_balanced_accuracy") && history["balanced_accuracy"].count == 2)
      // Validation is even.
      #expect(history["val_balanced_accuracy"] == history["val_acc"])
      #expect(history["balanced_accuracy"] != history["acc"])
      let csv = try String(contentsOf: run.output.appendingPathComponent("history.csv"), encoding: .utf8)
      #expect(
        csv.hasPrefix(
          "epoch,acc,loss,val_acc,val_loss,learning_rate,balanced_accuracy,val_balanced_accuracy\n"))
      let recipe = try String(contentsOf: run.output.appendingPathComponent("recipe.yaml"), encoding: .utf8)
      #expect(recipe.contains("metrics: [accuracy, balanced_accuracy]"))
      #expect(try RunRecord(contentsOf: run.output).trainingCounts == ["red": 13, "blue": 3])

      // Resumed with the recipe that it was started with, or with its own: the same run.
      for recipe in [run.recipe, try #require(RunSettings(ofRun: run.output)).recipe] {
        var resumed = run
        resumed.recipe = recipe
        resumed.recipe.training.epochs = 3
        resumed.existing = .resume
        let epochs = try await outcome(resumed).history.epochs
        #expect(epochs.count == 3)
      }
    }
    try await withRun(red: 9) { run in
      let history = try await outcome(run).history
      #expect(history.keys == History.keys)
    }
  }

  @Test func anOlderRunStaysAsItIs() async throws {
    try await withRun { run in
      let folders = try DataFolder(forTraining: run.data)
      let measured = run.recipe.measuringBalance(in: folders, resuming: nil)
      #expect(measured.training.metrics == [.accuracy, .balancedAccuracy])
      #expect(run.recipe.measuringBalance(in: folders, resuming: run.recipe).training == run.recipe.training)
      #expect(run.recipe.measuringBalance(in: folders, resuming: measured).training == measured.training)
      #expect(measured.measuringBalance(in: folders, resuming: nil).training == measured.training)
    }
  }

  /// Weights of classes are what the same weights in a table are, but for the metrics.
  @Test(arguments: ["", "phases", "mixup"]) func weightsOfClassesAreThoseOfATable(kind: String) async throws {
    try await withRun(training: ", class_weight: {blue: 4, red: 0.5}") { run in
      var run = run
      if kind == "phases" {
        run.recipe.phases = [TrainingPhase("a", epochs: 1), TrainingPhase("b", training: ["Output"])]
      }
      if kind == "mixup" { run.recipe.augmentation?.mixupAlpha = 0.4 }
      let weights = Mutex<[Double]?>(nil)
      let classes = try await outcome(run) { event in
        if case .ready(let summary) = event { weights.withLock { $0 = summary.classWeights } }
      }
      #expect(weights.withLock { $0 } == [4, 0.5])
      var other = run
      other.data = run.data.deletingLastPathComponent().appendingPathComponent("data.csv")
      other.recipe.training.classWeight = nil
      let table = try await outcome(other, "table")
      if kind == "mixup" {
        // The parts are weighed before or after they are mixed, which rounds differently.
        for (a, b) in zip(classes.history["loss"], table.history["loss"]) { #expect(abs(a - b) < 1e-5) }
      } else {
        #expect(classes.model == table.model && classes.history["loss"] == table.history["loss"])
        #expect(classes.history["acc"] == table.history["acc"])
      }
      var plain = run
      plain.recipe.training.classWeight = nil
      let unweighted = try await outcome(plain, "plain")
      #expect(unweighted.model != classes.model)
      let log = try String(
        contentsOf: run.output.appendingPathComponent("events.jsonl"), encoding: .utf8)
      #expect(log.contains("class_weights"))
    }
  }

  @Test func balancedWeightsGoByThePhotosInUse() async throws {
    try await withRun(training: ", class_weight: balanced") { run in
      // One that can't be read, and a quarter held back.
      try Data("no photo".utf8).write(to: run.data.appendingPathComponent("train/red/12.png"))
      try FileManager.default.removeItem(at: run.data.appendingPathComponent("validation"))
      var run = run
      run.validationSplit = 0.34
      let found = Mutex<(weights: [Double]?, train: Int)>((nil, 0))
      try await outcome(run) { event in
        if case .ready(let summary) = event {
          found.withLock { $0 = (summary.classWeights, summary.train.count) }
        }
      }
      // 2 of 3 blue ones, and 13 − 4 − 1 red ones.
      let (weights, count) = found.withLock { $0 }
      #expect(count == 10)
      #expect(weights == [2.5, 0.625])
    }
  }

  @Test func balancedSamplingRepeatsWhateverTheThreadsAndTheBreaks() async throws {
    try await withRun(training: ", sampling: balanced") { run in
      var bits: [Data] = []
      for threads in [0, 3] {
        var run = run
        run.loading.loaderThreads = threads
        bits.append(try await outcome(run, "threads-\(threads)").model)
      }
      #expect(bits[0] == bits[1])
      var broken = run
      broken.checkpointSteps = 1
      let first = broken
      let task = Task {
        try await outcome(first) { event in
          if case .training(.stepEnded(let progress)) = event, progress.epoch == 2, progress.step == 2 {
            withUnsafeCurrentTask { $0?.cancel() }
          }
        }
      }
      await #expect(throws: CancellationError.self) { _ = try await task.value }
      broken.existing = .resume
      let resumed = try await outcome(broken)
      #expect(resumed.model == bits[0] && resumed.history.epochs.count == 2)
      // As many steps as without.
      var natural = run
      natural.recipe.training.sampling = .natural
      let other = try await outcome(natural, "natural")
      #expect(other.model != bits[0] && other.history.epochs.count == 2)

      var changed = broken
      changed.recipe.training.sampling = .natural
      changed.recipe.training.epochs = 3
      let error = await #expect(throws: WhiskerError.self) { try await outcome(changed) }
      #expect(error?.code == .runChanged)
      #expect(error?.message.contains("recipe.training.sampling: was balanced, is now not set") == true)
    }
  }

  // MARK: Series

  @Test func seriesSayBalancedAccuracy() async throws {
    try await withRun { run in
      var folds = run
      folds.output = run.output.appendingPathExtension("folds")
      let result = try await CrossValidation(folds, folds: 3).run(makingEngine: {
        EngineKind.reference.make()
      })
      let balanced = try #require(result.balancedAccuracy)
      #expect(balanced == Spread(result.scores.compactMap(\.balancedAccuracy)) && balanced.count == 3)
      let json = try String(
        contentsOf: folds.output.appendingPathComponent("cross_validation.json"), encoding: .utf8)
      #expect(json.contains("\"balanced_accuracy\""))

      var sizes = run
      sizes.output = run.output.appendingPathExtension("sizes")
      var curve = LearningCurve(sizes, sizes: [8, 16])
      curve.repeats = 1
      let points = try await curve.run(makingEngine: { EngineKind.reference.make() })
      #expect(points.points.allSatisfy { $0.balancedAccuracy == $0.accuracy }, "validation is even")
      #expect(points.csv.hasPrefix("photos,repeat,seed,val_acc,val_loss,val_balanced_accuracy\n"))
    }
    try await withRun(red: 6) { run in
      let result = try await CrossValidation(run, folds: 3).run(makingEngine: { EngineKind.reference.make() })
      #expect(result.balancedAccuracy == nil)
    }
  }
}
