import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerImages
import WhiskerLayers
import WhiskerPretrained
import WhiskerRuns
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Runs that fit a last layer to the features of a published network, small and with untrained weights.
@Suite struct FeatureRunTests {
  private static let yaml = """
    name: tiny features
    base: efficientnet-lite0
    head: {logistic_regression: {l2: [0.1, 0.001]}}
    image: {height: 32, width: 32}
    """

  /// Reddish and bluish photos, some of each in training and validation.
  private func makePhotos(in folder: URL) throws {
    for split in ["train", "validation"] {
      for (index, name) in ["red", "blue"].enumerated() {
        let folder = folder.appendingPathComponent("\(split)/\(name)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 0..<6 {
          let noise = Formula.integers("\(split)/\(name)/\(number)", count: 40 * 40 * 3, below: 120)
          let pixels = noise.enumerated().map { UInt8($1 + ($0 % 3 == 2 * index ? 130 : 0)) }
          try Photo(height: 40, width: 40, pixels: pixels).write(
            to: folder.appendingPathComponent("\(number).png"))
        }
      }
    }
  }

  private func run(in folder: URL, output: String = "run", yaml: String = Self.yaml) async throws
    -> TrainingRun
  {
    let weights = folder.appendingPathComponent("weights.safetensors")
    if !FileManager.default.fileExists(atPath: weights.path) {
      let model = PretrainedNetwork.efficientNetLite0.model(input: [32, 32, 3], top: .features)
      var tensors = try await model.weights()
      for entry in try model.network().layers {
        for specification in entry.weights where specification.shape.rank > 1 {
          // Large enough to keep signals alive without statistics.
          let sizes = specification.shape.sizes
          let fanIn = entry.layer is DepthwiseConv2D ? sizes[0] * sizes[1] : sizes.dropLast().reduce(1, *)
          let name = entry.stateName(of: specification)
          tensors[name] = Formula.uniform(
            name, specification.shape, limit: Float((6 / Double(fanIn)).squareRoot()))
        }
      }
      try SafeTensorsFile.write(tensors, metadata: [:], to: weights)
    }
    var run = TrainingRun(
      data: folder.appendingPathComponent("data"), recipe: try Recipe(yaml: yaml, source: "test"),
      output: folder.appendingPathComponent(output))
    run.baseWeights = weights
    run.featureCache = FeatureCache(folder: folder.appendingPathComponent("cache"))
    return run
  }

