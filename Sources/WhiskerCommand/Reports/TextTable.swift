/// A small table for the terminal: names on the left, numbers on the right.
struct TextTable {
  private let titles: [String]
  private var rows: [[String]] = []

  /// A table whose first column holds names.
  init(titles: [String]) { self.titles = titles }

  /// Appends a row of as many cells as there are titles.
  mutating func append(_ cells: [String]) { rows.append(cells) }

  /// The lines of the table.
  var text: String {
    let lines = [titles] + rows
    let widths = titles.indices.map { column in lines.map { TextTable.width(of: $0[column]) }.max() ?? 0 }
    return lines.map { cells in
      cells.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - TextTable.width(of: cell))
        return column == 0 ? cell + space : space + cell
      }
      .joined(separator: "  ")
    }
    .joined(separator: "\n")
  }

  /// The columns that a text takes on a terminal, where Chinese, Japanese and Korean characters and emoji are two
  /// wide.
  static func width(of text: String) -> Int {
    text.reduce(0) { width, character in
      guard let first = character.unicodeScalars.first else { return width }
      let isWide = wideRanges.contains { $0.contains(first.value) } || first.properties.isEmojiPresentation
      return width + (isWide ? 2 : 1)
    }
  }

  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
    0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD,
  ]
}
