import ArgumentParser
import Foundation
import Whisker

struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train a network on photos.",
    discussion: """
      DATA holds one folder per class; or train/ and, if there are any, validation/ and test/, each with one folder \
      per class (whisker split makes them). Or DATA is a CSV file (or .tsv, with tabs) with a header and the columns file \
      (relative to the CSV file; also filename, path, image, …) and class (also label, category, …), and if need be split \
      (train, validation or test) and weight (how much a photo counts in the loss). The parts may go by other common names, in any case: training; val, valid, dev, eval; testing; \
      and each with _set at the end. One folder may be wrapped around them, or within each, or around class folders. \
      Files that are no photos are counted and skipped; what counts is their first bytes, not their names.

      Without validation photos in DATA, the first 20 % of each class's training photos are held back for \
      validation and not trained on; --validation-split changes the share. Photos that belong together (near-duplicates, \
      series by EXIF time or running number, a CSV file's column group, --group-by) stay on one side, also with --folds; \
      with --validation-split they stay where they are and are reported. Nothing is trained or validated on the photos of test/.

      RUN receives model.safetensors (the last epoch) and best.safetensors (the best on validation), both \
      also as .keras and .h5, history.csv, curves.png and curves.svg, recipe.yaml, events.jsonl, \
      events.out.tfevents.… for TensorBoard, and checkpoint/. At the end it says what the curves show and what to do next. Ctrl-C ends training and \
      keeps what was learned (as do SIGTERM, SIGHUP and SIGQUIT; a second request, more than a second later, ends at once); \
      whatever ended it, the same command with --resume goes on from the last checkpoint. Files in RUN that no run wrote are \
      never touched; where one has a name that the run needs, the exit code is 73.
      """)

  @Argument(
    help: "The folder with class folders, or with train/ and validation/; or a CSV file.", completion: .file()
  )
  var data: String

  @Option(
    help:
      "A built-in recipe's name (whisker recipe lists them), or the path of a recipe file; baseline by default.",
    completion: .recipe)
  var recipe: String?

  @Option(
    help: "The folder to write; by default runs/RECIPE, with a number if that is taken.",
    completion: .directory)
  var output: String?

  @OptionGroup(title: "Starting from a model") var start: StartOptions

  @OptionGroup var validation: ValidationOptions

  @OptionGroup(title: "Photos that belong together") var grouping: GroupOptions

  @OptionGroup(title: "Training several times") var folds: FoldOptions

  @Flag(help: "Replace a run that is there already, and nothing else, once the new one begins.")
  var overwrite = false

  @Flag(
    help: """
      Go on with the run in RUN, from its last checkpoint and with its recipe and seed, as if it had not been \
      ended; without a run, begin. More epochs than it began with are fine. A finished run gets the files that it lacks.
      """)
  var resume = false

  @Option(
    parsing: .unconditional,
    help: """
      Write a checkpoint every so many steps, beside those at the end of each epoch and every two and a half \
      minutes within one.
      """)
  var checkpointSteps: Int?

  @Flag(
    inversion: .prefixedNo,
    help: "Write a log for TensorBoard (tensorboard --logdir RUN): curves, histograms of weights, photos.")
  var tensorboard = true

  @OptionGroup var inputs: TrainingInputs

  @Flag(help: "Print the history, and the advice if there is any, as JSON on standard output.")
  var json = false

  @OptionGroup(title: "Changes to the recipe (its own numbers by default)") var changes: RecipeChanges
  @OptionGroup(title: "Loading") var loading: LoadingOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  @Option(parsing: .unconditional, help: "What weights, order and dropout are drawn from; 0 by default.")
  var seed: Int?

  func run() async throws {
    if resume && overwrite {
      throw WhiskerError(.invalidSetting, "", expected: "--resume or --overwrite", got: "both")
    }
    try requireRange(seed, 0...Int.max, "--seed")
    try requireRange(checkpointSteps, 1...1_000_000_000, "--checkpoint-steps")
    try validation.check()
    try grouping.check()
    let folds = try folds.checked(with: validation, changes)
    let (run, choice, groups) = try await trainingRun()
    if let folds { return try await crossValidate(run, folds: folds, groups) }
    let report = TrainingReport(run, holdsBackByDefault: choice.isDefault)
    let outcome: TrainingRun.Outcome
    do {
      outcome = try await run.run(on: try engine.makeEngine()) { report.show($0) }
    } catch {
      if report.hasBegun { _ = await CourseReport(ofRun: run.output) }
      if error is CancellationError { report.showInterruption(resumingWith: ResumingCommand.text) }
      throw error
    }
    let pictures = outcome.wasFinished ? await CourseReport.writeLackingCurves(ofRun: run.output) : []
    report.finish(outcome, alsoWrote: pictures)
    let course = outcome.wasFinished ? nil : await CourseReport(ofRun: run.output)
    if json {
      let history = outcome.history
      let curves = history.keys.filter { !history[$0].isEmpty }.map { ($0, history.curve($0)) }
      try Console.result(
        json: Result(
          history: Dictionary(uniqueKeysWithValues: curves), seconds: outcome.history.seconds,
          model: outcome.model.path, chosenOnValidation: outcome.choices.map(\.rawValue),
          skipped: report.skipped, groups: groups, advice: course?.advice))
    }
  }

  /// The run that the options ask for; a resumed run keeps its own recipe and seed where none are given.
  private func trainingRun() async throws -> (TrainingRun, ValidationOptions.Choice, GroupReport?) {
    let named = try Recipe(named: recipe ?? Self.standardRecipe)
    let folders = OutputFolders(
      (start.from == nil ? named.name : "from-model") + (folds.folds == nil ? "" : "-folds"))
    let name = output ?? (resume ? folders.newest : folders.free)
    let old = resume ? OldRun(in: URL(fileURLWithPath: name), isSeries: folds.folds != nil) : nil
    var recipe = recipe == nil ? old?.recipe ?? named : named
    try changes.apply(to: &recipe)
    var run = TrainingRun(
      data: URL(fileURLWithPath: data), recipe: recipe, output: URL(fileURLWithPath: name))
    let parts = try DataFolder.parts(of: run.data)
    let choice =
      folds.folds == nil
      ? try validation.choice(for: parts, resuming: old.map(\.validationSplit))
      : ValidationOptions.Choice(share: nil)
    run.validationSplit = choice.share
    run.seed = seed.map(UInt64.init) ?? old?.seed ?? 0
    run.existing = resume ? .resume : overwrite ? .overwrite : .refuse
    run.checkpointSteps = checkpointSteps
    try start.apply(
      to: &run, hasRecipe: self.recipe != nil, imageSize: changes.imageSize,
      learningRate: changes.learningRate)
    try inputs.apply(to: &run, loading, engine)
    if tensorboard { run.sinks.append { folder in try TensorBoardSink(folder: folder) } }
    Console.introduce(parts, try DataFolder.readings(of: run.data))
    let report = try await findGroups(for: &run, choice, resuming: old)
    return (run, choice, report)
  }

  /// Gives a run the groups of photos that it divides by, and says which there are.
  private func findGroups(
    for run: inout TrainingRun, _ choice: ValidationOptions.Choice, resuming old: OldRun?
  ) async throws -> GroupReport? {
    if let old {
      run.groups = try grouping.groups(ofResumed: old.groups, run.data)
      return run.groups.map { GroupReport(PhotoGrouping($0), isKept: true) }
    }
    let byOrder = choice.isDefault ? nil : choice.share.map(Division.byOrder)
    let division = folds.folds != nil || choice.isDefault ? Division.free : byOrder ?? .none
    try run.checkBeforehand(folds: folds.folds)
    let (groups, report) = try await grouping.groups(
      forTraining: run.data, division, threads: loading.loaderThreads)
    run.groups = groups
    report?.show()
    return report
  }

  private struct Result: Encodable {
    /// By the curves' names; nil where an epoch's value isn't defined.
    let history: [String: [Double?]]
    let seconds: Double
    let model: String
    /// What was chosen on the validation photos for the best model, so that its figures on them are too good.
    let chosenOnValidation: [String]
    /// What of the data wasn't used; nil for a run that was finished before.
    let skipped: SkippedFiles?
    /// The training photos that belong together; nil where it doesn't matter.
    let groups: GroupReport?
    let advice: Advice?
  }

  private static let standardRecipe = "baseline"

  /// The settings that the run or the folds in a folder were started with.
  private struct OldRun {
    let recipe: Recipe
    let seed: UInt64
    let validationSplit: Double?
    let groups: PhotoGroups?

    init?(in folder: URL, isSeries: Bool) {
      if isSeries {
        guard let old = SeriesSettings(ofSeries: folder) else { return nil }
        (recipe, seed, validationSplit) = (old.recipe, old.seed, nil)
        groups = old.groups
      } else {
        guard let old = RunSettings(ofRun: folder) else { return nil }
        (recipe, seed, validationSplit) = (old.recipe, old.seed, old.validationSplit)
        groups = RunSettings.groups(ofRun: folder)
      }
    }
  }
}

