import Foundation
import WhiskerDatasets
import WhiskerFormats
import WhiskerGraph
import WhiskerSystem
import WhiskerTraining

/// The results of a series of runs.
protocol SeriesResult: Codable, Sendable {
  init(_ scores: [SeriesScore])
  /// Each run's score.
  var scores: [SeriesScore] { get }
  /// Tables of it by the names of their files.
  var tables: [String: String] { get }
}

extension SeriesResult {
  var tables: [String: String] { [:] }
}

/// Several runs of one recipe, one after another.
///
/// The results are written after each of them, so that the series can be resumed after any interruption.
struct TrainingSeries<Result: SeriesResult>: Sendable {
  /// What they share.
  let run: TrainingRun
  let members: [SeriesMember]
  let settings: SeriesSettings
  /// The name of the file of what was measured.
  let fileName: String
  /// Whether the models and the folders of the runs are kept.
  let keepsModels: Bool

  /// Does the remaining runs.
  func run(
    makingEngine: () throws -> any Engine, onEvent: @escaping @Sendable (SeriesEvent) -> Void
  ) async throws -> Result {
    try run.recipe.check(run.recipe.name)
    try DataFolder.check(output: run.output, for: run.data)
    let kind = keepsModels ? RunContents.Kind.crossValidation : .learningCurve
    let folder = try RunFolder(run.output, existing: run.existing, for: kind)
    let old = run.existing == .overwrite ? try? record(in: folder) : nil
    var known = run.existing == .resume ? try scores(in: folder, onEvent) : []
    // All of them before anything is touched: an obstacle to one is an obstacle to all.
    for member in members where member.score(in: known) == nil {
      try RunFolder.check(url(member.folderName), existing: run.existing, for: .run)
    }
    var isFirst = true
    for (index, member) in members.enumerated() {
      if let score = member.score(in: known) {
        try await complete(member, makingEngine, onEvent)
        onEvent(.ended(member, score, seconds: 0))
        continue
      }
      onEvent(.began(member, number: index + 1, of: members.count))
      let start = ContinuousClock.now
      var run = training(of: member)
      if isFirst {
        let before = known
        run.whenBegun = {
          try begin(with: member, in: folder, known: before, replacing: old?.result.scores ?? [])
        }
      }
      isFirst = false
      let score = try await score(of: member, run, makingEngine, onEvent)
      known.append(score)
      try write(Result(known), to: folder)
      if !keepsModels { try discard(member.folderName) }
      onEvent(.ended(member, score, seconds: start.duration(to: .now).seconds))
    }
    // There may be scores of others too, which stay in the file.
    return Result(members.compactMap { $0.score(in: known) })
  }

  /// Takes over the folder once the first run begins: if anything failed so far, an older series is still
  /// intact.
  private func begin(
    with first: SeriesMember, in folder: RunFolder, known: [SeriesScore], replacing old: [SeriesScore]
  ) throws {
    if run.existing == .overwrite {
      try folder.clear()
      let names = Set(old.map(\.folderName) + members.map(\.folderName)).subtracting([first.folderName])
      for name in names.sorted() { try discard(name) }
    }
    try write(Result(known), to: folder)
  }

  /// Removes what is left of a measured run, where folders aren't kept; where they are, writes its missing
  /// files.
  private func complete(
    _ member: SeriesMember, _ makingEngine: () throws -> any Engine,
    _ onEvent: @escaping @Sendable (SeriesEvent) -> Void
  ) async throws {
    guard keepsModels else { return try discard(member.folderName) }
    let url = url(member.folderName)
    guard let end = RunResult(in: url.appendingPathComponent(RunFolder.FileName.checkpoint)),
      !end.missing(in: url).isEmpty
    else { return }
    var run = training(of: member)
    run.existing = .resume
    _ = try await run.run(on: try makingEngine()) { onEvent(.run($0)) }
  }

  /// The run of one member.
  private func training(of member: SeriesMember) -> TrainingRun {
    var run = run
    run.part = member.part
    run.seed = member.seed
    run.recipe.training.validationSteps = nil
    // A run that ends early must be measured where it ends.
    if run.recipe.training.earlyStopping != nil
      || run.recipe.phases.contains(where: { $0.earlyStopping != nil })
    {
      run.recipe.training.validationFrequency = 1
    }
    run.output = url(member.folderName)
    // Where photos were held back for choices, the score is measured with the file.
    run.writesModels = keepsModels || run.choiceShare != nil
    return run
  }

