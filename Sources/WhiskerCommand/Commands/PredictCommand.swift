import ArgumentParser
import Foundation
import Whisker

struct PredictCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Tell what is on photos, by a model or the average of several.",
    usage: "whisker predict <model> ... <path> ... [<options>]",
    discussion: """
      Prints a line for each photo: its path, the likeliest class and its probability, separated by tabs. A folder \
      stands for every photo below it, in natural order; a pattern in quotes ('photos/*.jpg') for what matches it. \
      Photos that can't be read are named on standard error, and other files in folders are counted there (with --json as \
      a line {"skipped": {reason: {ending: count}}}); then the exit code is 65 if a photo couldn't be read, once all others \
      are done. With \
      --network a published network tells what of ImageNet's thousand classes is on photos, and there is no MODEL.

      With more than one MODEL the probabilities are the means of theirs. Their classes must be the same, their networks and \
      the size of photos needn't be.
      """)

  @Argument(help: ModelArguments.help, completion: .model)
  var model: String?

  @Argument(
    help: "More models whose average predicts, then photos, folders of photos, or patterns in quotes.",
    completion: .file())
  var paths: [String] = []

  @Option(
    help: "A published network instead of MODEL: efficientnet-lite0 and others (whisker weights list).",
    completion: .network)
  var network: String?

  @Option(help: "A file with the network's weights; else they are fetched once.", completion: .weights)
  var weights: String?

  @Option(
    parsing: .unconditional,
    help: """
      Show so many of the likeliest classes of each photo, a line for each (in JSON a list \"top\"); 1, or 5 with \
      --network.
      """)
  var top: Int?

  @Option(
    help: """
      Test-time augmentation, with the mean of the probabilities: flip shows each photo as it is and mirrored; crops shows ten \
      parts, of 7/8 of its sides: the corners, the centre, and those mirrored.
      """)
  var tta: TestTimeAugmentation?

  @Flag(
    help:
      "Print a table in CSV with the probability of every class; with --top, a row for each of the likeliest classes."
  )
  var csv = false

  @Flag(help: "Print a list in JSON with the probability of every class.")
  var json = false

  @Option(parsing: .unconditional, help: "Photos that are computed at once, at least 1.")
  var batchSize = 32

  @Option(parsing: .unconditional, help: "Threads that decode photos ahead; every core by default.")
  var loaderThreads: Int?

  @OptionGroup(title: "Models of other programs") var foreign: ForeignModelOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  func validate() throws {
    if csv && json { throw ValidationError("--csv and --json: expected one of them, got both") }
    if network == nil && (model == nil || paths.isEmpty) {
      throw ValidationError("expected MODEL and PATH…, got \(model == nil ? "neither" : "no PATH")")
    }
    if network != nil && model == nil { throw ValidationError("expected PATH…, got none") }
    if network == nil && weights != nil {
      throw ValidationError("--weights: expected --network too, got none")
    }
  }

  func run() async throws {
    try requireRange(batchSize, batchSizes, "--batch-size")
    try requireRange(loaderThreads, 1...256, "--loader-threads")
    try requireRange(top, 1...1_000_000, "--top")
    let (ensemble, names) = try await modelsAndPhotos()
    let photos = try PhotoList(names)
    try ensemble.compile { try engine.makeEngine() }
    if ensemble.members.count > 1 {
      Console.note(
        "Averaging \(ensemble.members.count) models: "
          + ensemble.members.map(\.name.onOneLine).joined(separator: ", "))
    }

    var unreadable = photos.unreadable.count
    for photo in photos.unreadable { Console.note("whisker: \(photo.path.onOneLine): \(photo.reason)") }
    var failures: [UnreadablePhoto] = photos.unreadable
    let total = photos.paths.count
    var done = 0
    let bar = ProgressBar("Predicting")
    var writer = PredictionWriter(
      csv ? .csv : json ? .json : .lines, classNames: ensemble.classNames,
      // A table has every class unless fewer are asked for.
      top: top ?? (network == nil || csv ? nil : 5))
    try writer.begin()
    try await ensemble.predict(
      photos: photos.paths, batchSize: batchSize,
      threads: loaderThreads ?? Processors.available, augmentation: tta
    ) { result in
      done += 1
      switch result {
      case .success(let prediction): try writer.write(prediction)
      case .failure(let error):
        unreadable += 1
        failures.append(UnreadablePhoto(path: error.place, reason: error.message))
        Console.note("whisker: \("\(error)".onOneLine)")
      }
      // Where results go to the same terminal they show the progress, and a bar would only flicker.
      if isatty(STDOUT_FILENO) == 0 { bar.update(done, of: total) }
    }
    try writer.end()
    try say(photos.skipped.adding(failures))
    if unreadable > 0 {
      throw WhiskerError(
        .badContents, "", "\(unreadable) of \(total + photos.unreadable.count) photos can't be read")
    }
  }

  /// Counts what wasn't predicted, for JSON's readers as JSON: the list on standard output holds predictions alone.
  private func say(_ skipped: SkippedFiles) throws {
    guard json else { return Console.introduce(skipped) }
    guard !skipped.counts.isEmpty else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    Console.note(String(decoding: try encoder.encode(["skipped": skipped]), as: UTF8.self))
  }

  /// The models, and the names of the photos.
  private func modelsAndPhotos() async throws -> (ModelEnsemble, photos: [String]) {
    let all = [model].compactMap(\.self) + paths
    // With --network the first argument is a photo like the others.
    if let network { return (try ModelEnsemble([.init(network, await published(network))]), all) }
    let arguments = try ModelArguments(all, then: "PATH…")
    guard !arguments.rest.isEmpty else {
      throw WhiskerError(
        .invalidSetting, "PATH…", expected: "photos after the \(arguments.modelCount)", got: "none")
    }
    return (try foreign.ensemble(arguments.list()), arguments.rest)
  }

  private func published(_ network: String) async throws -> SavedModel {
    let published = try PretrainedNetwork(named: network)
    let store = WeightsStore()
    let file = try await published.fetchedWeights(weights, store)
    let model = published.model()
    try await published.loadWeights(contentsOf: file, into: model)
    return SavedModel(
      model: model, preparation: published.preparation, classNames: try await store.fetchedClassNames(),
      loss: .sparseCategoricalCrossentropy)
  }
}
