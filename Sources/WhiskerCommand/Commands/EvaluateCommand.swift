public import ArgumentParser
import Foundation
import Whisker

struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model, or the average of several, on labelled photos.",
    usage: "whisker evaluate <model> ... <data> [<options>]",
    discussion: """
      Prints the loss, the accuracy (where the classes are of uneven sizes the balanced one too, the mean of their \
      recalls), and for each class how many photos were classified correctly, precision, recall and F1 (the \
      average counts each class the same), and the area under the ROC curve, each class against the rest; and what else the \
      model's recipe measures (training: {metrics: …}), in --json under "metrics". Photos that \
      can't be read are named and skipped.

      A model of Whisker's knows the photos that it was made with, wherever they lie now and whatever they are called. \
      Of a folder that --validation-split held some back of, those are measured, and those that the model was trained \
      on are left out; with --all, and in other folders, they are measured too. Either is said below the table, and so \
      is what was chosen by photos that are measured on (the epoch, a penalty), which the figures then flatter. --json \
      says it under "photos": {known, trainedOn, leftOut, validation, chosen}.

      A folder with some of the model's classes is enough; those without photos are named, and have a count of 0 in --json, \
      which also counts what was skipped: "skipped": {reason: {ending: count}}.

      Photos are decoded one batch after another and kept no longer: memory doesn't grow with their number.

      With more than one MODEL the mean of their probabilities is measured, and each by itself; --json has these under \
      "models": [{model, accuracy, balancedAccuracy, loss}]. Their classes must be the same, their networks and the size of \
      photos needn't be. The losses are then the cross-entropy of the probabilities, without penalties and label smoothing.
      """)

  @Argument(help: ModelArguments.help, completion: .model)
  var model: String

  @Argument(
    help: """
      More models whose average is measured, then the photos: a folder with one folder per class, or a split's, whose test/ (or testing, test_set, …) is taken; or a CSV file with the columns file and \
      class, of which the split test is taken if there is a column split.
      """, completion: .file())
  var data: [String] = []

  @Option(parsing: .unconditional, help: "Photos that are computed at once, at least 1.")
  var batchSize = 32

  @Option(help: "Draw the confusion matrix: a file ending in .png, .jpg or .jpeg.", completion: .picture)
  var confusion: String?

  @Option(
    help: """
      Copy the misclassified photos into this folder, new or empty, the surest mistake first, with names such as \
      "0001 cats as dogs 0.9973 cat.12.jpg".
      """, completion: .directory)
  var mistakes: String?

  @Option(
    help: """
      Test-time augmentation, with the mean of the probabilities (and of the losses): flip shows each photo as it is and \
      mirrored; crops shows ten parts, of 7/8 of its sides: the corners, the centre, and those mirrored.
      """)
  var tta: TestTimeAugmentation?

  @Flag(help: "Measure the photos that the model was trained on, too, where others were held back.")
  var all = false

  @Flag(help: "Take a photo that can't be read for an error instead of skipping it.")
  var strict = false

  @Flag(help: "Print the result as JSON.")
  var json = false

  @OptionGroup(title: "Loading") var loading: LoadingOptions
  @OptionGroup(title: "Models of other programs") var foreign: ForeignModelOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  func run() async throws {
    try requireRange(batchSize, batchSizes, "--batch-size")
    let picture = try confusion.map { try PictureFile($0, option: "--confusion") }
    let folder = try mistakes.map { try MistakeFolder(URL(fileURLWithPath: $0, isDirectory: true)) }
    let threads = try loading.loading().decodingThreads
    let (list, data) = try arguments()
    let ensemble = try foreign.ensemble(list)
    try ensemble.compile { try engine.makeEngine() }
    let classNames = ensemble.classNames

    let place = URL(fileURLWithPath: data)
    let found = try DataFolder.forEvaluation(place, expecting: classNames)
    Console.introduce(
      try DataFolder.parts(of: place, expecting: classNames).filter { $0.split == .test },
      try DataFolder.readings(of: place, expecting: classNames))
    introduceClasses(of: found)
    let selection = PhotoSelection(found, for: ensemble.members.map(\.saved), keepsAll: all)
    let bar = ProgressBar("Evaluating")
    let measured = try await ensemble.measure(
      selection.folder, batchSize: batchSize, isStrict: strict, threads: threads, augmentation: tta
    ) { bar.update($0, of: $1) }
    Console.introduce(measured, as: data)
    if !selection.isKnown {
      Console.note(
        ensemble.members.count == 1
          ? "The model doesn't say which photos it was trained on: whether these are among them isn't known."
          : "Not all of the models say which photos they were trained on: whether these are among them isn't known."
      )
    }
    let evaluation = measured.evaluation
    let samples = try ClassifiedSamples(labels: evaluation.labels, outputs: evaluation.predictions)
    let metrics = Metrics(samples)
    let members = EnsembleReport(ensemble, measured)
    let report = SelectionReport(selection, modelCount: ensemble.members.count)
    try json
      ? Console.result(json: Result(evaluation, metrics, members, report, measured.skipped))
      : Console.result(
        ([members?.text, text(of: evaluation, metrics)].compactMap(\.self) + report.lines)
          .joined(separator: "\n\n"))
    if let picture {
      try ConfusionPicture(metrics.matrix, classNames: classNames).photo().write(to: picture.url)
      Console.note("Wrote the confusion matrix in \(confusion ?? "")".onOneLine)
    }
    if let folder { try copyMistakes(samples, of: measured, to: folder) }
  }

  /// The models, and the photos that they are measured on.
  private func arguments() throws -> (ModelList, data: String) {
    let arguments = try ModelArguments([model] + data, then: "DATA")
    guard let data = arguments.rest.first, arguments.rest.count == 1 else {
      throw WhiskerError(
        .invalidSetting, "DATA", expected: "one folder or CSV file after the \(arguments.modelCount)",
        got: arguments.rest.isEmpty ? "none" : arguments.rest.map(\.onOneLine).joined(separator: ", "))
    }
    return (try arguments.list(), data)
  }

  private func copyMistakes(
    _ samples: ClassifiedSamples, of measured: MeasuredPhotos, to folder: MistakeFolder
  ) throws {
    let wrong = (0..<samples.count).filter { !samples.isRight(sample: $0) }
    let bar = ProgressBar("Copying mistakes")
    try folder.copy(
      wrong.map { sample in
        let predicted = samples.predicted(sample: sample)
        return MistakeFolder.Mistake(
          file: measured.url(of: sample), truth: measured.classNames[samples.labels[sample]],
          predicted: measured.classNames[predicted],
          probability: samples.probability(of: predicted, sample: sample))
      }
    ) { bar.update($0, of: $1) }
    Console.note("Copied \(wrong.count) misclassified photos to \(mistakes ?? "")".onOneLine)
  }

  /// Says which classes go by other names here, and which have no photos, before anything is measured.
  private func introduceClasses(of folder: PhotoFolder) {
    if !folder.respelled.isEmpty {
      Console.note("warning: \(DataWarning.respelledClasses(split: nil, folder.respelled))")
    }
    let empty = folder.emptyClasses
    guard !empty.isEmpty else { return }
    let others = folder.classNames.filter { !empty.contains($0) }
    Console.note("warning: no photos of \(empty.listed()): the figures are of \(others.listed()) alone.")
  }

  /// What is computed from the probabilities.
  private struct Metrics {
    let matrix: ConfusionMatrix
    let report: ClassificationReport
    let areas: [Double?]
    let calibrationError: Double

    init(_ samples: ClassifiedSamples) {
      matrix = ConfusionMatrix(samples)
      report = ClassificationReport(matrix)
      areas = ROCCurve.areas(samples)
      calibrationError = Calibration(samples).expectedError
    }

    /// The area for two classes, or the mean of each class's against the rest.
    var area: Double? { ROCCurve.meanArea(areas) }

    /// The figures of a class; nil for one without photos.
    func scores(of index: Int) -> ClassificationReport.Scores? {
      report.supports[index] > 0 ? report.classes[index] : nil
    }

    /// The mean over the classes that have photos, each counting the same.
    var average: ClassificationReport.Scores { report.averageOfPresentClasses }
  }

  private func text(of evaluation: Evaluation, _ metrics: Metrics) -> String {
    var table = TextTable(
      titles: ["class", "photos", "right", "share", "precision", "recall", "F1", "ROC area"])
    func figures(_ scores: ClassificationReport.Scores?, _ area: Double?) -> [String] {
      [scores?.precision, scores?.recall, scores?.f1].map { $0.map { Figures.share($0) } ?? "–" }
        + [area.map { Figures.share($0, decimals: 4) } ?? "–"]
    }
    for (index, score) in evaluation.classes.enumerated() {
      table.append(
        [
          score.name.onOneLine, "\(score.count)", "\(score.correct)",
          percent(score.correct, of: score.count),
        ] + figures(metrics.scores(of: index), metrics.areas[index]))
    }
    let right = evaluation.classes.reduce(0) { $0 + $1.correct }
    table.append(
      ["all", "\(evaluation.count)", "\(right)", percent(right, of: evaluation.count)]
        + figures(metrics.average, metrics.area))
    let balanced =
      evaluation.classBalance.isUneven && !evaluation.metrics.metrics.contains(.balancedAccuracy)
      ? String(format: "  balanced_accuracy %.4f", evaluation.balancedAccuracy) : ""
    return String(format: "loss %.4f  accuracy %.4f", evaluation.loss, evaluation.accuracy) + balanced
      + TrainingReport.text(of: evaluation.metrics) + "\n\n" + table.text
  }

  private func percent(_ part: Int, of whole: Int) -> String {
    whole == 0 ? "–" : TrainingReport.percent(Double(part) / Double(whole))
  }

  private struct Result: Encodable {
    struct ClassResult: Encodable {
      let count: Int
      let correct: Int
    }

    /// Nothing for a class without photos.
    struct ClassMetrics: Encodable {
      let precision: Double?
      let recall: Double?
      let f1: Double?
      let auc: Double?
    }

    let loss: Double
    let accuracy: Double
    /// The mean of the classes' recalls.
    let balancedAccuracy: Double
    let count: Int
    let classes: [String: ClassResult]
    let precision: Double
    let recall: Double
    let f1: Double
    let auc: Double?
    let ece: Double
    let classMetrics: [String: ClassMetrics]
    /// The metrics of the model's recipe by name; nil where a value isn't defined.
    let metrics: [String: Double?]
    /// Each of several models by itself; nothing for one.
    let models: [EnsembleReport.Model]?
    let photos: SelectionReport.Result
    let skipped: SkippedFiles

    init(
      _ evaluation: Evaluation, _ metrics: Metrics, _ members: EnsembleReport?, _ selection: SelectionReport,
      _ skipped: SkippedFiles
    ) {
      self.skipped = skipped
      models = members?.models
      photos = selection.result
      self.metrics = Dictionary(
        ([(.accuracy, evaluation.accuracy)] + evaluation.metrics.metrics.map { ($0, evaluation.metrics[$0]) })
          .map { (metric: Metric, value: Double?) in (metric.name, value) }
      ) { first, _ in first }
      loss = evaluation.loss
      accuracy = evaluation.accuracy
      balancedAccuracy = evaluation.balancedAccuracy
      count = evaluation.count
      classes = Dictionary(
        evaluation.classes.map { ($0.name, ClassResult(count: $0.count, correct: $0.correct)) }
      ) { first, _ in first }
      classMetrics = Dictionary(
        evaluation.classes.enumerated().map { index, score in
          let scores = metrics.scores(of: index)
          return (
            score.name,
            ClassMetrics(
              precision: scores?.precision, recall: scores?.recall, f1: scores?.f1, auc: metrics.areas[index])
          )
        }
      ) { first, _ in first }
      let average = metrics.average
      (precision, recall, f1) = (average.precision, average.recall, average.f1)
      auc = metrics.area
      ece = metrics.calibrationError
    }
  }
}

extension TestTimeAugmentation: ExpressibleByArgument {}
