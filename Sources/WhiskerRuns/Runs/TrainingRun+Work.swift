import Foundation
import WhiskerDatasets
import WhiskerFormats
public import WhiskerGraph
import WhiskerInspection
import WhiskerLayers
import WhiskerSystem
import WhiskerTraining

extension TrainingRun {
  /// Runs the training.
  ///
  /// The model is written after every epoch, at the end, and when the task is cancelled; so are checkpoints, and more
  /// often (``checkpointInterval``).
  ///
  /// - Parameters:
  ///   - engine: The engine that computes.
  ///   - onEvent: Called with every event; decoding is reported from other threads.
  /// - Throws: ``WhiskerSystem/WhiskerError``,
  ///   `CancellationError`, and what a sink throws.
  public func run(
    on engine: any Engine, onEvent: @escaping @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let reading = ContinuousClock.now
    let (run, folders, started) = try await settled(onEvent)
    return try await run.run(on: engine, folders, since: reading, started, onEvent)
  }

  /// The same run with all that its data and the model files of its recipe decide, the folders, and the model that it starts
  /// from.
  private func settled(
    _ onEvent: @escaping @Sendable (Event) -> Void
  ) async throws -> (TrainingRun, DataFolder, StartedTraining?) {
    try recipe.check(recipe.name)
    let folders = try DataFolder(
      forTraining: data, validationSplit: validationSplit, part: part, groups: groups, choosing: choiceShare)
    for warning in DataWarning.classes(of: folders) { onEvent(.warning("\(warning)")) }
    try DataFolder.check(output: output, for: data)
    var run = self
    run.recipe = recipe.measuringBalance(
      in: folders, resuming: existing == .resume ? RunSettings(ofRun: output)?.recipe : nil)
    var started: StartedTraining?
    if let start = recipe.from {
      let training = try await StartedTraining(
        start, self.start, run.recipe, classNames: folders.train.classNames, seed: seed)
      for note in training.notes { onEvent(.noted(note)) }
      run.recipe = training.recipe
      started = training
    }
    run.recipe = try run.recipe.readingBase()
    if let note = run.recipe.baseNote { onEvent(.noted(note)) }
    return (run, folders, started)
  }

  /// What trains the run's model in steps, before anything is read; nothing is written.
  func steps(
    on engine: any Engine, _ onEvent: @escaping @Sendable (Event) -> Void
  ) async throws -> StepStrategy {
    let (run, folders, started) = try await settled(onEvent)
    let classes = folders.train.classNames.count
    let model = try started?.model ?? run.recipe.model(classes: classes, seed: seed)
    try run.recipe.check(model.network())
    try run.recipe.checkClassWeight(classNames: folders.train.classNames)
    try await run.loadBase(into: model, onEvent)
    let head = run.recipe.head.map {
      FeatureHeadFit(run, $0, model: model, folders: folders, onEvent: onEvent)
    }
    return StepStrategy(run, model, from: nil, folders, on: engine, head: head, onEvent: onEvent)
  }

  /// Runs the training on folders that were found.
  private func run(
    on engine: any Engine, _ folders: DataFolder, since reading: ContinuousClock.Instant,
    _ started: StartedTraining?,
    _ onEvent: @escaping @Sendable (Event) -> Void
  ) async throws -> Outcome {
    let classNames = folders.train.classNames
    let model = try started?.model ?? recipe.model(classes: classNames.count, seed: seed)
    try recipe.check(model.network())
    try recipe.checkMetrics(classes: classNames.count)
    try recipe.checkClassWeight(classNames: classNames)
    let folder = try RunFolder(output, existing: existing)
    let photos = PhotoFingerprint(folders)
    var description = RunSettings(self, photos: photos)
    let start = existing == .resume ? try ResumePoint(in: folder, of: description, photos: photos) : nil
    let lacking = start?.end?.missing(in: folder.url)
    if let start, let outcome = try await finished(start, folder, onEvent) { return outcome }
    try await loadBase(into: model, onEvent)
    let strategy = strategy(for: model, from: started?.state, folders, on: engine, onEvent)
    let summary = try await strategy.read()
    let readingSeconds = reading.duration(to: .now).seconds
    if strategy.keepsCheckpoints {
      description.readableCounts["train"] = summary.train.count
      description.readableCounts["validation"] = summary.validation?.count
      try start?.check(readable: description.readableCounts, in: folder)
    }
    try await strategy.prepare(isNew: start?.checkpoint == nil)
    try Task.checkCancellation()

    // Only now: if anything failed so far, an older run is still intact.
    if existing == .overwrite { try folder.clear() }
    let store = try CheckpointStore(folder.checkpoints, keeping: checkpointCount)
    let sinks = lacking == nil ? try begin(RunManifest(description, photos, groups), in: folder) : []
    if lacking?.contains(RunFolder.FileName.recipe) ?? true {
      try folder.write(recipe.yaml(), to: RunFolder.FileName.recipe)
    }
    var saved = try strategy.saved
    saved.knownPhotos = ModelPhotos(photos, choices: recipe.choices(isPart: part != nil))
    saved.metrics = recipe.training.metrics
    let work = RunWriter(
      self, folder: folder, store: store, saved: saved, note: try PlainJSON.encode(description), sinks: sinks,
      history: start?.checkpoint?.progress.history ?? History(), lacking: lacking, onEvent: onEvent)
    try await work.begin(
      Beginning(
        recipe: recipe, seed: seed, stepsPerEpoch: strategy.stepsPerEpoch,
        resumed: (start?.checkpoint?.progress).map(Place.init), invocation: invocation, data: data,
        readingSeconds: readingSeconds),
      warnings: start?.warnings ?? [], summary, writingFiles: strategy.keepsCheckpoints)
    return try await work.carryOut(strategy, from: start?.checkpoint)
  }

