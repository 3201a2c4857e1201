import ArgumentParser
import Foundation
import Whisker

struct AverageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "average",
    abstract: "Make one model of the mean of several models' weights, if validation gains.",
    discussion: """
      A model soup: one model that costs what one costs, where evaluate and predict with several models cost what all of \
      them do. From the best model on, each is added if the accuracy of the mean on the validation photos doesn't fall; with \
      --uniform all are averaged at once. The result is written only if it is more accurate than the best model alone.

      Only models that began from the same weights are near enough for that: runs that were fine-tuned from one base, or \
      checkpoints of one run. Their networks, classes and the preparation of photos must be the same. The statistics of \
      batch normalisation are found again for the averaged weights, on the training photos as they are; those that are \
      the same in all models, as in a frozen base, stay.

      The photos are those of the first run, or of --data: its validation photos, or those of its training photos that the \
      models were validated on. Photos that any of the models was trained on don't count as validation photos, so that \
      folds, each of which was trained on the others' photos, can't be averaged. Test photos are never looked at.
      """)

  @Argument(
    help: """
      Runs, whose best.safetensors is taken, model files, or checkpoints such as RUN/checkpoint/step-00000120.safetensors: \
      at least two.
      """, completion: .file())
  var runs: [String]

  @Option(
    help: "The model file to write: a name ending in .safetensors, .keras or .h5.", completion: .model)
  var output: String

  @Option(
    help: "The folder or CSV file with the photos, where they aren't those of the first run.",
    completion: .file())
  var data: String?

  @Flag(help: "Average all models, whatever each brings.")
  var uniform = false

  @Flag(help: "Write the result even if it isn't better than the best model alone.")
  var keep = false

  @Flag(help: "Replace a file that is there already.")
  var overwrite = false

  @Flag(help: "Print what was measured and made as JSON.")
  var json = false

  @Option(parsing: .unconditional, help: "Photos that are computed at once, at least 1.")
  var batchSize = 32

  @OptionGroup(title: "Loading") var loading: LoadingOptions
  @OptionGroup(title: "Models of other programs") var foreign: ForeignModelOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  func run() async throws {
    try requireRange(batchSize, batchSizes, "--batch-size")
    let file = try target()
    let list = try ModelList(runs)
    try requireModels(list)
    let ensemble = try foreign.ensemble(list)
    var soup = try await ModelSoup(ensemble.members)
    soup.method = uniform ? .uniform : .greedy
    soup.batchSize = batchSize
    soup.loading = try loading.loading()
    let photos = try SoupPhotos(
      of: list, ensemble.members.map(\.saved), in: data.map { URL(fileURLWithPath: $0) })
    Console.note(
      "Choosing by \(photos.validation.photos.count) validation photos in \(photos.validation.root.relativePath.onOneLine)"
    )

    let bars = (decoding: ProgressBar("Decoding"), statistics: ProgressBar("Statistics"))
    let outcome = try await soup.run(
      on: try engine.makeEngine(), validation: photos.validation, train: photos.train
    ) { event in
      switch event {
      case .decoded(let done, let total): bars.decoding.update(done, of: total)
      case .statistics(let done, let total): bars.statistics.update(done, of: total)
      case .measured(let score, _, _): Console.note("\(percent(score))  \(score.name.onOneLine)")
      case .tried(let score, let isKept):
        let sign = uniform ? "averaged" : isKept ? "added" : "left out"
        Console.note("\(percent(score))  with \(score.name.onOneLine): \(sign)")
      }
    }
    Console.finishLine()
    let isWritten = outcome.gains || keep
    if isWritten { try await outcome.saved.write(to: file) }
    if json { return try Console.result(json: Result(outcome, isWritten ? output : nil)) }
    try Console.result(text(of: outcome, isWritten: isWritten))
  }

  /// The file to write, checked before anything is read.
  private func target() throws -> URL {
    let file = URL(fileURLWithPath: output)
    guard ["safetensors", "keras", "h5"].contains(file.pathExtension.lowercased()) else {
      throw WhiskerError(
        .invalidSetting, "--output", expected: "a name ending in .safetensors, .keras or .h5",
        got: output.quoted)
    }
    if !overwrite, FileManager.default.fileExists(atPath: file.path) {
      throw WhiskerError(.nameTaken, output, expected: "a new name", got: "one that is taken")
    }
    try OutputCheck.file(file)
    return file
  }

  private func requireModels(_ list: ModelList) throws {
    guard list.entries.count < 2 else { return }
    throw WhiskerError(
      .invalidSetting, "RUN…", expected: "at least 2 models to average",
      got: "only \(list.entries.first?.path ?? "none")")
  }

  private func percent(_ score: ModelSoup.Score) -> String { TrainingReport.percent(score.accuracy) }

  private func text(of outcome: ModelSoup.Outcome, isWritten: Bool) -> String {
    let best = outcome.scores[0]
    let photos = "\(outcome.validationCount) validation photos"
    let alone = "\(best.name.onOneLine): \(percent(best))"
    let isSingle = outcome.ingredients.count == 1
    let figures =
      isSingle
      ? "No mean is as good as the best model alone, \(alone) of \(photos)."
      : "The mean of \(outcome.ingredients.count) models, \(outcome.ingredients.map(\.onOneLine).joined(separator: ", ")): "
        + "\(TrainingReport.percent(outcome.accuracy)) of \(photos). The best alone, \(alone)."
    let end =
      isWritten
      ? "Wrote \(output.onOneLine)\(isSingle ? ", the best model as it is" : "")"
      : "\(isSingle ? "Nothing" : "That is no gain: nothing") was written (--keep writes it all the same)."
    return figures + "\n" + end
  }

  private struct Result: Encodable {
    struct Model: Encodable {
      let model: String
      let accuracy: Double
    }

    struct Trial: Encodable {
      let model: String
      let accuracy: Double
      let kept: Bool
    }

    /// Each by itself, the best first.
    let models: [Model]
    /// Each mean, by the model that was added last.
    let tried: [Trial]
    let averaged: [String]
    let accuracy: Double
    let count: Int
    let gains: Bool
    /// The file that was written; nothing if none was.
    let model: String?

    init(_ outcome: ModelSoup.Outcome, _ file: String?) {
      models = outcome.scores.map { Model(model: $0.name, accuracy: $0.accuracy) }
      tried = outcome.tried.map { Trial(model: $0.score.name, accuracy: $0.score.accuracy, kept: $0.isKept) }
      averaged = outcome.ingredients
      accuracy = outcome.accuracy
      count = outcome.validationCount
      gains = outcome.gains
      model = file
    }
  }
}
