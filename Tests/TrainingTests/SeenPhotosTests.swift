import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerInspection
import WhiskerRuns
import WhiskerSystem
import WhiskerTraining
import _TestSupport

/// Which photos a model was made with, and what was chosen on which of them.
@Suite struct SeenPhotosTests {
  private static let recipe = """
    name: tiny
    image: {height: 8, width: 8}
    network: [Flatten, Output]
    optimizer: {sgd: {learning_rate: 0.05}}
    training: {batch_size: 4, epochs: 3}
    """
  private static let stopping = recipe.replacing(
    "epochs: 3", with: "epochs: 12, early_stopping: {patience: 1, restore_best_weights: true}")

  /// A folder with class folders of reddish and bluish photos, all different.
  private func withRun(
    perClass: Int = 8, yaml: String = Self.recipe, _ body: (TrainingRun) async throws -> Void
  ) async throws {
    try await withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("data")
      for (index, name) in ["red", "blue"].enumerated() {
        let photos = data.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
        for number in 0..<perClass {
          let noise = Formula.integers("\(name)/\(number)", count: 8 * 8 * 3, below: 200)
          let pixels = noise.enumerated().map { UInt8($1 + ($0 % 3 == 2 * index ? 50 : 0)) }
          try Photo(height: 8, width: 8, pixels: pixels).write(
            to: photos.appendingPathComponent("\(number).png"))
        }
      }
      var run = TrainingRun(
        data: data, recipe: try Recipe(yaml: yaml, source: "tiny"),
        output: folder.appendingPathComponent("run"))
      run.validationSplit = 0.25
      try await body(run)
    }
  }

  private func train(_ run: TrainingRun) async throws -> TrainingRun.Outcome {
    try await run.run(on: EngineKind.reference.make()) { _ in }
  }

  private func roles(_ file: URL, in data: URL) throws -> [ModelPhotos.Role] {
    try #require(try SavedModel(contentsOf: file).knownPhotos).roles(in: PhotoFolder(scanning: data))
  }

  @Test func aModelKnowsItsPhotosWhateverTheyAreCalled() async throws {
    try await withRun { run in
      let outcome = try await train(run)
      let expected =
        Array(repeating: ModelPhotos.Role.validation, count: 2) + Array(repeating: .trained, count: 6)
      // Of both classes, and in every file of the model.
      for name in [
        "model.safetensors", "best.safetensors", "model.keras", "best.keras", "model.h5", "best.h5",
      ] {
        #expect(
          try roles(run.output.appendingPathComponent(name), in: run.data) == expected + expected, "\(name)")
      }
      let choices = try ["model.safetensors", "best.safetensors", "best.h5"].map {
        try SavedModel(contentsOf: run.output.appendingPathComponent($0)).knownPhotos?.choices
      }
      #expect(choices == [[], [.epoch], [.epoch]] && outcome.choices == [.epoch])

      // Renamed so that they come in another order, copied elsewhere, and one that is new.
      let other = run.output.appendingPathComponent("elsewhere")
      for (index, name) in ["red", "blue"].enumerated() {
        let folder = other.appendingPathComponent(name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 0..<8 {
          try FileManager.default.copyItem(
            at: run.data.appendingPathComponent("\(name)/\(number).png"),
            to: folder.appendingPathComponent("\(9 - number).png"))
        }
        try Photo(height: 8, width: 8, pixels: [UInt8](repeating: UInt8(index), count: 192)).write(
          to: folder.appendingPathComponent("new.png"))
      }
      let turned = Array(expected.reversed()) + [.unseen]
      #expect(try roles(outcome.model, in: other) == turned + turned)
    }
  }

  @Test func onlyPhotosThatItWasNotTrainedOnAreSelected() async throws {
    try await withRun { run in
      let outcome = try await train(run)
      let photos = try PhotoFolder(scanning: run.data)
      let saved = try SavedModel(contentsOf: try #require(outcome.best))
      let held = PhotoSelection(photos, for: saved)
      #expect(held.isKnown && held.trainedOn == 12 && held.leftOut == 12 && held.validation == 4)
      #expect(held.choices == [.epoch])
      #expect(held.folder.photos.map(\.path) == ["blue/0.png", "blue/1.png", "red/0.png", "red/1.png"])
      let all = PhotoSelection(photos, for: saved, keepsAll: true)
      #expect(all.folder == photos && all.trainedOn == 12 && all.leftOut == 0 && all.validation == 4)
      // Measured a batch at a time: the validation score of the epoch.
      try saved.compile(engine: EngineKind.reference.make())
      let index = try #require(outcome.history.bestEpoch)
      let measured = try await saved.measure(held.folder, batchSize: 4)
      let loss = try #require(outcome.history.epochs[index].validation?.loss)
      #expect(abs(measured.evaluation.loss - loss) < 1e-5)
      #expect(measured.evaluation.count == 4 && measured.photos == held.folder.photos)

      // A class that would have none keeps them, and so do the others; so does a folder without held-back ones.
      for number in 0..<2 {
        try FileManager.default.removeItem(at: run.data.appendingPathComponent("red/\(number).png"))
      }
      let rest = PhotoSelection(try PhotoFolder(scanning: run.data), for: saved)
      #expect(rest.folder.photos.count == 14 && rest.trainedOn == 12 && rest.leftOut == 0)
    }
  }

  @Test func aFileThatDoesNotSayIsAskedNothing() async throws {
    try await withRun { run in
      let outcome = try await train(run)
      let read = try SavedModel(contentsOf: outcome.model)
      let plain = SavedModel(
        model: read.model, preparation: read.preparation, classNames: read.classNames, loss: read.loss)
      let photos = try PhotoFolder(scanning: run.data)
      let selection = PhotoSelection(photos, for: plain)
      #expect(!selection.isKnown && selection.folder == photos && selection.choices.isEmpty)
    }
  }

  @Test func whatWasChosenIsSaid() async throws {
    try await withRun(yaml: Self.stopping) { run in
      let outcome = try await train(run)
      #expect(outcome.choices == [.epoch, .earlyStopping])
      #expect(try SavedModel(contentsOf: outcome.model).knownPhotos?.choices == [.earlyStopping])
    }
    // Monitoring the training photos chooses nothing.
    try await withRun(
      yaml: Self.stopping.replacing("{patience", with: "{monitor: loss, patience")
    ) { run in
      let choices = try await train(run).choices
      #expect(choices == [.epoch])
    }
  }

  // MARK: Parts

  private func folds(_ run: TrainingRun) async throws -> (CrossValidation.Result, warnings: [String]) {
    var run = run
    run.validationSplit = nil
    let warnings = Mutex<[String]>([])
    let result = try await CrossValidation(run, folds: 3).run(
      makingEngine: { EngineKind.reference.make() },
      onEvent: { event in if case .warning(let text) = event { warnings.withLock { $0.append(text) } } })
    return (result, warnings.withLock(\.self))
  }

  @Test func foldsAreMeasuredOnPhotosThatNothingWasChosenBy() async throws {
    try await withRun(perClass: 9, yaml: Self.stopping) { run in
      let (result, warnings) = try await folds(run)
      #expect(result.scores.map(\.trainCount) == [12, 12, 12])
      #expect(result.scores.map(\.heldBackCount) == [2, 2, 2])
      #expect(result.scores.map(\.validationCount) == [6, 6, 6])
      #expect(warnings.count == 1 && warnings[0].contains("early stopping"), "\(warnings)")
      for score in result.scores {
        let number = try #require(score.fold)
        let fold = run.output.appendingPathComponent("fold-\(number)")
        let held = try DataFolder(
          forTraining: run.data, part: .fold(number: number, count: 3, seed: 0), choosing: 0.2)
        // Nothing was chosen on the fold: it is unseen, and the score is that of the final model.
        let model = fold.appendingPathComponent("model.safetensors")
        let saved = try SavedModel(contentsOf: model)
        let known = try #require(saved.knownPhotos)
        #expect(known.roles(in: try #require(held.measured)).allSatisfy { $0 == .unseen })
        #expect(known.roles(in: try #require(held.validation)).allSatisfy { $0 == .validation })
        try saved.compile(engine: EngineKind.reference.make())
        let evaluation = try await saved.measure(try #require(held.measured), batchSize: 4).evaluation
        #expect(evaluation.loss == score.loss && evaluation.accuracy == score.accuracy)
        // What stopped it is the score on the photos that were held back.
        let history = try RunRecord(contentsOf: fold).history
        #expect(history.epochs.last?.validation?.loss != score.loss)
      }
    }
  }

  @Test func foldsOfARecipeThatChoosesNothingLearnFromAllOthers() async throws {
    try await withRun(perClass: 9) { run in
      let (result, warnings) = try await folds(run)
      #expect(result.scores.allSatisfy { $0.trainCount == 12 && $0.heldBackCount == nil } && warnings.isEmpty)
    }
  }

  @Test func aCurveHoldsBackPhotosOfEachSample() async throws {
    try await withRun(perClass: 12, yaml: Self.stopping) { run in
      let curve = LearningCurve(run, sizes: [4, 10])
      let result = try await curve.run(makingEngine: { EngineKind.reference.make() })
      #expect(result.points.map(\.photos) == [4, 10])
      #expect(result.scores.map(\.heldBackCount) == [2, 2, 2, 2, 2, 2])
      #expect(result.scores.allSatisfy { $0.validationCount == 6 })
      // A single photo of a class can't be both trained on and held back.
      var error: WhiskerError?
      var other = LearningCurve(run, sizes: [2, 10])
      other.run.output = run.output.appendingPathExtension("other")
      do { _ = try await other.run(makingEngine: { EngineKind.reference.make() }) } catch let caught
        as WhiskerError
      {
        error = caught
      }
      #expect(error?.code == .tooFewPhotos)
      #expect(!FileManager.default.fileExists(atPath: other.run.output.path))
    }
  }

  // MARK: Runs

  @Test func aPhotoOfTheSameSizeIsNotTheSame() async throws {
    try await withRun { run in
      var first = run
      first.recipe.training.epochs = 1
      _ = try await train(first)
      // Two photos as long change places.
      let file = run.data.appendingPathComponent("red/7.png")
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count - 1] ^= 1
      try bytes.write(to: file)
      var resumed = run
      resumed.existing = .resume
      var message = ""
      do { _ = try await train(resumed) } catch let error as WhiskerError { message = error.message }
      #expect(message.contains("train/red/7.png holds another photo"), "\(message)")
    }
  }
}
