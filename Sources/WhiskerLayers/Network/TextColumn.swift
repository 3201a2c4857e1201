/// A column of Keras's table: cells that break between words; a word that is too long is cut and ends in "…".
struct TextColumn {
  private let title: String
  private let width: Int
  private let isRightAligned: Bool
  private let cells: [[String]]

  init(_ title: String, width: Int, isRightAligned: Bool = false, _ cells: [String]) {
    self.title = title
    self.width = width
    self.isRightAligned = isRightAligned
    self.cells = cells.map { TextColumn.lines(of: $0, width: width) }
  }

  /// The text in lines of at most `width` characters.
  private static func lines(of text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let line = lines.last, line.count + 1 + word.count <= width {
        lines[lines.count - 1] = "\(line) \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { $0.count <= width ? $0 : $0.prefix(width - 1) + "…" }
  }

  private func padded(_ text: String) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return isRightAligned ? space + text : text + space
  }

  /// The lines of a table with a frame.
  static func table(_ columns: [TextColumn]) -> [String] {
    func line(_ bar: String, _ text: (TextColumn) -> String) -> String {
      "\(bar) " + columns.map { $0.padded(text($0)) }.joined(separator: " \(bar) ") + " \(bar)"
    }
    func rule(_ left: String, _ dash: String, _ cross: String, _ right: String) -> String {
      left + columns.map { String(repeating: dash, count: $0.width + 2) }.joined(separator: cross) + right
    }
    var lines = [rule("┏", "━", "┳", "┓"), line("┃") { $0.title }, rule("┡", "━", "╇", "┩")]
    for row in 0..<(columns.first?.cells.count ?? 0) {
      if row > 0 { lines.append(rule("├", "─", "┼", "┤")) }
      for part in 0..<(columns.map { $0.cells[row].count }.max() ?? 0) {
        lines.append(line("│") { part < $0.cells[row].count ? $0.cells[row][part] : "" })
      }
    }
    return lines + [rule("└", "─", "┴", "┘")]
  }
}