  private func score(
    of member: SeriesMember, _ run: TrainingRun, _ makingEngine: () throws -> any Engine,
    _ onEvent: @escaping @Sendable (SeriesEvent) -> Void
  ) async throws -> SeriesScore {
    let data = try DataFolder(
      forTraining: run.data, validationSplit: run.validationSplit, part: member.part,
      groups: run.groups, choosing: run.choiceShare)
    let engine = try makingEngine()
    let outcome = try await run.run(on: engine) { onEvent(.run($0)) }
    if let measured = data.measured {
      return SeriesScore(member, data, try await score(of: outcome.model, on: measured, engine))
    }
    guard let score = outcome.history.epochs.last?.validation else {
      throw WhiskerError(.badHistory, run.output.path, expected: "scores on validation photos", got: "none")
    }
    return SeriesScore(member, data, score)
  }

  /// The score of a model on photos that nothing was chosen on.
  private func score(
    of file: URL, on photos: PhotoFolder, _ engine: any Engine
  ) async throws -> History.Score {
    let saved = try SavedModel(contentsOf: file)
    try saved.compile(engine: engine)
    let evaluation = try await saved.measure(
      photos, batchSize: run.recipe.training.batchSize, isStrict: run.isStrict,
      threads: run.loading.decodingThreads
    ).evaluation
    return History.Score(
      loss: evaluation.loss, accuracy: evaluation.accuracy, metrics: evaluation.metrics)
  }

  // MARK: Files

  private func url(_ name: String) -> URL { run.output.appendingPathComponent(name) }

  private struct Record: Codable {
    let settings: SeriesSettings
    let result: Result
  }

  /// The results so far; nil if there is no file of them.
  private func record(in folder: RunFolder) throws -> Record? {
    let file = folder.file(fileName)
    guard let bytes = FileManager.default.contents(atPath: file.path) else { return nil }
    do {
      return try PlainJSON.decode(Record.self, from: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw WhiskerError(
        .badSeries, file.path, expected: "what runs measured", got: "something else", cause: error)
    }
  }

  /// The results so far of a resumed series, once it was found to be the same.
  private func scores(
    in folder: RunFolder, _ onEvent: (SeriesEvent) -> Void
  ) throws -> [SeriesScore] {
    guard let record = try record(in: folder) else { return [] }
    try record.settings.check(allows: settings, in: folder.url)
    let differences = try FieldDifference.between(record.settings.computing, settings.computing)
    if !differences.isEmpty {
      onEvent(
        .warning(
          "computed in another way than before, which changes the last bits of a result: "
            + differences.map(\.description).joined(separator: "; ")))
    }
    return record.result.scores
  }

  private func write(_ result: Result, to folder: RunFolder) throws {
    let record = Record(settings: settings, result: result)
    try folder.write(try PlainJSON.encode(record) + "\n", to: fileName)
    for (name, text) in result.tables { try folder.write(text, to: name) }
  }

  /// Removes the files of a run, and its folder if nothing else is in it.
  private func discard(_ name: String) throws {
    guard RunContents(of: url(name)).kind == .run else { return }
    // Locked while it is cleared, and released before its folder is removed.
    try { try RunFolder(url(name), existing: .overwrite).clear() }()
    for folder in [url(name), url(name).deletingLastPathComponent()] where folder != run.output {
      rmdir(folder.path)
    }
  }
}

extension TrainingRun {
  /// What the user should know about photos that are held back in each run of a series; nil if none are.
  var warningOfHeldBack: String? {
    choiceShare.map { share in
      let choices = recipe.choicesInTraining.map(\.rawValue).joined(separator: " and ")
      return
        "the recipe chooses by validation photos (\(choices)): \(Int((share * 100).rounded())) % of each class's "
        + "training photos are held back for that, so that nothing is chosen by the photos that are measured on"
    }
  }

  /// The recipe of the series that a resumed one continues; nil if it begins.
  var recipeToResume: Recipe? {
    existing == .resume ? SeriesSettings(ofSeries: output)?.recipe : nil
  }
}