  @Test func theRecipeSurvivesYAML() throws {
    let recipe = try Recipe(yaml: Self.yaml, source: "test")
    #expect(
      recipe.base == .published(.efficientNetLite0)
        && recipe.head == FeatureHead(.logisticRegression(penalties: [0.1, 0.001])))
    #expect(recipe.image.height == 32 && recipe.image.offsets == [-127 / 128, -127 / 128, -127 / 128])
    let again = try Recipe(yaml: recipe.yaml(), source: "again")
    #expect(again.image == recipe.image && again.head == recipe.head && again.base == recipe.base)
    for (good, bad) in [
      ("base: efficientnet-lite0", "base: lenet"), ("base: efficientnet-lite0\n", ""),
      ("[0.1, 0.001]", "[0]"),
      ("image:", "optimizer: {sgd: {}}\nimage:"), ("image:", "augmentation: {rotation_range: 3}\nimage:"),
      ("{logistic_regression: {l2: [0.1, 0.001]}}", "ridge"), ("]}}", "], augmented_passes: 2}}"),
      ("image:", "network: [Dense: {units: 3}, Output]\n\(Self.steps)\nimage:"),
    ] {
      let text = Self.yaml.replacing(good, with: bad)
      #expect(text != Self.yaml)
      #expect(throws: WhiskerError.self) { _ = try Recipe(yaml: text, source: "bad") }
    }
  }

  private static let steps = "optimizer: {sgd: {learning_rate: 0.01}}\ntraining: {batch_size: 4, epochs: 2}"
  private static let augmentation = "augmentation: {horizontal_flip: true}"

  @Test(arguments: [
    (yaml, false), ("\(yaml)\n\(steps)", true), ("\(yaml)\n\(steps)\n\(augmentation)", true),
    (yaml.replacing("]}}", with: "], augmented_passes: 2}}") + "\n\(augmentation)", false),
    (
      yaml.replacing("{logistic_regression: {l2: [0.1, 0.001]}}", with: "steps")
        + "\n\(steps)\nnetwork: [Dense: {units: 3}, Output]", true
    ),
  ])
  func headsSurviveYAML(yaml: String, trainsInSteps: Bool) throws {
    let recipe = try Recipe(yaml: yaml, source: "test")
    #expect(recipe.trainsInSteps == trainsInSteps)
    let again = try Recipe(yaml: recipe.yaml(), source: "again")
    #expect(again.head == recipe.head && again.isFineTuned == recipe.isFineTuned)
    #expect(again.augmentation == recipe.augmentation && again.network.count == recipe.network.count)
    #expect(again.training == recipe.training)
  }

  /// What a run made: the history, and the bits of the model's file.
  private func outcome(
    _ run: TrainingRun, _ onEvent: @escaping @Sendable (TrainingRun.Event) -> Void = { _ in }
  ) async throws -> (history: [History.Epoch], model: Data) {
    let outcome = try await run.run(on: EngineKind.oneDNN.make(), onEvent: onEvent)
    return (outcome.history.epochs, try Data(contentsOf: outcome.model))
  }

  @Test func fineTuningBeginsWithTheRegression() async throws {
    let yaml =
      "\(Self.yaml)\noptimizer: {sgd: {learning_rate: 1.0e-20}}\ntraining: {batch_size: 4, epochs: 2}"
      + "\nphases: [{name: last, train: [\"block7*\", Output]}]"
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      let fitted = try await outcome(await run(in: folder))
      // So small a rate leaves every weight as it is.
      let tuned = try await outcome(await run(in: folder, output: "tuned", yaml: yaml))
      #expect(tuned.history.count == 2)
      let (before, after) = (try #require(fitted.history[0].validation), tuned.history[1].validation)
      #expect(abs(before.loss - (after?.loss ?? .infinity)) < 1e-4)
      #expect(before.accuracy == after?.accuracy)

      // Resuming does not fit again: the checkpoint has the layer.
      let rate = yaml.replacing("1.0e-20", with: "0.01")
      let whole = try await outcome(await run(in: folder, output: "whole", yaml: rate))
      var half = try await run(
        in: folder, output: "half", yaml: rate.replacing("epochs: 2", with: "epochs: 1"))
      _ = try await outcome(half)
      half.recipe.training.epochs = 2
      half.existing = .resume
      let fits = Mutex(0)
      let resumed = try await outcome(half) { event in
        if case .fitted = event { fits.withLock { $0 += 1 } }
      }
      #expect(fits.withLock(\.self) == 0)
      #expect(resumed.history == whole.history)
      #expect(whole.history.last?.validation?.loss != after?.loss)
    }
  }

  @Test func layersLearnFromFeaturesInSteps() async throws {
    let yaml = Self.yaml.replacing(
      "{logistic_regression: {l2: [0.1, 0.001]}}", with: "{steps: {augmented_passes: 1}}")
    let rest = """

      augmentation: {horizontal_flip: true}
      network: [Dense: {units: 8, activation: relu}, Dropout: {rate: 0.2}, Output]
      optimizer: {adam: {learning_rate: 0.01}}
      training: {batch_size: 6, epochs: 12}
      """
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      let seen = Mutex<[String]>([])
      let run = try await run(in: folder, yaml: yaml + rest)
      let result = try await outcome(run) { event in
        guard case .extracted(let split, let done, let total) = event, done == total else { return }
        seen.withLock { $0.append("\(split) \(total)") }
      }
      #expect(seen.withLock { $0.contains("train, augmented 12") })
      #expect(result.history.count == 12)
      let score = try #require(result.history.last?.validation)
      #expect(score.accuracy > 0.9 && result.history[0].loss > result.history[11].loss)
      // The whole network on photos says what the layers said on features.
      let saved = try SavedModel(contentsOf: run.output.appendingPathComponent("model.safetensors"))
      try saved.compile(engine: EngineKind.oneDNN.make())
      let photos = try await saved.photos(in: folder.appendingPathComponent("data/validation"))
      let found = try await saved.model.evaluate(photos)
      #expect(abs(found.loss - score.loss) < 1e-4 && found.accuracy == score.accuracy)
      #expect(try await outcome(self.run(in: folder, output: "again", yaml: yaml + rest)) == result)
    }
  }

  /// A regression takes weights of classes, to which balanced sampling comes down there; layers take both in steps.
  @Test func classesCountOnFeaturesToo() async throws {
    let steps =
      Self.yaml.replacing("{logistic_regression: {l2: [0.1, 0.001]}}", with: "steps")
      + "\nnetwork: [Output]\noptimizer: {sgd: {learning_rate: 0.01}}\n"
    try await withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("data")
      try makePhotos(in: data)
      for number in 1..<6 {
        try FileManager.default.removeItem(at: data.appendingPathComponent("train/blue/\(number).png"))
      }
      func result(_ name: String, _ yaml: String) async throws -> (history: [History.Epoch], model: Data) {
        var run = try await run(in: folder, output: name, yaml: yaml)
        run.seed = 1
        return try await outcome(run)
      }
      func weights(_ name: String) async throws -> [String: [Float]] {
        let model = try SavedModel(contentsOf: folder.appendingPathComponent("\(name)/model.safetensors"))
        return try await model.model.weights().mapValues(\.values)
      }
      let plain = try await result("plain", Self.yaml)
      let weighed = try await result("weighed", Self.yaml + "\ntraining: {class_weight: balanced}")
      _ = try await result(
        "numbers", Self.yaml + "\ntraining: {class_weight: {red: 0.5833333333333334, blue: 3.5}}")
      _ = try await result("sampled", Self.yaml + "\ntraining: {sampling: balanced}")
      let expected = try await weights("weighed")
      #expect(try await weights("sampled") == expected)
      #expect(try await weights("numbers") == expected)
      #expect(try await weights("plain") != expected)
      #expect(plain.history[0].loss != weighed.history[0].loss)
      let score = try #require(weighed.history[0].validation)
      // Validation is even.
      #expect(score.metrics[.balancedAccuracy] == score.accuracy)
      #expect(weighed.history[0].metrics.metrics == [.balancedAccuracy])

      let training = "training: {batch_size: 4, epochs: 3"
      _ = try await result("steps", steps + training + "}")
      _ = try await result("steps-weighed", steps + training + ", class_weight: balanced}")
      let first = try await result("steps-sampled", steps + training + ", sampling: balanced}")
      #expect(
        try await result("steps-again", steps + training + ", sampling: balanced}").model == first.model)
      let all = [
        try await weights("steps"), try await weights("steps-weighed"), try await weights("steps-sampled"),
      ]
      #expect(Set(all.map { "\($0)" }).count == 3)
    }
  }

  @Test func everyPhotoThatCannotBeReadIsNamed() async throws {
    try await withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("data")
      try makePhotos(in: data)
      // The same bytes twice, in two classes, and others.
      for (name, text) in [
        ("red/x", "no photo"), ("red/y", "no photo"), ("blue/z", "no photo"), ("blue/e", ""),
      ] {
        try Data(text.utf8).write(to: data.appendingPathComponent("train/\(name).png"))
      }
      let skipped = Mutex<[UnreadablePhoto]>([])
      let run = try await run(in: folder)
      let counts = Mutex<[Int]>([])
      _ = try await outcome(run) { event in
        if case .ready(let summary) = event {
          skipped.withLock { $0 = summary.train.unreadable }
          counts.withLock { $0.append(summary.train.count) }
        }
        if case .fitted(let fit) = event { counts.withLock { $0.append(fit.trainCount) } }
      }
      let named = skipped.withLock(\.self)
      #expect(Set(named.map(\.path)) == ["red/x.png", "red/y.png", "blue/z.png", "blue/e.png"])
      #expect(named.count == 4 && named.allSatisfy { !$0.reason.isEmpty })
      #expect(counts.withLock(\.self) == [12, 12], "what goes in is what comes out and what is named")
      // The log has them too, for later, and the time that it all took.
      let log = RunLog(folder: run.output)
      #expect(log.unreadable["train"] == named.map(\.path))
      #expect(log.sessions.first?.readingSeconds ?? 0 > 0 && log.epochSeconds[1] != nil && log.isFinished)
    }
  }

  @Test func augmentedPassesAddToTheRegression() async throws {
    let yaml = Self.yaml.replacing("]}}", with: "], augmented_passes: 3}}") + "\n\(Self.augmentation)"
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      let counts = Mutex<[Int]>([])
      let result = try await outcome(await run(in: folder, yaml: yaml)) { event in
        if case .fitted(let fit) = event { counts.withLock { $0 = [fit.trainCount, fit.validationCount] } }
      }
      #expect(counts.withLock(\.self) == [12 + 3 * 12, 12])
      #expect(result.history[0].validation?.accuracy ?? 0 > 0.9)
    }
  }

  @Test func aRunWritesOneNetworkThatEvaluatesAndPredicts() async throws {
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      let run = try await run(in: folder)
      let told = Mutex<[String]>([])
      let outcome = try await run.run(on: EngineKind.oneDNN.make()) { event in
        if case .extracted(let split, let done, let total) = event {
          told.withLock { $0.append("\(split) \(done)/\(total)") }
        }
      }
      #expect(told.withLock { $0.contains("train 12/12") && $0.contains("validation 12/12") })
      #expect(outcome.history.epochs.count == 1)
      let score = try #require(outcome.history.epochs[0].validation)
      #expect(score.accuracy > 0.9)
      for name in [
        "model.safetensors", "best.safetensors", "model.keras", "model.h5", "history.csv", "recipe.yaml",
      ] {
        #expect(
          FileManager.default.fileExists(atPath: run.output.appendingPathComponent(name).path), "\(name)")
      }
      for ending in ["safetensors", "keras", "h5"] {
        let saved = try SavedModel(contentsOf: run.output.appendingPathComponent("model.\(ending)"))
        #expect(saved.preparation == run.recipe.image)
        try saved.compile(engine: EngineKind.oneDNN.make())
        let photos = try await saved.photos(in: folder.appendingPathComponent("data/validation"))
        let found = try await saved.model.evaluate(photos)
        #expect(abs(found.loss - score.loss) < 1e-4 && found.accuracy == score.accuracy, "\(ending)")
      }
    }
  }

  @Test func aRunTellsWhatItWasBegunWith() async throws {
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      var run = try await run(in: folder)
      run.validationSplit = 0.5
      run.data = folder.appendingPathComponent("data/train")
      _ = try await outcome(run)
      #expect(RunSettings(ofRun: run.output)?.validationSplit == 0.5)
      let record = try RunRecord(contentsOf: run.output)
      #expect(record.trainingCount == 6 && record.validationCounts == ["blue": 3, "red": 3])

      // Nothing is left to do, and another run never replaces it.
      run.existing = .resume
      let before = try Data(contentsOf: run.output.appendingPathComponent("model.safetensors"))
      #expect(try await outcome(run).model == before)
      run.recipe.head = FeatureHead(.logisticRegression(penalties: [0.5]))
      let error = await #expect(throws: WhiskerError.self) { _ = try await outcome(run) }
      #expect(error?.code == .runChanged)
      #expect(try Data(contentsOf: run.output.appendingPathComponent("model.safetensors")) == before)
    }
  }

  /// The bytes of the files in a run's folder, but for its log.
  private func files(_ folder: URL) throws -> [String: Data] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0 != "checkpoint" && $0 != "events.jsonl" }
      .reduce(into: [:]) { $0[$1] = try Data(contentsOf: folder.appendingPathComponent($1)) }
  }

  @Test(arguments: ["", steps])
  func aFinishedRunIsLeftAlone(rest: String) async throws {
    let yaml =
      rest.isEmpty
      ? Self.yaml
      : Self.yaml.replacing("{logistic_regression: {l2: [0.1, 0.001]}}", with: "steps")
        + "\n\(rest)\nnetwork: [Dense: {units: 3}, Output]"
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      var run = try await run(in: folder, yaml: yaml)
      let first = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      let before = try files(run.output)
      run.existing = .resume
      let events = Mutex(0)
      let again = try await run.run(on: EngineKind.oneDNN.make()) { _ in events.withLock { $0 += 1 } }
      #expect(again.wasFinished && again.history.epochs == first.history.epochs)
      #expect(events.withLock(\.self) == 0)
      #expect(try files(run.output) == before)

      // Only missing files are written; the photos aren't needed for that.
      for name in ["model.keras", "best.h5", "history.csv"] {
        try FileManager.default.removeItem(at: run.output.appendingPathComponent(name))
      }
      let modified = { (name: String) in
        try FileManager.default.attributesOfItem(
          atPath: run.output.appendingPathComponent(name).path)[.modificationDate] as? Date
      }
      let date = try modified("model.h5")
      #expect(try await run.run(on: EngineKind.oneDNN.make()) { _ in }.wasFinished)
      #expect(try files(run.output) == before)
      #expect(try modified("model.h5") == date)
      for name in ["model.safetensors", "best.safetensors", "best.keras"] {
        try FileManager.default.removeItem(at: run.output.appendingPathComponent(name))
      }
      #expect(try await run.run(on: EngineKind.oneDNN.make()) { _ in }.wasFinished)
      #expect(try files(run.output) == before)
    }
  }

  /// Interrupted before its last file, a run is started again, and until there is something better it keeps
  /// what it had.
  @Test func nothingIsClearedBeforeItsReplacementIsThere() async throws {
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      var run = try await run(in: folder)
      _ = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      let before = try files(run.output)
      try? FileManager.default.removeItem(at: run.output.appendingPathComponent("checkpoint/finished.json"))
      run.existing = .resume
      let cancelled = run
      let outcome = await Task {
        try await cancelled.run(on: EngineKind.oneDNN.make()) { event in
          if case .began = event { withUnsafeCurrentTask { $0?.cancel() } }
        }
      }.result
      #expect(throws: CancellationError.self) { try outcome.get() }
      #expect(try files(run.output) == before)
      #expect(try await !run.run(on: EngineKind.oneDNN.make()) { _ in }.wasFinished)
      #expect(try files(run.output) == before)
    }
  }

  @Test func featuresAreKeptByWhatIsOnThePhoto() async throws {
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      _ = try await run(in: folder).run(on: EngineKind.oneDNN.make()) { _ in }
      let first = try Data(contentsOf: folder.appendingPathComponent("run/model.safetensors"))
      // Renamed photos are recognised.
      let data = folder.appendingPathComponent("data/train/red")
      try FileManager.default.moveItem(
        at: data.appendingPathComponent("0.png"), to: data.appendingPathComponent("00.png"))
      let counts = Mutex<[Int]>([])
      _ = try await run(in: folder, output: "again").run(on: EngineKind.oneDNN.make()) { event in
        if case .extracted(_, let done, _) = event { counts.withLock { $0.append(done) } }
      }
      // One report for each split: nothing was left to compute.
      #expect(counts.withLock { $0 } == [12, 12])
      #expect(try Data(contentsOf: folder.appendingPathComponent("again/model.safetensors")) == first)
      // A damaged cache does no harm.
      let cache = folder.appendingPathComponent("cache")
      let file = try #require(try FileManager.default.contentsOfDirectory(atPath: cache.path).first)
      try Data("nonsense".utf8).write(to: cache.appendingPathComponent(file))
      _ = try await run(in: folder, output: "third").run(on: EngineKind.oneDNN.make()) { _ in }
      #expect(try Data(contentsOf: folder.appendingPathComponent("third/model.safetensors")) == first)
    }
  }

  @Test func aFoldHasNoSayInThePenalty() async throws {
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      let told = Mutex<[FeatureFit]>([])
      let validation = CrossValidation(try await run(in: folder), folds: 3)
      let result = try await validation.run(makingEngine: { EngineKind.oneDNN.make() }) { event in
        if case .run(.fitted(let fit)) = event { told.withLock { $0.append(fit) } }
      }
      // Of 0.1 and 0.001 the one nearer to 1 / 8.
      #expect(told.withLock { $0.map(\.penalty) } == [0.1, 0.1, 0.1])
      #expect(told.withLock { $0.map(\.trainCount) } == [8, 8, 8])
      #expect(result.scores.map(\.validationCount) == [4, 4, 4] && result.accuracy.mean > 0.8)
    }
  }

  @Test func theTableDropsItsOldestRows() throws {
    var table = FeatureTable(featureCount: 2)
    for index in 0..<5 { table.add("\(index)", [Float(index), -Float(index)][...]) }
    table.add("3", [9, 9][...])
    #expect(table["3"] == [3, -3][...] && table["9"] == nil)
    let rest = table.suffix(2)
    #expect(rest.photos == ["3", "4"] && rest["4"] == [4, -4][...] && rest["0"] == nil)
  }
}
