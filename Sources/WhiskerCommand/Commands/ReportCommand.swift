public import ArgumentParser
import Foundation
import Whisker

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make a page on a training run: figures, curves, mistakes and where the model looked.",
    discussion: """
      The page is one HTML file that needs nothing else and asks the network for nothing; open it in any browser, mail it \
      or print it. The model is measured on the validation photos of the run; where there are none, on the training \
      photos, which the page says. They are the run's own photos, by its list and by what is in them, whatever was added \
      or renamed since; those that are gone or changed are named and not measured, and without any left of a class there \
      is no page. A report that is there is replaced; RUN/report.html that is something else isn't.
      """)

  @Argument(help: "The run's folder.", completion: .directory)
  var run: String

  @Option(
    help: "The file to write; RUN/report.html by default.", completion: .file(extensions: ["html"]))
  var output: String?

  @Option(
    help: "The folder or CSV file with the photos, where they are no longer where training found them.",
    completion: .file())
  var data: String?

  @Option(
    help:
      "Which model to look at: best (of the best epoch) or model (of the last); best by default, if there is one."
  )
  var model: RunReport.Choice?

  @Flag(help: "Print what was made as JSON.")
  var json = false

  @Option(parsing: .unconditional, help: "Photos that are computed at once, at least 1.")
  var batchSize = 32

  @OptionGroup(title: "Loading") var loading: LoadingOptions
  @OptionGroup(title: "Computing") var engine: EngineOptions

  func run() async throws {
    try requireRange(batchSize, batchSizes, "--batch-size")
    if let output, !["html", "htm"].contains(URL(fileURLWithPath: output).pathExtension.lowercased()) {
      throw WhiskerError(
        .invalidSetting, "--output", expected: "a name ending in .html or .htm", got: output.quoted)
    }
    var report = RunReport(run: URL(fileURLWithPath: run, isDirectory: true))
    report.data = data.map { URL(fileURLWithPath: $0) }
    report.choice = model
    report.batchSize = batchSize
    report.loading = try loading.loading()
    report.onWarning = { Console.note("warning: \($0.onOneLine)") }
    let bars = [
      RunReport.Phase.evaluating, .explaining,
    ].reduce(into: [:]) { $0[$1] = ProgressBar($1.rawValue) }
    let file = try await report.write(
      to: output.map { URL(fileURLWithPath: $0) }, on: engine.makeEngine()
    ) { phase, done, total in bars[phase]?.update(done, of: total) }
    let shown = output ?? "\(run)/\(RunReport.fileName)"
    if json { try Console.result(json: Result(report: file.path)) }
    Console.note("Wrote \(shown.onOneLine)")
  }

  private struct Result: Encodable {
    let report: String
  }
}

extension RunReport.Choice: ExpressibleByArgument {}
