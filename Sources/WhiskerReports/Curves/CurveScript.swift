import Foundation

/// The gnuplot script of a chart.
struct CurveScript {
  private let chart: CurveChart
  private let height: Double
  private var page: PageScript

  /// From the top: the titles, the first line of the legends, and what a line takes.
  private static let (titleTop, legendTop, legendLine) = (20.0, 43.0, 18.0)
  private static let (plotHeight, bottom) = (230.0, 46.0)
  /// The left and right edges of the two plots.
  private static let edges = [(58.0, 384.0), (458.0, 784.0)]

  init(_ chart: CurveChart, _ format: PictureFormat) {
    self.chart = chart
    height =
      Self.legendTop + Self.legendLine * Double(Self.legendLines(chart)) + Self.plotHeight + Self.bottom
    page = PageScript(
      format, height: height, plots: (height - Self.plotHeight - Self.bottom, height - Self.bottom))
    for (number, run) in chart.runs.enumerated() { addData(of: run, number) }
    for (panel, edges) in zip(CurvePanel.allCases, Self.edges) { draw(panel, edges) }
    page.add("unset multiplot")
  }

  /// The script.
  var text: String { page.text }

  // MARK: The curves

  /// Names a run's points in the script: `$accuracy_training_0`, ….
  private mutating func addData(of run: CurveChart.Run, _ number: Int) {
    for panel in CurvePanel.allCases {
      let curves = [
        ("training", panel.training(run.history)), ("validation", panel.validation(run.history)),
        ("best", panel.best(run.history).map { [$0] } ?? []),
      ]
      for (name, points) in curves where !points.isEmpty {
        page.addData("\(panel)_\(name)_\(number)", points.map { ["\($0.epoch)", "\($0.value)"] })
      }
    }
  }

  private mutating func draw(_ panel: CurvePanel, _ edges: (left: Double, right: Double)) {
    page.beginPlot(edges, x: AxisScale(epochs: chart.epochs), y: panel.scale(chart))
    page.addText(
      panel.title, at: (edges.left, Self.titleTop), color: "#111111", size: PageScript.titleSize)
    page.addText(
      "Epoch", at: ((edges.left + edges.right) / 2, height - 12), color: "#444444", alignment: "center")
    addLegends(of: panel, left: edges.left)
    if chart.runs.count == 1, let best = panel.best(chart.runs[0].history) {
      page.add(
        "set arrow from \(best.epoch), graph 0 to \(best.epoch), graph 1 nohead back linetype 1 dashtype (4,4) "
          + "linecolor rgb '#999999' linewidth 1")
    }
    let drawn = chart.runs.indices.flatMap { curves(of: panel, $0) }
    page.add("plot " + (drawn.isEmpty ? "NaN notitle" : drawn.joined(separator: ", \\\n  ")))
  }

  /// How a run's dots, line and ring are drawn.
  private func curves(of panel: CurvePanel, _ number: Int) -> [String] {
    let (history, style) = (chart.runs[number].history, style(number))
    var curves: [String] = []
    if !panel.training(history).isEmpty {
      curves.append("$\(panel)_training_\(number) with points \(style.dots)")
    }
    if !panel.validation(history).isEmpty {
      curves.append("$\(panel)_validation_\(number) with lines \(style.line)")
    }
    if panel.best(history) != nil { curves.append("$\(panel)_best_\(number) with points \(style.ring)") }
    return curves
  }

  /// The styles of a run.
  ///
  /// A single run has two colours; with several each has its own, and when colours run out other marks and
  /// broken lines are used.
  private func style(_ number: Int) -> (dots: String, line: String, ring: String) {
    let isAlone = chart.runs.count == 1
    let colors = PageScript.colors.map { "linecolor rgb '#\($0)'" }
    let round = number / colors.count % 4
    let dots = "pointtype \([7, 5, 9, 13][round]) pointsize \(dotSize)"
    let line = "linewidth 1.8 dashtype \(["1", "(8,4)", "(3,3)", "(12,4,3,4)"][round])"
    let color = colors[number % colors.count]
    let lineColor = isAlone ? colors[1] : color
    return (
      "\(dots) \(color)", "\(line) \(lineColor)", "pointtype 6 pointsize 1.3 linewidth 1.8 \(lineColor)"
    )
  }

  /// Dots that don't run together where there are many epochs.
  private var dotSize: Double { chart.epochs > 60 ? 0.35 : 0.5 }

  // MARK: Titles and legends

  private static func legendLines(_ chart: CurveChart) -> Int {
    chart.runs.count == 1 ? 2 : 1 + chart.runs.count
  }

  private mutating func addLegends(of panel: CurvePanel, left: Double) {
    let isAlone = chart.runs.count == 1
    let gray = "linecolor rgb '#555555'"
    let dots = isAlone ? style(0).dots : "pointtype 7 pointsize \(dotSize) \(gray)"
    let line = isAlone ? style(0).line : "linewidth 1.8 \(gray)"
    addLegend(panel.legends.training, at: (left, 0), point: dots)
    addLegend(panel.legends.validation, at: (left + 132, 0), line: line)
    for (number, run) in chart.runs.enumerated() {
      let best = panel.best(run.history)
      if isAlone {
        guard let best else { continue }
        addLegend(
          "Best epoch \(best.epoch): \(panel.text(of: best.value))", at: (left, 1), point: style(0).ring)
      } else {
        let end = best.map { ", best epoch \($0.epoch): \(panel.text(of: $0.value))" } ?? ""
        // The names appear once, with room for long ones.
        guard panel == .accuracy else { continue }
        addLegend(run.name, end, at: (left, number + 1), line: style(number).line)
      }
    }
  }

  private mutating func addLegend(
    _ text: String, _ end: String = "", at place: (left: Double, line: Int), point: String? = nil,
    line: String? = nil
  ) {
    let top = Self.legendTop + Self.legendLine * Double(place.line)
    page.addLegend(text, end, at: (place.left, top), point: point, line: line)
  }
}
