public import Foundation
public import WhiskerRuns
public import WhiskerSystem

/// The picture of a learning curve: accuracy on the validation photos over the number of training photos.
///
/// ```swift
/// try await LearningCurveChart(result).write(to: URL(fileURLWithPath: "curve.png"))
/// ```
/// The axis of photos is logarithmic. Dots are single runs, the line goes through the means, and bars reach one
/// standard deviation up and down, at most to 100 %. Pictures are drawn by gnuplot, as those of ``CurveChart`` are.
public struct LearningCurveChart: Hashable, Sendable {
  /// What was measured.
  public var result: LearningCurve.Result

  /// The picture of what was measured.
  public init(_ result: LearningCurve.Result) { self.result = result }

  /// Draws the picture, and writes it: whole or not at all, over what is there.
  ///
  /// - Parameter url: A file whose name ends in `.png` (1600 pixels wide) or `.svg`.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` for another extension, `missingFile` if
  ///   gnuplot isn't there, `drawingFailed` if it fails, `cannotWrite`.
  public func write(to url: URL) async throws(WhiskerError) {
    try await Gnuplot().draw(to: url) { script($0) }
  }

  /// The curve as text for a terminal.
  ///
  /// - Parameters:
  ///   - columns: The width of the terminal; 40 at least, and more than 100 aren't used.
  ///   - isColored: Whether to colour it, with the escape sequences that terminals understand.
  public func text(columns: Int = 80, isColored: Bool = false) -> String {
    TextPlot(
      title: Self.title, x: photos, y: accuracy,
      dots: (Self.dotName, result.scores.map { (Double($0.trainCount), $0.accuracy) }),
      line: (Self.lineName, result.points.map { (Double($0.photos), $0.accuracy.mean) }), ring: nil,
      width: min(max(columns, 40), 100), isColored: isColored
    ).lines.map { TextPlot.withoutTrailingSpaces($0) }.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static let title = "Validation accuracy by training photos"
  private static let (dotName, lineName) = ("One training", "Mean")

  /// The axes.
  private var photos: AxisScale { AxisScale(photos: result.points.map(\.photos)) }
  private var accuracy: AxisScale {
    AxisScale(
      showing: result.scores.map(\.accuracy)
        + result.points.flatMap { [Self.reach($0).0, Self.reach($0).1] },
      limit: 1)
  }

  /// How far the bar of a point goes down and up.
  private static func reach(_ point: LearningCurve.Point) -> (Double, Double) {
    let deviation = point.accuracy.standardDeviation ?? 0
    return (max(0, point.accuracy.mean - deviation), min(1, point.accuracy.mean + deviation))
  }

  private func script(_ format: PictureFormat) -> String {
    let (height, edges) = (440.0, (left: 58.0, right: 784.0))
    var page = PageScript(format, height: height, plots: (64, height - 46))
    page.addData("single", result.scores.map { ["\($0.trainCount)", "\($0.accuracy)"] })
    page.addData(
      "mean",
      result.points.map { point in
        let reach = Self.reach(point)
        return ["\(point.photos)", "\(point.accuracy.mean)", "\(reach.0)", "\(reach.1)"]
      })
    page.beginPlot(edges, x: photos, y: accuracy)
    page.addText(Self.title, at: (edges.left, 20), color: "#111111", size: PageScript.titleSize)
    page.addText(
      "Training photos", at: ((edges.left + edges.right) / 2, height - 12), color: "#444444",
      alignment: "center")
    let colors = PageScript.colors.map { "linecolor rgb '#\($0)'" }
    let (dots, line) = ("pointtype 7 pointsize 0.5 \(colors[0])", "linewidth 1.8 \(colors[1])")
    page.addLegend(Self.dotName, at: (edges.left, 43), point: dots)
    let bars = result.points.contains { $0.accuracy.standardDeviation != nil }
    page.addLegend(
      Self.lineName + (bars ? " and standard deviation" : ""), at: (edges.left + 132, 43), line: line)
    page.add(
      "plot $single with points \(dots), \\\n  $mean using 1:2 with lines \(line), \\\n"
        + "  $mean using 1:2:3:4 with yerrorbars pointtype 7 pointsize 0.7 \(line)")
    page.add("unset multiplot")
    return page.text
  }
}