/// What a run reads besides its data, and how strictly.
struct TrainingInputs: ParsableArguments {
  @Option(
    help:
      "A file with the weights of the recipe's published network; else they are fetched once (whisker weights).",
    completion: .weights)
  var weights: String?

  @Flag(help: "Take a photo that can't be read for an error instead of skipping it.")
  var strict = false

  /// Applies these options, and the others that all runs have, to a run.
  func apply(to run: inout TrainingRun, _ loading: LoadingOptions, _ engine: EngineOptions) throws {
    run.isStrict = strict
    if let weights, run.recipe.base?.published == nil {
      throw WhiskerError(
        .invalidSetting, "--weights",
        expected: "none, as the recipe \(run.recipe.name) builds on no published network",
        got: "\(weights.onOneLine)")
    }
    run.baseWeights = weights.map { URL(fileURLWithPath: $0) }
    run.loading = try loading.loading()
    run.computing = engine.computing
    run.invocation = CommandLine.arguments
  }
}

/// Options that replace a recipe's numbers.
struct RecipeChanges: ParsableArguments {
  @Option(parsing: .unconditional, help: "Epochs, at least 1.")
  var epochs: Int?

  @Option(parsing: .unconditional, help: "Photos in a step, at least 1.")
  var batchSize: Int?

