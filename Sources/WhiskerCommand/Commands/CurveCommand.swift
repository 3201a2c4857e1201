import ArgumentParser
import Foundation
import Whisker

struct CurveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "curve",
    abstract: "Measure accuracy against the number of training photos.",
    discussion: """
      Trains on samples of DATA's training photos, some of each size, and measures each training on all validation \
      photos with the model that it ends with. A sample has the classes in DATA's proportions and holds every smaller \
      one of the same seed; where the recipe stops early or lowers its learning rate on a plateau, a fifth of it is \
      held back for that, so that nothing is chosen by the photos that are measured on.

      DIR receives curve.json, curve.csv, curve.png and curve.svg; models aren't kept. Ctrl-C keeps what was measured, \
      and the same command with --resume goes on, with more sizes or repetitions too.
      """)

  @Argument(help: "The folder with train/ and validation/, or a CSV file.", completion: .file())
  var data: String

  @Option(
    parsing: .unconditional,
    help: "Numbers of photos to train on, all classes together, with commas between them: 50,100,200.")
  var sizes: String

  @Option(
    help:
      "A built-in recipe's name (whisker recipe lists them), or the path of a recipe file; features by default.",
    completion: .recipe)
  var recipe: String?

  @Option(
    parsing: .unconditional,
    help: "Trainings of each size, with samples and weights of the next seed each time; 3 by default.")
  var repeats: Int?

  @Option(
    help: "The folder to write; by default runs/RECIPE-curve, with a number if that is taken.",
    completion: .directory)
  var output: String?

  @Option(
    parsing: .unconditional,
    help: "Hold back this share of each class, its first photos, for validation; above 0 and below 1.")
  var validationSplit: Double?

  @OptionGroup(title: "Photos that belong together") var grouping: GroupOptions

  @Flag(help: "Replace a curve that is there already.")
  var overwrite = false

  @Flag(help: "Go on with the curve in DIR, with its recipe and seed; without one, begin.")
  var resume = false

  @OptionGroup var inputs: TrainingInputs

  @Flag(help: "Draw the curve in the terminal too, with characters.")
  var terminal = false

  @Flag(help: "Print what was measured as JSON on standard output.")
  var json = false

  @OptionGroup(title: "Changes to the recipe (its own numbers by default)") var changes: RecipeChanges
  @OptionGroup(title: "Loading") var loading: LoadingOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  @Option(
    parsing: .unconditional, help: "What samples, weights, order and dropout are drawn from; 0 by default.")
  var seed: Int?

  func validate() throws {
    if terminal && json { throw ValidationError("--terminal and --json: expected one of them, got both") }
  }

  func run() async throws {
    if resume && overwrite {
      throw WhiskerError(.invalidSetting, "", expected: "--resume or --overwrite", got: "both")
    }
    try requireRange(seed, 0...Int.max, "--seed")
    try requireRange(repeats, 1...1000, "--repeats")
    try requireShare(validationSplit)
    if changes.validationSteps != nil {
      throw WhiskerError(
        .invalidSetting, "--validation-steps", "expected none: a curve measures on all validation photos")
    }
    let sizes = try Self.sizes(in: sizes)
    try grouping.check()
    let (run, groups) = try await trainingRun()
    var curve = LearningCurve(run, sizes: sizes)
    curve.repeats = repeats ?? curve.repeats
    let report = SeriesReport()
    let result: LearningCurve.Result
    do {
      result = try await curve.run(makingEngine: { try engine.makeEngine() }) { report.show($0) }
    } catch {
      if error is CancellationError { report.showInterruption() }
      throw error
    }
    let chart = LearningCurveChart(result)
    await draw(chart, in: run.output)
    if json { return try Console.result(json: WithSkipped(result, report.skipped, groups)) }
    try Console.result(Self.table(of: result).text)
    if let note = SeriesReport.note(ofHeldBack: result.scores) { try Console.result("\n" + note) }
    if terminal {
      try Console.result("\n" + chart.text(columns: Terminal.columns, isColored: Terminal.isColored))
    }
  }

  /// The runs that the options ask for; a resumed curve keeps its own recipe and seed where none are given.
  private func trainingRun() async throws -> (TrainingRun, GroupReport?) {
    let name = recipe ?? Self.standardRecipe
    let folders = OutputFolders(try Recipe(named: name).name + "-curve")
    let folder = output ?? (resume ? folders.newest : folders.free)
    let old = resume ? SeriesSettings(ofSeries: URL(fileURLWithPath: folder)) : nil
    var recipe = try recipe.map { try Recipe(named: $0) } ?? old?.recipe ?? Recipe(named: name)
    try changes.apply(to: &recipe)
    var run = TrainingRun(
      data: URL(fileURLWithPath: data), recipe: recipe, output: URL(fileURLWithPath: folder))
    run.validationSplit = validationSplit ?? old?.validationSplit
    run.seed = seed.map(UInt64.init) ?? old?.seed ?? 0
    run.existing = resume ? .resume : overwrite ? .overwrite : .refuse
    try inputs.apply(to: &run, loading, engine)
    Console.introduce(try DataFolder.parts(of: run.data), try DataFolder.readings(of: run.data))
    if let old {
      run.groups = try grouping.groups(ofResumed: old.groups, run.data)
      return (run, run.groups.map { GroupReport(PhotoGrouping($0), isKept: true) })
    }
    let division = run.validationSplit.map(Division.byOrder) ?? (run.choosesInTraining ? .free : .none)
    let (found, report) = try await grouping.groups(
      forTraining: run.data, division, threads: loading.loaderThreads, holdsBack: run.choosesInTraining)
    run.groups = found
    report?.show()
    return (run, report)
  }

  private static let standardRecipe = "features"

  /// Draws the pictures; if that fails it only says so, as the results are valid without them.
  private func draw(_ chart: LearningCurveChart, in folder: URL) async {
    let pictures = RunFolder.FileName.learningCurvePictures
    var files = [RunFolder.FileName.learningCurve, RunFolder.FileName.learningCurveTable]
    do {
      for name in pictures { try await chart.write(to: folder.appendingPathComponent(name)) }
      files += pictures
    } catch {
      Console.note("warning: the curve wasn't drawn: \("\(error)".onOneLine)")
    }
    Console.note("Wrote \(files.joined(separator: ", ")) in \(folder.relativePath.onOneLine)")
  }

  private static func table(of result: LearningCurve.Result) -> TextTable {
    let isBalanced = result.points.contains { $0.balancedAccuracy != nil }
    var table = TextTable(
      titles: ["photos", "runs", "accuracy"] + (isBalanced ? ["balanced"] : []) + ["loss"])
    for point in result.points {
      let balanced = isBalanced ? [point.balancedAccuracy.map(SeriesReport.percent) ?? "–"] : []
      table.append(
        ["\(point.photos)", "\(point.accuracy.count)", SeriesReport.percent(point.accuracy)] + balanced
          + [SeriesReport.loss(point.loss)])
    }
    return table
  }

  /// The numbers in a list of the user's.
  private static func sizes(in text: String) throws -> [Int] {
    try text.listItems.map { number in
      guard let size = Int(number), size > 0 else {
        throw WhiskerError(
          .invalidSetting, "--sizes",
          expected: "numbers above 0 with commas between them, such as 50,100,200", got: number.quoted)
      }
      return size
    }
  }
}