  /// How the recipe learns.
  private func strategy(
    for model: Model, from state: TrainingState?, _ folders: DataFolder, on engine: any Engine,
    _ onEvent: @escaping @Sendable (Event) -> Void
  ) -> any RunStrategy {
    guard let head = recipe.head else {
      return StepStrategy(self, model, from: state, folders, on: engine, head: nil, onEvent: onEvent)
    }
    let fit = FeatureHeadFit(self, head, model: model, folders: folders, onEvent: onEvent)
    return recipe.learnsFromFeatures
      ? FeatureStrategy(self, model, folders, on: engine, head: head, fit: fit)
      : StepStrategy(self, model, from: nil, folders, on: engine, head: fit, onEvent: onEvent)
  }

  /// Gives a model the weights of its base: its file's, or the published ones, fetched if necessary.
  private func loadBase(into model: Model, _ onEvent: (Event) -> Void) async throws {
    if let weights = recipe.baseModel?.weights {
      return try model.setWeights(await model.weights().merging(weights) { _, new in new })
    }
    guard let base = recipe.base?.published else { return }
    if baseWeights == nil, let published = base.publishedWeights, !store.holds(published) {
      onEvent(.fetching(published))
    }
    let file = try await base.weightsFile(baseWeights, in: store, fetches: true)
    try await base.loadWeights(contentsOf: file, into: model)
  }

  /// Records the settings that the run is started with, which marks the folder as a run's, and makes its sinks.
  func begin(_ beginning: RunManifest, in folder: RunFolder) throws -> [any RunSink] {
    var beginning = beginning
    beginning.files = RunManifest(in: folder.checkpoints)?.filesOfSinks(in: folder.url) ?? []
    try beginning.write(in: folder.checkpoints)
    try whenBegun()
    var sinks: [any RunSink] = []
    for make in self.sinks {
      let sink = try make(folder.url)
      sinks.append(sink)
      guard !sink.files.isEmpty else { continue }
      beginning.files = (beginning.files ?? []) + sink.files.map(\.lastPathComponent)
      try beginning.write(in: folder.checkpoints)
    }
    return sinks
  }

  /// The result of a run that has no epoch left to do, with missing files written again if other files hold
  /// their contents; nil if there is more to do.
  private func finished(
    _ start: ResumePoint, _ folder: RunFolder, _ onEvent: (Event) -> Void
  ) async throws -> Outcome? {
    guard let end = start.end else { return nil }
    let lacking = end.missing(in: folder.url)
    for name in end.changed(in: folder) {
      onEvent(
        .warning(
          "\(name) in \(output.relativePath) isn't what the run wrote, and is left as it is; without it, resuming writes it again"
        ))
    }
    // With a checkpoint there is the optimizer's state too, which goes into Keras's files.
    if start.checkpoint == nil, try await !folder.writeLacking(lacking, of: end, recipe) {
      if recipe.learnsFromFeatures { return nil }
      throw WhiskerError(
        .badCheckpoint, folder.checkpoints.path,
        expected: "a checkpoint to write \(lacking.joined(separator: ", ")) from", got: "none")
    }
    guard start.checkpoint == nil || lacking.isEmpty else { return nil }
    return outcome(end.history, in: folder, lacked: lacking)
  }

  func dataset(
    _ photos: PhotoFolder, _ split: String, augmentation: Augmentation? = nil,
    _ onEvent: @escaping @Sendable (Event) -> Void
  ) async throws -> PhotoDataset {
    try await PhotoDataset(
      photos, preparation: recipe.image, batchSize: recipe.training.batchSize,
      classMode: recipe.classMode(classes: photos.classNames.count), seed: seed,
      augmentation: augmentation, strict: isStrict, loading: loading
    ) { done, total in onEvent(.decoded(split: split, done: done, total: total)) }
  }
}

extension TrainingRun {
  /// The result of a finished run.
  ///
  /// - Parameter lacked: The files that a finished run was missing; nil if the run wasn't finished.
  func outcome(_ history: History, in folder: RunFolder, lacked: [String]? = nil) -> Outcome {
    let hasBest = history.bestEpoch != nil
    let choices = (history.epochs.count > 1 ? [.epoch] : []) + recipe.choices(isPart: part != nil)
    return Outcome(
      history: history, model: folder.file(RunFolder.FileName.model),
      best: hasBest ? folder.file(RunFolder.FileName.best) : nil, choices: hasBest ? choices : [],
      wasFinished: lacked != nil, rewritten: lacked ?? [])
  }
}