  @Option(
    parsing: .unconditional, help: "Rows and columns of the photos as the network sees them, 1 to 4096.")
  var imageSize: Int?

  @Option(parsing: .unconditional, help: "The learning rate, above 0.")
  var learningRate: Double?

  @Option(parsing: .unconditional, help: "Steps in an epoch, at least 1.")
  var stepsPerEpoch: Int?

  @Option(
    parsing: .unconditional,
    help:
      "Batches of validation photos after each epoch, at least 1, spread over all classes; all by default.")
  var validationSteps: Int?

  @Option(
    help: """
      The network that features and finetune build on: a published one's name (whisker weights list), or the path of a \
      model file, ours or Keras's.
      """, completion: .network)
  var base: String?

  @Option(
    help:
      "How the model file of --base wants photos, where nothing says so: bytes, unit, tf, torch or caffe.",
    completion: .list(Preprocessing.allCases.map(\.rawValue)))
  var preprocessing: String?

  @OptionGroup var classes: ClassOptions

  func apply(to recipe: inout Recipe) throws {
    try requireRange(epochs, 1...1_000_000, "--epochs")
    try requireRange(batchSize, batchSizes, "--batch-size")
    try requireRange(imageSize, 1...4096, "--image-size")
    try requireRange(stepsPerEpoch, 1...1_000_000_000, "--steps-per-epoch")
    try requireRange(validationSteps, 1...1_000_000_000, "--validation-steps")
    let steps: [(isGiven: Bool, String)] = [
      (epochs != nil, "--epochs"), (batchSize != nil, "--batch-size"),
      (stepsPerEpoch != nil, "--steps-per-epoch"),
      (learningRate != nil, "--learning-rate"), (validationSteps != nil, "--validation-steps"),
    ]
    if !recipe.trainsInSteps, let given = steps.first(where: \.isGiven) {
      throw WhiskerError(
        .invalidSetting, given.1, "the recipe \(recipe.name) fits its last layer at once, without steps")
    }
    if let learningRate, !(learningRate > 0 && learningRate.isFinite) {
      throw WhiskerError(
        .invalidSetting, "--learning-rate", expected: "a number above 0", got: "\(learningRate)")
    }
    recipe.training.epochs = epochs ?? recipe.training.epochs
    recipe.training.batchSize = batchSize ?? recipe.training.batchSize
    try applyBase(to: &recipe)
    if let imageSize { recipe.setImageSize(height: imageSize, width: imageSize) }
    recipe.optimizer.learningRate = learningRate.map(Float.init) ?? recipe.optimizer.learningRate
    recipe.training.stepsPerEpoch = stepsPerEpoch ?? recipe.training.stepsPerEpoch
    recipe.training.validationSteps = validationSteps ?? recipe.training.validationSteps
    try classes.apply(to: &recipe)
  }

