import WhiskerTraining

extension CurveChart {
  /// The curves as text for a terminal: lines of Braille dots for validation, bullets for training.
  ///
  /// The best epoch is circled. Several runs are drawn below one another, with the same axes.
  ///
  /// - Parameters:
  ///   - columns: The width of the terminal; 40 at least, and the two panels stand side by side from 72.
  ///   - isColored: Whether to colour it, with the escape sequences that terminals understand.
  public func text(columns: Int = 80, isColored: Bool = false) -> String {
    let columns = min(max(columns, 40), 160)
    let isWide = columns >= 72
    let width = isWide ? (columns - 2) / 2 : columns
    let blocks = runs.map { run in
      let panels = CurvePanel.allCases.map { panel in
        panel.text(of: run.history, in: self, width: width, isColored: isColored).lines
      }
      let body =
        isWide ? zip(panels[0], panels[1]).map { "\($0)  \($1)" } : panels[0] + [""] + panels[1]
      let heading = runs.count > 1 ? [Gnuplot.shownText(run.name, limit: columns)] : []
      return heading + body.map { TextPlot.withoutTrailingSpaces($0) }
    }
    return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }
}

extension CurvePanel {
  /// The panel of the curves of one run.
  fileprivate func text(
    of history: History, in chart: CurveChart, width: Int, isColored: Bool
  ) -> TextPlot {
    let points = { (curve: [CurvePoint]) in curve.map { (x: Double($0.epoch), y: $0.value) } }
    let best = self.best(history)
    return TextPlot(
      title: title, x: AxisScale(epochs: chart.epochs), y: scale(chart),
      dots: (legends.training, points(training(history))),
      line: (legends.validation, points(validation(history))),
      ring: best.map { ("Best epoch \($0.epoch): \(text(of: $0.value))", points([$0])[0]) }, width: width,
      isColored: isColored)
  }
}
