public import Foundation
public import WhiskerRuns
public import WhiskerSystem

/// The picture of a search for a learning rate: the loss of each step over its rate.
///
/// The axis of rates is logarithmic. Dots are single steps, the line is their running mean, and a ring is at the suggestion.
public struct RateChart: Hashable, Sendable {
  /// What was measured, at least one step.
  public var result: RateSearch.Result

  /// The picture of what was measured.
  public init(_ result: RateSearch.Result) { self.result = result }

  /// Draws the picture, and writes it: whole or not at all, over what is there.
  ///
  /// - Parameter url: A file whose name ends in `.png` (1600 pixels wide) or `.svg`.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` for another extension, `missingFile` if
  ///   gnuplot isn't there, `drawingFailed` if it fails, `cannotWrite`.
  public func write(to url: URL) async throws(WhiskerError) {
    try await Gnuplot().draw(to: url) { script($0) }
  }

  /// Checks that a file's name is a picture's, before a search.
  ///
  /// - Throws: ``WhiskerSystem/WhiskerError`` with `invalidSetting` for another extension.
  package static func check(_ url: URL) throws(WhiskerError) { try Gnuplot.format(of: url) }

  /// The curve as text for a terminal.
  ///
  /// - Parameters:
  ///   - columns: The width of the terminal; 40 at least, and more than 100 aren't used.
  ///   - isColored: Whether to colour it, with the escape sequences that terminals understand.
  public func text(columns: Int = 80, isColored: Bool = false) -> String {
    TextPlot(
      title: Self.title, x: rates, y: losses, dots: (Self.dotName, shown.map { ($0.rate, $0.loss) }),
      line: (Self.lineName, shown.map { ($0.rate, $0.smoothed) }),
      ring: suggested.map { (Self.ringName, ($0.rate, $0.smoothed)) }, width: min(max(columns, 40), 100),
      isColored: isColored
    ).lines.map { TextPlot.withoutTrailingSpaces($0) }.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static let title = "Loss by learning rate"
  private static let (dotName, lineName, ringName) = ("One step", "Running mean", "Suggestion")

  /// The last steps may be so large that nothing else is seen.
  private var shown: [RateSearch.Point] {
    let limit = 3 * (result.points.map(\.smoothed).first ?? 1)
    return result.points.filter { $0.loss <= limit && $0.smoothed <= limit }
  }

  private var suggested: RateSearch.Point? {
    result.suggestion.flatMap { rate in result.points.first { $0.rate == rate } }
  }

  private var rates: AxisScale {
    let rates = result.points.map(\.rate)
    return AxisScale(rates: (rates.first ?? 1e-7)...(rates.last ?? 1))
  }

  private var losses: AxisScale { AxisScale(showing: shown.flatMap { [$0.loss, $0.smoothed] }) }

  private func script(_ format: PictureFormat) -> String {
    let (height, edges) = (440.0, (left: 58.0, right: 784.0))
    var page = PageScript(format, height: height, plots: (64, height - 46))
    page.addData("step", shown.map { ["\($0.rate)", "\($0.loss)"] })
    page.addData("mean", shown.map { ["\($0.rate)", "\($0.smoothed)"] })
    page.addData("suggestion", suggested.map { [["\($0.rate)", "\($0.smoothed)"]] } ?? [])
    page.beginPlot(edges, x: rates, y: losses)
    page.addText(Self.title, at: (edges.left, 20), color: "#111111", size: PageScript.titleSize)
    page.addText(
      "Learning rate", at: ((edges.left + edges.right) / 2, height - 12), color: "#444444",
      alignment: "center")
    let colors = PageScript.colors.map { "linecolor rgb '#\($0)'" }
    let (dots, line) = ("pointtype 7 pointsize 0.5 \(colors[0])", "linewidth 1.8 \(colors[1])")
    let ring = "pointtype 6 pointsize 1.4 linewidth 2 \(colors[1])"
    page.addLegend(Self.dotName, at: (edges.left, 43), point: dots)
    page.addLegend(Self.lineName, at: (edges.left + 132, 43), line: line)
    if suggested != nil { page.addLegend(Self.ringName, at: (edges.left + 284, 43), point: ring) }
    page.add(
      "plot $step with points \(dots), \\\n  $mean with lines \(line)"
        + (suggested == nil ? "" : ", \\\n  $suggestion with points \(ring)"))
    page.add("unset multiplot")
    return page.text
  }
}
