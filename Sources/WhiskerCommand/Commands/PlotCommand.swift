import ArgumentParser
import Foundation
import Whisker

struct PlotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Draw the curves of runs: accuracy and loss, epoch by epoch.",
    discussion: """
      Training is drawn as dots, validation as a line, with a ring at the best epoch. Every whisker train draws them at \
      its end; this draws them at any time, during a training too. Several runs are drawn over one another, each in a \
      colour of its own. Below stands what the curves show and what to do next. Pictures need gnuplot, --terminal doesn't.
      """)

  @Argument(help: "The folders of one or more runs, as whisker train wrote them.", completion: .directory)
  var runs: [String]

  @Option(
    help:
      "The picture to write: a file ending in .png or .svg; by default RUN/curves.png and RUN/curves.svg.",
    completion: .file(extensions: ["png", "svg"]))
  var output: String?

  @Flag(help: "Draw in the terminal, with characters, and write no file.")
  var terminal = false

  func validate() throws {
    if terminal && output != nil {
      throw ValidationError("--terminal and --output: expected one of them, got both")
    }
    if runs.count > 1 && output == nil && !terminal {
      throw ValidationError("--output: expected a file for the curves of \(runs.count) runs, got none")
    }
  }

  func run() async throws {
    if let output { try OutputCheck.file(URL(fileURLWithPath: output)) }
    let records = try runs.map { try RunRecord(contentsOf: URL(fileURLWithPath: $0)) }
    for (run, record) in zip(runs, records) where record.history.epochs.isEmpty {
      throw WhiskerError(.badContents, run, expected: "a run with an epoch or more", got: "none")
    }
    let names = Self.names(of: runs)
    let chart = CurveChart(zip(names, records).map { CurveChart.Run($0, $1.history) })
    if terminal {
      try Console.result(chart.text(columns: Terminal.columns, isColored: Terminal.isColored))
    } else if let output {
      try await chart.write(to: URL(fileURLWithPath: output))
      Console.note("Wrote \(output)".onOneLine)
    } else {
      try await records[0].writeCurves()
      Console.note(CourseReport.curvesNote(records[0].url))
    }
    try tellAdvice(zip(names, records).map { ($0, $1) })
  }

  /// Prints what the curves show, after the name where there are several.
  private func tellAdvice(_ records: [(name: String, record: RunRecord)]) throws {
    let lines = records.compactMap { name, record in
      Advice(on: record.history, .init(record)).map { advice in
        records.count == 1 ? advice.text : "\(name.onOneLine): \(advice.text)"
      }
    }
    guard !lines.isEmpty else { return }
    if terminal { try Console.result("") }
    try Console.result(lines.joined(separator: "\n"))
  }

  /// The folders' own names, with those above them where two have the same.
  private static func names(of runs: [String]) -> [String] {
    let names = runs.map { URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent }
    return Set(names).count == names.count ? names : runs
  }
}