  private func applyBase(to recipe: inout Recipe) throws {
    if let base {
      guard recipe.base != nil else {
        throw WhiskerError(
          .invalidSetting, "--base",
          expected: "a recipe that builds on a network, such as features or finetune",
          got: recipe.name)
      }
      recipe.setBase(try RecipeBase(named: base))
    }
    guard let preprocessing else { return }
    guard case .file(var file) = recipe.base else {
      throw WhiskerError(
        .invalidSetting, "--preprocessing", expected: "a model file to build on (--base)", got: "none")
    }
    guard let stated = Preprocessing(rawValue: preprocessing) else {
      throw WhiskerError(
        .invalidSetting, "--preprocessing",
        expected: "one of \(Preprocessing.allCases.map(\.rawValue).joined(separator: ", "))",
        got: preprocessing.quoted)
    }
    file.preprocessing = stated
    recipe.setBase(.file(file))
  }
}

/// How photos are loaded; none of it changes a result.
struct LoadingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "Threads that decode photos, and that prepare batches ahead; by default every core, and 2.")
  var loaderThreads: Int?

  @Option(
    parsing: .unconditional,
    help:
      "Memory for decoded photos, such as 2GB; a quarter of the machine's by default. The rest go to a file.")
  var cacheMemory: ByteCount?

  @Option(
    help: """
      The folder for that file, which has no name and is gone with the process; TMPDIR or /var/tmp by default. It takes \
      at most half of the free disk; photos beyond that are decoded again at each use, as all are with "none".
      """, completion: .directory)
  var cacheFolder: String?

  func loading() throws -> PhotoDataset.Loading {
    try requireRange(loaderThreads, 1...256, "--loader-threads")
    var loading = PhotoDataset.Loading()
    if let loaderThreads {
      loading.loaderThreads = loaderThreads
      loading.decodingThreads = loaderThreads
    }
    if let cacheMemory { loading.memory = CacheMemory(bytes: cacheMemory.bytes) }
    if cacheFolder == "none" {
      loading.temporaryFolder = nil
    } else if let cacheFolder {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: cacheFolder, isDirectory: &isFolder), isFolder.boolValue,
        FileManager.default.isWritableFile(atPath: cacheFolder)
      else {
        throw WhiskerError(
          .cannotWrite, "--cache-folder", expected: "a folder to write", got: cacheFolder.quoted)
      }
      loading.temporaryFolder = URL(fileURLWithPath: cacheFolder, isDirectory: true)
    }
    return loading
  }
}
