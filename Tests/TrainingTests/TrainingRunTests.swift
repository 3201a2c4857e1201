import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerFormats
import WhiskerImages
import WhiskerLayers
import WhiskerRuns
import WhiskerSketches
import WhiskerSystem
import WhiskerTensors
import WhiskerTraining
import _TestSupport

@Suite struct TrainingRunTests {
  private func recipe(epochs: Int = 2) throws -> Recipe {
    try Recipe(
      yaml: """
        name: tiny
        image: {height: 16, width: 16}
        network:
          - Conv2D: {filters: 4, kernel_size: 3, activation: relu}
          - MaxPooling2D: {pool_size: 4}
          - Flatten
          - Output
        optimizer: {rmsprop: {learning_rate: 0.001}}
        training: {batch_size: 4, steps_per_epoch: 2, epochs: \(epochs)}
        """, source: "tiny")
  }

  /// Folders of sketches of 24 pixels with awkward names.
  private func makePhotos(
    in folder: URL, splits: [String] = ["train", "validation"], classes: [String] = ["고양이", "dogs, \"big\""]
  ) throws {
    let generator = try SketchGenerator(seed: 0, size: 24)
    for (split, name) in splits.enumerated() {
      for (label, className) in classes.enumerated() {
        let place = folder.appendingPathComponent("\(name)/\(className)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        for index in 0..<4 {
          let animal = Animal.allCases[label % 2]
          try generator.sketch(of: animal, index: split * 100 + label * 10 + index)
            .write(to: place.appendingPathComponent("\(index).png"))
        }
      }
    }
  }

  private func run(_ root: URL, _ output: String = "run", epochs: Int = 2) throws -> TrainingRun {
    var run = TrainingRun(
      data: root.appendingPathComponent("data"), recipe: try recipe(epochs: epochs),
      output: root.appendingPathComponent(output))
    run.loading.loaderThreads = 1
    run.loading.decodingThreads = 1
    return run
  }

  @Test func aRunWritesItsFiles() async throws {
    try await withTemporaryFolder { root in
      try makePhotos(in: root.appendingPathComponent("data"))
      let run = try run(root)
      let events = Mutex<[String]>([])
      let outcome = try await run.run(on: EngineKind.oneDNN.make()) { event in
        switch event {
        case .standardizing: events.withLock { $0.append("standardizing") }
        case .decoded(let split, let done, let total):
          events.withLock { $0.append("\(split) \(done)/\(total)") }
        case .ready(let summary): events.withLock { $0.append("ready \(summary.parameterCount)") }
        case .training(.epochEnded(let epoch, _, _, _)): events.withLock { $0.append("epoch \(epoch)") }
        case .training, .noted, .warning, .began, .checkpointWritten, .interrupted, .failed, .finished,
          .fetching, .extracted, .fitted:
          break
        }
      }
      #expect(
        try run.output.fileNames == [
          "best.h5", "best.keras", "best.safetensors", "checkpoint", "events.jsonl", "history.csv",
          "model.h5",
          "model.keras", "model.safetensors", "recipe.yaml",
        ])
      let told = events.withLock { $0 }
      #expect(told.contains("train 8/8") && told.contains("validation 8/8"))
      #expect(told.suffix(3) == ["ready 149", "epoch 1", "epoch 2"])

      let csv = try String(contentsOf: run.output.appendingPathComponent("history.csv"), encoding: .utf8)
      #expect(csv == outcome.history.csv)
      let rows = csv.split(separator: "\n")
      #expect(rows.count == 3)
      #expect(rows[0] == "epoch,acc,loss,val_acc,val_loss,learning_rate")
      #expect(rows.dropFirst().allSatisfy { $0.split(separator: ",").count == 6 })
      let yaml = try String(contentsOf: run.output.appendingPathComponent("recipe.yaml"), encoding: .utf8)
      #expect(yaml == (try recipe().yaml()))

      #expect(outcome.model == run.output.appendingPathComponent("model.safetensors"))
      let best = try SavedModel(contentsOf: #require(outcome.best))
      #expect(best.classNames == ["dogs, \"big\"", "고양이"])
      try best.compile(engine: EngineKind.oneDNN.make())
      let photos = try await PhotoDataset(
        PhotoFolder(scanning: root.appendingPathComponent("data/validation"), expecting: best.classNames),
        preparation: best.preparation, batchSize: 4)
      let evaluation = try await best.model.evaluate(photos)
      let epoch = try #require(outcome.history.bestEpoch)
      #expect(evaluation.loss == outcome.history["val_loss"][epoch])
    }
  }

