import Foundation
import WhiskerTraining

extension CurveChart {
  /// The curves as text for a terminal: lines of Braille dots for validation, bullets for training.
  ///
  /// The best epoch is ringed. Several trainings stand below one another, with the same axes.
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
        TextPanel(panel, run.history, in: self, width: width, isColored: isColored).lines
      }
      let body =
        isWide ? zip(panels[0], panels[1]).map { "\($0)  \($1)" } : panels[0] + [""] + panels[1]
      let heading = runs.count > 1 ? [Gnuplot.shownText(run.name, limit: columns)] : []
      return heading + body.map { TextPanel.withoutTrailingSpaces($0) }
    }
    return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }
}

/// One panel of the curves of one training as lines of text, all equally wide.
private struct TextPanel {
  private(set) var lines: [String] = []
  private let isColored: Bool
  private let width: Int
  private let epochs: AxisScale, values: AxisScale
  private var canvas: BrailleCanvas
  /// The columns before the curves: a number and the axis.
  private static let (labelWidth, rows) = (6, 12)

  init(_ panel: CurvePanel, _ history: History, in chart: CurveChart, width: Int, isColored: Bool) {
    self.isColored = isColored
    self.width = width
    epochs = AxisScale(epochs: chart.epochs)
    values = panel.scale(chart)
    canvas = BrailleCanvas(columns: width - Self.labelWidth - 1, rows: Self.rows)

    let line = panel.validation(history).map(place(of:))
    for (start, end) in zip(line, line.count == 1 ? line[...] : line.dropFirst()) {
      canvas.draw(from: start, to: end)
    }
    for point in panel.training(history) { canvas.mark(.dot, at: place(of: point)) }
    let best = panel.best(history)
    if let best { canvas.mark(.ring, at: place(of: best)) }

    let stroke = String(repeating: BrailleCanvas.braille(0x12), count: 2)
    add(panel.title)
    add([
      ("• ", .dot), (panel.legends.training + "  ", .nothing), ("\(stroke) ", .line),
      (panel.legends.validation, .nothing),
    ])
    add(
      best.map { [("○ ", .ring), ("Best epoch \($0.epoch): \(panel.text(of: $0.value))", .nothing)] } ?? [])
    addCurves()
    addEpochs()
  }

  private func place(of point: CurvePoint) -> BrailleCanvas.Place {
    (
      Self.place(Double(point.epoch), on: epochs, of: canvas.width),
      canvas.height - 1 - Self.place(point.value, on: values, of: canvas.height)
    )
  }

  /// The dot of a number on an axis of so many dots.
  private static func place(_ number: Double, on scale: AxisScale, of count: Int) -> Int {
    let share = (number - scale.range.lowerBound) / (scale.range.upperBound - scale.range.lowerBound)
    return min(count - 1, max(0, Int(share * Double(count))))
  }

  private mutating func addCurves() {
    let marks = Dictionary(
      values.marks.map { (canvas.rows - 1 - Self.place($0, on: values, of: canvas.height) / 4, $0) }
    ) { first, _ in first }
    for row in 0..<canvas.rows {
      let label = marks[row].map { values.label($0) } ?? ""
      let space = String(repeating: " ", count: max(0, Self.labelWidth - 1 - label.count))
      add([("\(space)\(label) \(marks[row] == nil ? "│" : "┤")", .nothing)] + runs(of: canvas.row(row)))
    }
  }

  private mutating func addEpochs() {
    var axis = [Character](repeating: "─", count: canvas.columns)
    var labels = [Character](repeating: " ", count: width)
    var free = 0
    for mark in epochs.marks {
      let column = Self.place(mark, on: epochs, of: canvas.width) / 2
      axis[column] = "┬"
      let label = Array(epochs.label(mark))
      let start = min(Self.labelWidth + 1 + column - (label.count - 1) / 2, width - label.count)
      guard start >= free else { continue }
      labels.replaceSubrange(start..<start + label.count, with: label)
      free = start + label.count + 1
    }
    add(String(repeating: " ", count: Self.labelWidth) + "└" + String(axis))
    add(String(labels))
  }

  // MARK: Lines

  private typealias Piece = (text: String, content: BrailleCanvas.Content)

  private mutating func add(_ line: String) { add([(line, .nothing)]) }

  private mutating func add(_ pieces: [Piece]) {
    let length = pieces.reduce(0) { $0 + $1.text.count }
    lines.append(pieces.map(colored).joined() + String(repeating: " ", count: max(0, width - length)))
  }

  private func runs(of cells: [(character: Character, content: BrailleCanvas.Content)]) -> [Piece] {
    cells.reduce(into: [Piece]()) { runs, cell in
      if let last = runs.last, last.content == cell.content {
        runs[runs.count - 1].text.append(cell.character)
      } else {
        runs.append((String(cell.character), cell.content))
      }
    }
  }

  private func colored(_ piece: Piece) -> String {
    let color: String? =
      switch piece.content {
      case .nothing: nil
      case .line: "33"
      case .dot: "36"
      case .ring: "1;33"
      }
    guard isColored, let color else { return piece.text }
    return "\u{1B}[\(color)m\(piece.text)\u{1B}[0m"
  }

  static func withoutTrailingSpaces(_ line: String) -> String {
    var line = line
    while line.last == " " { line.removeLast() }
    return line
  }
}
