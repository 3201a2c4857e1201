/// Dots and a line over an axis as lines of text, all equally wide.
struct TextPlot {
  /// A point in numbers of the axes.
  typealias Point = (x: Double, y: Double)

  private(set) var lines: [String] = []
  private let isColored: Bool
  private let width: Int
  private let horizontal: AxisScale, vertical: AxisScale
  private var canvas: BrailleCanvas
  /// The columns before the curves: a number and the axis.
  private static let (labelWidth, rows) = (6, 12)

  /// Draws what is called by the names before the points; the ring goes around one of the line.
  init(
    title: String, x: AxisScale, y: AxisScale, dots: (name: String, points: [Point]),
    line: (name: String, points: [Point]), ring: (name: String, point: Point)?, width: Int, isColored: Bool
  ) {
    self.isColored = isColored
    self.width = width
    (horizontal, vertical) = (x, y)
    canvas = BrailleCanvas(columns: width - Self.labelWidth - 1, rows: Self.rows)

    let places = line.points.map(place(of:))
    for (start, end) in zip(places, places.count == 1 ? places[...] : places.dropFirst()) {
      canvas.draw(from: start, to: end)
    }
    for point in dots.points { canvas.mark(.dot, at: place(of: point)) }
    if let ring { canvas.mark(.ring, at: place(of: ring.point)) }

    let stroke = String(repeating: BrailleCanvas.braille(0x12), count: 2)
    add(title)
    add([
      ("• ", .dot), (dots.name + "  ", .nothing), ("\(stroke) ", .line), (line.name, .nothing),
    ])
    add(ring.map { [("○ ", .ring), ($0.name, .nothing)] } ?? [])
    addCurves()
    addAxis()
  }

  private func place(of point: Point) -> BrailleCanvas.Place {
    (
      Self.place(point.x, on: horizontal, of: canvas.width),
      canvas.height - 1 - Self.place(point.y, on: vertical, of: canvas.height)
    )
  }

  /// The dot of a number on an axis of so many dots.
  private static func place(_ number: Double, on scale: AxisScale, of count: Int) -> Int {
    min(count - 1, max(0, Int(scale.share(of: number) * Double(count))))
  }

  private mutating func addCurves() {
    let marks = Dictionary(
      vertical.marks.map { (canvas.rows - 1 - Self.place($0, on: vertical, of: canvas.height) / 4, $0) }
    ) { first, _ in first }
    for row in 0..<canvas.rows {
      let label = marks[row].map { vertical.label($0) } ?? ""
      let space = String(repeating: " ", count: max(0, Self.labelWidth - 1 - label.count))
      add([("\(space)\(label) \(marks[row] == nil ? "│" : "┤")", .nothing)] + runs(of: canvas.row(row)))
    }
  }

  private mutating func addAxis() {
    var axis = [Character](repeating: "─", count: canvas.columns)
    var labels = [Character](repeating: " ", count: width)
    var free = 0
    for mark in horizontal.marks {
      let column = Self.place(mark, on: horizontal, of: canvas.width) / 2
      axis[column] = "┬"
      let label = Array(horizontal.label(mark))
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