  @Test func theSameRunGivesTheSameBytes() async throws {
    try await withTemporaryFolder { root in
      try makePhotos(in: root.appendingPathComponent("data"))
      for (output, threads) in [("a", 1), ("b", 3)] {
        var run = try run(root, output)
        run.loading.loaderThreads = threads
        run.seed = 5
        _ = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      }
      for name in ["best.safetensors", "history.csv", "model.safetensors", "recipe.yaml"] {
        #expect(
          try Data(contentsOf: root.appendingPathComponent("a/\(name)"))
            == Data(contentsOf: root.appendingPathComponent("b/\(name)")), "\(name)")
      }
    }
  }

  /// What was learned from the photos for whitening is saved with the model, so that evaluating its file gives
  /// the loss of its training; the augmentation isn't.
  @Test func standardizationGoesWithTheModel() async throws {
    try await withTemporaryFolder { root in
      try makePhotos(in: root.appendingPathComponent("data"))
      var run = try run(root)
      run.recipe.image = PhotoPreparation(height: 12, width: 12, channels: 1)
      run.recipe.standardization = Standardization(
        featurewiseStdNormalization: true, zcaWhitening: true, zcaEpsilon: 0.1)
      run.recipe.augmentation = Augmentation(rotationRange: .degrees(30), mixupAlpha: 0.4)
      let outcome = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      let yaml = try String(contentsOf: run.output.appendingPathComponent("recipe.yaml"), encoding: .utf8)
      let reread = try Recipe(yaml: yaml, source: "recipe.yaml")
      #expect(reread.standardization == run.recipe.standardization)
      #expect(reread.augmentation == run.recipe.augmentation)

      let saved = try SavedModel(contentsOf: outcome.model)
      #expect(saved.preparation.standardization?.whitening?.shape == [144, 144])
      try saved.compile(engine: EngineKind.oneDNN.make())
      let photos = try await saved.photos(in: root.appendingPathComponent("data/validation"), batchSize: 4)
      let evaluation = try await saved.model.evaluate(photos)
      #expect(evaluation.loss == outcome.history["val_loss"].last)
      let again = root.appendingPathComponent("again.safetensors")
      try await saved.write(to: again)
      #expect(try Data(contentsOf: outcome.model) == Data(contentsOf: again))

      // A file without its matrix isn't a model.
      var file = try StoredModel(contentsOf: outcome.model)
      file.tensors["preparation/whitening"] = nil
      try file.write(to: again)
      let error = #expect(throws: WhiskerError.self) { try SavedModel(contentsOf: again) }
      #expect(error?.code == .badModel)
      #expect(error?.description.contains("whitening") == true)
    }
  }

  @Test func severalClassesAndNoValidation() async throws {
    try await withTemporaryFolder { root in
      try makePhotos(in: root.appendingPathComponent("data"), splits: ["train"], classes: ["a", "b", "c"])
      let run = try run(root)
      let outcome = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      #expect(outcome.best == nil)
      #expect(outcome.history["val_acc"].isEmpty)
      #expect(
        try run.output.fileNames == [
          "checkpoint", "events.jsonl", "history.csv", "model.h5", "model.keras", "model.safetensors",
          "recipe.yaml",
        ])
      #expect(try SavedModel(contentsOf: outcome.model).model.network().output == [3])
    }
  }

  @Test func anOldRunIsKeptUnlessItMayGo() async throws {
    try await withTemporaryFolder { root in
      try makePhotos(in: root.appendingPathComponent("data"))
      var run = try run(root, epochs: 1)
      _ = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      let csv = run.output.appendingPathComponent("history.csv")
      let before = try Data(contentsOf: csv)

      run.seed = 1
      let refusal = await #expect(throws: WhiskerError.self) {
        try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      }
      #expect(refusal?.code == .runExists)
      #expect(refusal?.message.contains("history.csv") == true)
      #expect(try Data(contentsOf: csv) == before)

      run.existing = .overwrite
      _ = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      #expect(try Data(contentsOf: csv) != before)
    }
  }

  /// A failed start doesn't cost the existing run.
  @Test func badDataLeavesTheOldRun() async throws {
    try await withTemporaryFolder { root in
      let data = root.appendingPathComponent("data")
      try makePhotos(in: data)
      var run = try run(root, epochs: 1)
      _ = try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      try Data().write(to: data.appendingPathComponent("train/고양이/empty.png"))
      run.existing = .overwrite
      run.isStrict = true
      await #expect(throws: WhiskerError.self) { try await run.run(on: EngineKind.oneDNN.make()) { _ in } }
      #expect(try run.output.fileNames.count == 10)
    }
  }

  @Test func twoCanNotWriteOneRun() throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent("whisker-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: root) }
    do {
      let first = try RunFolder(root, existing: .refuse)
      let error = #expect(throws: WhiskerError.self) { try RunFolder(root, existing: .overwrite) }
      #expect(error?.code == .folderInUse)
      #expect(error?.message.contains("another process") == true)
      withExtendedLifetime(first) {}
    }
    _ = try RunFolder(root, existing: .refuse)
  }

  @Test func theLockOfAKilledProcessIsTakenOverAndAForeignFileIsOnlyLocked() async throws {
    try await withTemporaryFolder { root in
      let lock = root.appendingPathComponent(".whisker-run.lock")
      for (text, isOurs) in [("whisker run of process 1234567\n", true), ("mine\n", false)] {
        try Data(text.utf8).write(to: lock)
        do {
          let first = try RunFolder(root, existing: .refuse)
          let error = #expect(throws: WhiskerError.self) { try RunFolder(root, existing: .overwrite) }
          #expect(error?.code == .folderInUse)
          #expect(error?.message.contains("another process") == true)
          let held = try String(contentsOf: lock, encoding: .utf8)
          #expect(held == (isOurs ? "whisker run of process \(getpid())\n" : text))
          withExtendedLifetime(first) {}
        }
        #expect(try root.fileNames == (isOurs ? [] : [".whisker-run.lock"]))
      }
      #expect(try Data(contentsOf: lock) == Data("mine\n".utf8))
      // A link isn't followed.
      try FileManager.default.removeItem(at: lock)
      let target = root.appendingPathComponent("target")
      try FileManager.default.createSymbolicLink(at: lock, withDestinationURL: target)
      #expect(throws: WhiskerError.self) { try RunFolder(root, existing: .refuse) }
      #expect(try root.fileNames == [".whisker-run.lock"])
    }
  }

  @Test func aPlaceThatCanNotBeWrittenIsNamed() async throws {
    try await withTemporaryFolder { root in
      let file = root.appendingPathComponent("file")
      try Data("text".utf8).write(to: file)
      for place in [file, file.appendingPathComponent("run")] {
        let error = #expect(throws: WhiskerError.self) { try RunFolder(place, existing: .overwrite) }
        #expect(error?.code == .cannotWrite)
        // What stands in the way is named.
        #expect(error?.place == file.path)
      }
      #expect(try Data(contentsOf: file) == Data("text".utf8))
    }
  }

  @Test func aCancelledRunKeepsItsFiles() async throws {
    try await withTemporaryFolder { root in
      try makePhotos(in: root.appendingPathComponent("data"))
      let run = try run(root, epochs: 1000)
      let outcome = await Task {
        try await run.run(on: EngineKind.oneDNN.make()) { event in
          if case .training(.stepEnded(let progress)) = event, progress.epoch == 2 {
            withUnsafeCurrentTask { $0?.cancel() }
          }
        }
      }.result
      #expect(throws: CancellationError.self) { try outcome.get() }
      #expect(
        try run.output.fileNames == [
          "best.h5", "best.keras", "best.safetensors", "checkpoint", "events.jsonl", "history.csv",
          "model.h5",
          "model.keras", "model.safetensors", "recipe.yaml",
        ])
      let csv = try String(contentsOf: run.output.appendingPathComponent("history.csv"), encoding: .utf8)
      #expect(csv.split(separator: "\n").count == 2)
      // The step of the second epoch is in the model, but not in the best.
      let last = try SavedModel(contentsOf: run.output.appendingPathComponent("model.safetensors"))
      let best = try SavedModel(contentsOf: run.output.appendingPathComponent("best.safetensors"))
      #expect(try await last.model.weights() != best.model.weights())
      for ending in ["keras", "h5"] {
        let model = try SavedModel(contentsOf: run.output.appendingPathComponent("model.\(ending)"))
        #expect(try await model.model.weights() == last.model.weights())
        let best = try SavedModel(contentsOf: run.output.appendingPathComponent("best.\(ending)"))
        #expect(try await best.model.weights() != last.model.weights())
      }
    }
  }

  @Test func tooSmallAPictureNamesTheLayerAndMakesNoFolder() async throws {
    try await withTemporaryFolder { root in
      try makePhotos(in: root.appendingPathComponent("data"))
      var run = try run(root)
      run.recipe.image.height = 4
      run.recipe.image.width = 4
      let error = await #expect(throws: WhiskerError.self) {
        try await run.run(on: EngineKind.oneDNN.make()) { _ in }
      }
      #expect(error?.place == "max_pooling2d")
      #expect(!FileManager.default.fileExists(atPath: run.output.path))
    }
  }
}
