import Foundation
import WhiskerTraining

/// What gnuplot is told to draw a chart.
///
/// Lengths are those of a picture 800 wide, in points of the SVG; the PNG has twice as many pixels. The legends are
/// drawn with the same commands as all other text, not by gnuplot's own, which would lie on the curves or take their
/// room, as it may.
struct CurveScript {
  /// The script.
  private(set) var text = ""
  private let chart: CurveChart
  private let height: Double

  private static let width = 800.0
  /// From the top: the titles, the first line of the legends, and what a line takes.
  private static let (titleTop, legendTop, legendLine) = (20.0, 43.0, 18.0)
  private static let (plotHeight, bottom) = (230.0, 46.0)
  /// The left and right edges of the two plots.
  private static let edges = [(58.0, 384.0), (458.0, 784.0)]
  /// The size of writing, which the titles exceed a little.
  private static let (fontSize, titleSize) = (12, 14)
  /// Okabe and Ito's colours, which colour-blind people can tell apart, without the two that are faint on white.
  private static let colors = ["0072B2", "D55E00", "009E73", "CC79A7", "56B4E9", "E69F00", "666666"]

  init(_ chart: CurveChart, _ format: PictureFormat) {
    self.chart = chart
    height =
      Self.legendTop + Self.legendLine * Double(Self.legendLines(chart)) + Self.plotHeight + Self.bottom
    begin(format)
    for (number, run) in chart.runs.enumerated() { addData(of: run, number) }
    for (panel, edges) in zip(CurvePanel.allCases, Self.edges) { draw(panel, edges) }
    add("unset multiplot")
  }

  private mutating func add(_ line: String) { text += line + "\n" }

  // MARK: The page

  private mutating func begin(_ format: PictureFormat) {
    let scale = format == .png ? 2.0 : 1
    let size = "size \(Int(Self.width * scale)),\(Int((height * scale).rounded()))"
    let look = "noenhanced font 'sans-serif,\(Self.fontSize)' linewidth \(scale) background '#ffffff'"
    switch format {
    // In the PNG a point of writing is a pixel and a third.
    case .png: add("set terminal pngcairo \(size) \(look) fontscale 1.5 pointscale 2")
    case .svg: add("set terminal svg \(size) \(look) dynamic")
    }
    for line in [
      "set encoding utf8", "set multiplot", "set border 3 linecolor rgb '#888888' linewidth 1", "unset key",
      "set tics nomirror out scale 0.5 textcolor rgb '#444444'",
      "set grid ytics linetype 1 linecolor rgb '#e4e4e4' linewidth 0.7",
    ] { add(line) }
    add("set tmargin at screen \(y(height - Self.plotHeight - Self.bottom))")
    add("set bmargin at screen \(y(height - Self.bottom))")
  }

  /// A place from the top as gnuplot counts it: from the bottom, in heights of the picture.
  private func y(_ fromTop: Double) -> String { String(format: "%.5f", 1 - fromTop / height) }
  private func x(_ fromLeft: Double) -> String { String(format: "%.5f", fromLeft / Self.width) }

  // MARK: The curves

  /// Names a run's points in the script: `$accuracy_training_0`, ….
  private mutating func addData(of run: CurveChart.Run, _ number: Int) {
    for panel in CurvePanel.allCases {
      let curves = [
        ("training", panel.training(run.history)), ("validation", panel.validation(run.history)),
        ("best", panel.best(run.history).map { [$0] } ?? []),
      ]
      for (name, points) in curves where !points.isEmpty {
        add("$\(panel)_\(name)_\(number) << END")
        for point in points { add("\(point.epoch) \(point.value)") }
        add("END")
      }
    }
  }

  private mutating func draw(_ panel: CurvePanel, _ edges: (left: Double, right: Double)) {
    let (epochs, values) = (AxisScale(epochs: chart.epochs), panel.scale(chart))
    add("set lmargin at screen \(x(edges.left))")
    add("set rmargin at screen \(x(edges.right))")
    for (axis, scale) in [("x", epochs), ("y", values)] {
      add("set \(axis)range [\(scale.range.lowerBound):\(scale.range.upperBound)]")
      add("set \(axis)tics (\(scale.marks.map { "'\(scale.label($0))' \($0)" }.joined(separator: ", ")))")
    }
    add("unset label; unset arrow")
    addText(
      panel.title, at: (edges.left, Self.titleTop), color: "#111111", size: Self.titleSize)
    addText("Epoch", at: ((edges.left + edges.right) / 2, height - 12), color: "#444444", alignment: "center")
    addLegends(of: panel, left: edges.left)
    if chart.runs.count == 1, let best = panel.best(chart.runs[0].history) {
      add(
        "set arrow from \(best.epoch), graph 0 to \(best.epoch), graph 1 nohead back linetype 1 dashtype (4,4) "
          + "linecolor rgb '#999999' linewidth 1")
    }
    let drawn = chart.runs.indices.flatMap { curves(of: panel, $0) }
    add("plot " + (drawn.isEmpty ? "NaN notitle" : drawn.joined(separator: ", \\\n  ")))
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
  /// One alone has two colours; of several each has its own, and beyond as many as there are colours other marks and
  /// broken lines.
  private func style(_ number: Int) -> (dots: String, line: String, ring: String) {
    let isAlone = chart.runs.count == 1
    let colors = Self.colors.map { "linecolor rgb '#\($0)'" }
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
        // The names stand once; behind them is room for long ones.
        guard panel == .accuracy else { continue }
        addLegend(run.name, end, at: (left, number + 1), line: style(number).line)
      }
    }
  }

  /// A line of a legend, with a mark or a stroke before it.
  private mutating func addLegend(
    _ text: String, _ end: String = "", at place: (left: Double, line: Int), point: String? = nil,
    line: String? = nil
  ) {
    let top = Self.legendTop + Self.legendLine * Double(place.line)
    if let point {
      add("set label '' at screen \(x(place.left + 9)), screen \(y(top)) point \(point)")
    }
    if let line {
      add(
        "set arrow from screen \(x(place.left)), screen \(y(top)) to screen \(x(place.left + 18)), "
          + "screen \(y(top)) nohead \(line)")
    }
    addText(text, end, at: (place.left + 24, top), color: "#333333")
  }

  private mutating func addText(
    _ text: String, _ end: String = "", at place: (left: Double, top: Double), color: String,
    size: Int? = nil,
    alignment: String = "left"
  ) {
    let label = Gnuplot.quoted(text) + (end.isEmpty ? "" : ".\(Gnuplot.quoted(end))")
    let font = "'sans-serif,\(size ?? Self.fontSize)'"
    add(
      "set label \(label) at screen \(x(place.left)), screen \(y(place.top)) \(alignment) font \(font) noenhanced "
        + "textcolor rgb '\(color)' front")
  }
}
