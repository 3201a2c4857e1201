import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerImages
import WhiskerLayers
import WhiskerPretrained
import WhiskerTensors
import WhiskerTraining
import _TestSupport

/// Runs that fit a last layer to the features of a published network, small and with weights that nobody trained.
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

  private func run(in folder: URL, output: String = "run") throws -> TrainingRun {
    let weights = folder.appendingPathComponent("weights.safetensors")
    if !FileManager.default.fileExists(atPath: weights.path) {
      let model = PretrainedNetwork.efficientNetLite0.model(input: [32, 32, 3], top: .features)
      var tensors = try model.weights()
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
      data: folder.appendingPathComponent("data"), recipe: try Recipe(yaml: Self.yaml, source: "test"),
      output: folder.appendingPathComponent(output))
    run.baseWeights = weights
    run.featureCache = FeatureCache(folder: folder.appendingPathComponent("cache"))
    return run
  }

  @Test func theRecipeSurvivesYAML() throws {
    let recipe = try Recipe(yaml: Self.yaml, source: "test")
    #expect(recipe.base == .efficientNetLite0 && recipe.head == FeatureHead(penalties: [0.1, 0.001]))
    #expect(recipe.image.height == 32 && recipe.image.offsets == [-127 / 128, -127 / 128, -127 / 128])
    let again = try Recipe(yaml: recipe.yaml(), source: "again")
    #expect(again.image == recipe.image && again.head == recipe.head && again.base == recipe.base)
    for (good, bad) in [
      ("base: efficientnet-lite0", "base: lenet"), ("base: efficientnet-lite0\n", ""),
      ("[0.1, 0.001]", "[0]"),
      ("image:", "training: {batch_size: 3, epochs: 2}\nimage:"),
    ] {
      let text = Self.yaml.replacing(good, with: bad)
      #expect(text != Self.yaml)
      #expect(throws: TrainingError.self) { _ = try Recipe(yaml: text, source: "bad") }
    }
  }

  @Test func aRunWritesOneNetworkThatEvaluatesAndPredicts() async throws {
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      let run = try run(in: folder)
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

  @Test func featuresAreKeptByWhatIsOnThePhoto() async throws {
    try await withTemporaryFolder { folder in
      try makePhotos(in: folder.appendingPathComponent("data"))
      _ = try await run(in: folder).run(on: EngineKind.oneDNN.make()) { _ in }
      let first = try Data(contentsOf: folder.appendingPathComponent("run/model.safetensors"))
      // Renamed photos are known.
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
      // A damaged cache is no trouble.
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
      let validation = CrossValidation(try run(in: folder), folds: 3)
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
