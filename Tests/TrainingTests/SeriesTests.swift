import Foundation
import Synchronization
import Testing
import WhiskerDatasets
import WhiskerImages
import WhiskerRuns
import WhiskerSystem
import WhiskerTraining
import _TestSupport

/// Cross-validation and learning curves, of a small network on photos of 8 × 8.
@Suite struct SeriesTests {
  private static let recipe = """
    name: tiny
    image: {height: 8, width: 8}
    network: [Flatten, Output]
    optimizer: {sgd: {learning_rate: 0.05}}
    training: {batch_size: 4, epochs: 2, validation_steps: 1}
    """

  /// A folder with 11 reddish and 10 bluish training photos and 3 for validation of each.
  private func withRun(_ body: (TrainingRun) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
      let data = folder.appendingPathComponent("data")
      for (split, counts) in [("train", [11, 10]), ("validation", [3, 3])] {
        for (index, name) in ["red", "blue"].enumerated() {
          let photos = data.appendingPathComponent("\(split)/\(name)")
          try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
          for number in 0..<counts[index] {
            let noise = Formula.integers("\(split)/\(name)/\(number)", count: 8 * 8 * 3, below: 200)
            let pixels = noise.enumerated().map { UInt8($1 + ($0 % 3 == 2 * index ? 50 : 0)) }
            try Photo(height: 8, width: 8, pixels: pixels).write(
              to: photos.appendingPathComponent("\(number).png"))
          }
        }
      }
      let recipe = try Recipe(yaml: Self.recipe, source: "tiny")
      try await body(
        TrainingRun(data: data, recipe: recipe, output: folder.appendingPathComponent("out")))
    }
  }

  private func validate(
    _ run: TrainingRun, folds: Int = 3, repeats: Int = 1,
    onEvent: @escaping @Sendable (SeriesEvent) -> Void = { _ in }
  ) async throws -> CrossValidation.Result {
    var validation = CrossValidation(run, folds: folds)
    validation.repeats = repeats
    return try await validation.run(makingEngine: { EngineKind.reference.make() }, onEvent: onEvent)
  }

  private func measure(
    _ run: TrainingRun, _ sizes: [Int], repeats: Int = 2,
    onEvent: @escaping @Sendable (SeriesEvent) -> Void = { _ in }
  ) async throws -> LearningCurve.Result {
    var curve = LearningCurve(run, sizes: sizes)
    curve.repeats = repeats
    return try await curve.run(makingEngine: { EngineKind.reference.make() }, onEvent: onEvent)
  }

  /// The error that a series ends with.
  private func error(_ body: () async throws -> Void) async -> WhiskerError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? WhiskerError
    }
  }

  @Test func spreadIsOfASample() {
    let spread = Spread([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(spread.mean == 5 && spread.count == 8)
    #expect(abs((spread.standardDeviation ?? 0) - (32.0 / 7).squareRoot()) < 1e-12)
    #expect(Spread([3]).standardDeviation == nil && Spread([3]).mean == 3)
  }

  @Test func everyFoldIsMeasuredWholeByATrainingWithoutIt() async throws {
    try await withRun { run in
      let warnings = Mutex<[String]>([])
      let result = try await validate(run, repeats: 2) { event in
        if case .warning(let text) = event { warnings.withLock { $0.append(text) } }
      }
      #expect(warnings.withLock { $0.count } == 1)
      #expect(result.scores.map(\.fold) == [1, 2, 3, 1, 2, 3])
      #expect(result.scores.map(\.seed) == [0, 0, 0, 1, 1, 1])
      #expect(result.scores.map(\.validationCount) == [7, 7, 7, 7, 7, 7])
      #expect(result.scores.map(\.trainCount) == [14, 14, 14, 14, 14, 14])
      #expect(result.accuracy == Spread(result.scores.map(\.accuracy)))
      #expect(
        try run.output.fileNames == ["cross_validation.json", "fold-1", "fold-2", "fold-3", "repeat-2"])

      // One of them by itself, and its score on the fold by other means.
      var second = run
      second.output = run.output.appendingPathComponent("second")
      second.part = .fold(number: 2, count: 3, seed: 1)
      second.seed = 1
      second.recipe.training.validationSteps = nil
      let outcome = try await second.run(on: EngineKind.reference.make()) { _ in }
      #expect(outcome.history.epochs.last?.validation?.loss == result.scores[4].loss)
      #expect(outcome.history.epochs.last?.validation?.accuracy == result.scores[4].accuracy)
      let folder = "repeat-2/fold-2/model.safetensors"
      #expect(
        try Data(contentsOf: run.output.appendingPathComponent(folder)) == Data(contentsOf: outcome.model))
      // A run says what part it is trained on.
      #expect(RunSettings(ofRun: second.output)?.part == second.part)
    }
  }

  @Test func aSeriesGoesOnWhereItWas() async throws {
    try await withRun { run in
      var whole = run
      whole.output = run.output.appendingPathExtension("whole")
      let expected = try await validate(whole, repeats: 2)

      // Cancelled in its second run.
      let task = Task {
        try await validate(run) { event in
          if case .began(_, number: 2, of: _) = event { withUnsafeCurrentTask { $0?.cancel() } }
        }
      }
      await #expect(throws: CancellationError.self) { _ = try await task.value }
      var resumed = run
      resumed.existing = .resume
      let seconds = Mutex<[Double]>([])
      let result = try await validate(resumed, repeats: 2) { event in
        if case .ended(_, _, let time) = event { seconds.withLock { $0.append(time) } }
      }
      #expect(result == expected)
      #expect(seconds.withLock { $0.map { $0 > 0 } } == [false] + Array(repeating: true, count: 5))
      let files = [whole.output, run.output].map { $0.appendingPathComponent("cross_validation.json") }
      #expect(try Data(contentsOf: files[0]) == Data(contentsOf: files[1]))

      #expect(await error { _ = try await validate(run) }?.code == .runExists)
      #expect(await error { _ = try await validate(resumed, folds: 4) }?.code == .runChanged)
      resumed.seed = 7
      #expect(await error { _ = try await validate(resumed) }?.code == .runChanged)
      resumed.seed = 0
      try FileManager.default.removeItem(at: run.data.appendingPathComponent("train/red/0.png"))
      #expect(await error { _ = try await validate(resumed) }?.code == .dataChanged)

      // When overwritten, the old folds' files are gone.
      var again = run
      again.existing = .overwrite
      let two = try await validate(again, folds: 2)
      #expect(two.scores.count == 2)
      #expect(try run.output.fileNames == ["cross_validation.json", "fold-1", "fold-2"])
    }
  }

  @Test func foldsAndRunsKeepOutOfEachOther() async throws {
    try await withRun { run in
      _ = try await run.run(on: EngineKind.reference.make()) { _ in }
      #expect(await error { _ = try await validate(run) }?.code == .runExists)
      var resumed = run
      resumed.existing = .resume
      #expect(await error { _ = try await validate(resumed) }?.code == .notResumable)
      var other = run
      other.output = run.output.appendingPathExtension("folds")
      _ = try await validate(other, folds: 2)
      other.existing = .resume
      #expect(
        await error { _ = try await other.run(on: EngineKind.reference.make()) { _ in } }?.code
          == .notResumable)
    }
  }

  @Test func aCurveMeasuresEachSizeOnTheSamePhotos() async throws {
    try await withRun { run in
      let curve = try await measure(run, [16, 4, 4])
      #expect(curve.points.map(\.photos) == [4, 16])
      #expect(curve.scores.map(\.trainCount) == [4, 4, 16, 16] && curve.scores.map(\.seed) == [0, 1, 0, 1])
      #expect(curve.scores.allSatisfy { $0.validationCount == 6 && $0.fold == nil })
      #expect(curve.points[1].accuracy == Spread(curve.scores.suffix(2).map(\.accuracy)))
      #expect(try run.output.fileNames == ["curve.csv", "curve.json"], "no models are kept")
      let csv = try String(contentsOf: run.output.appendingPathComponent("curve.csv"), encoding: .utf8)
      #expect(csv == curve.csv && csv.hasPrefix("photos,repeat,seed,val_acc,val_loss\n4,1,0,"))
      #expect(csv.split(separator: "\n").count == 5)

      // More sizes and repetitions may be asked for; known results stay.
      var more = run
      more.existing = .resume
      let larger = try await measure(more, [8, 16], repeats: 3)
      #expect(larger.points.map(\.photos) == [8, 16] && larger.points.map(\.accuracy.count) == [3, 3])
      #expect(larger.scores[3] == curve.scores[2])
      let all = try await measure(more, [4, 8, 16])
      #expect(all.points.map(\.photos) == [4, 8, 16])
      #expect(Array(all.scores.prefix(2)) == Array(curve.scores.prefix(2)))
    }
  }

  @Test func aCurveWritesNoModelsThatItWouldOnlyDelete() async throws {
    try await withRun { run in
      let seen = Mutex<Set<String>>([])
      _ = try await measure(run, [4, 8], repeats: 1) { event in
        guard case .run = event else { return }
        let names = (FileManager.default.subpaths(atPath: run.output.path) ?? []).map {
          ($0 as NSString).lastPathComponent
        }
        seen.withLock { $0.formUnion(names) }
      }
      let names = seen.withLock(\.self)
      #expect(names.contains("history.csv") && names.contains("checkpoint"), "\(names)")
      #expect(!names.contains { $0.hasPrefix("model.") || $0.hasPrefix("best.") }, "\(names)")
    }
  }

  /// If it was killed after a run was measured but before its folder was removed, a curve removes the folder
  /// when it is resumed.
  @Test func whatIsLeftOfAMeasuredTrainingGoes() async throws {
    try await withRun { run in
      var member = run
      member.output = run.output.appendingPathComponent("photos-4/repeat-1")
      member.part = .sample(count: 4, seed: 0)
      member.recipe.training.validationSteps = nil
      _ = try await member.run(on: EngineKind.reference.make()) { _ in }
      let left = run.output.appendingPathExtension("left")
      try FileManager.default.moveItem(at: run.output, to: left)
      _ = try await measure(run, [4], repeats: 1)
      try FileManager.default.moveItem(
        at: left.appendingPathComponent("photos-4"), to: run.output.appendingPathComponent("photos-4"))
      var resumed = run
      resumed.existing = .resume
      _ = try await measure(resumed, [4], repeats: 1)
      #expect(try run.output.fileNames == ["curve.csv", "curve.json"])
    }
  }

  @Test func aSeriesIsKnownFromItsFirstTrainingOn() async throws {
    try await withRun { run in
      let task = Task {
        try await validate(run) { event in
          if case .run(.began) = event { withUnsafeCurrentTask { $0?.cancel() } }
        }
      }
      await #expect(throws: CancellationError.self) { _ = try await task.value }
      #expect(SeriesSettings(ofSeries: run.output)?.folds == 3)
      #expect(await error { _ = try await validate(run) }?.code == .runExists)
      var resumed = run
      resumed.existing = .resume
      #expect(await error { _ = try await validate(resumed, folds: 4) }?.code == .runChanged)
      let result = try await validate(resumed)
      #expect(result.scores.count == 3)
    }
  }

  @Test func anOldSeriesStaysUntilAnotherBegins() async throws {
    try await withRun { run in
      _ = try await validate(run)
      let before = try FileManager.default.subpathsOfDirectory(atPath: run.output.path).sorted()
      var failing = run
      failing.existing = .overwrite
      failing.isStrict = true
      failing.seed = 9
      try Data().write(to: run.data.appendingPathComponent("train/red/broken.png"))
      await #expect(throws: WhiskerError.self) { _ = try await validate(failing, folds: 2) }
      #expect(try FileManager.default.subpathsOfDirectory(atPath: run.output.path).sorted() == before)
      try FileManager.default.removeItem(at: run.data.appendingPathComponent("train/red/broken.png"))
      _ = try await validate(failing, folds: 2)
      #expect(try run.output.fileNames == ["cross_validation.json", "fold-1", "fold-2"])
    }
  }

  @Test func sizesThatCantBeAreNamed() async throws {
    try await withRun { run in
      for (sizes, message) in [
        ([4, 22], "expected at most 21, the training photos there are, got 22"),
        ([1, 4], "expected at least 2, a photo of each class, got 1"),
        ([], "expected at least one, got none"),
      ] {
        let error = await error { _ = try await measure(run, sizes) }
        #expect(error?.message == message && error?.place == "sizes")
      }
      #expect(!FileManager.default.fileExists(atPath: run.output.path))
      try FileManager.default.removeItem(at: run.data.appendingPathComponent("validation"))
      await #expect(throws: WhiskerError.self) { _ = try await measure(run, [4]) }
    }
  }
}
