package import WhiskerSystem

/// The rows of a CSV file, as in RFC 4180: cells between commas, in double quotes where they hold commas,
/// quotes (doubled) or line breaks.
///
/// UTF-8, with or without a byte order mark; lines end in LF or CRLF. Empty lines are skipped. Spaces and tabs
/// around a cell are dropped, those between quotes are kept.
package struct CSVRows {
  /// One row and the line that it begins in, from 1.
  package struct Row: Hashable {
    /// The line, from 1.
    package let line: Int
    /// The texts between the commas.
    package let cells: [String]
  }

  /// The rows, those of a header included.
  package private(set) var rows: [Row] = []

  /// Reads a file's bytes.
  package init(_ bytes: some Collection<UInt8>) throws(WhiskerError) {
    var scanner = Scanner(bytes: Array(bytes))
    while let row = try scanner.nextRow() {
      if row.cells != [""] { rows.append(row) }
    }
  }

  private struct Scanner {
    private let bytes: [UInt8]
    private var place = 0
    private var line = 1

    init(bytes: [UInt8]) {
      self.bytes = bytes
      if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    mutating func nextRow() throws(WhiskerError) -> Row? {
      guard next != nil else { return nil }
      let first = line
      var cells: [String] = []
      while true {
        cells.append(try nextCell())
        guard next == .comma else { break }
        place += 1
      }
      try endLine()
      return Row(line: first, cells: cells)
    }

    private mutating func nextCell() throws(WhiskerError) -> String {
      skipSpaces()
      if next == .quote {
        defer { skipSpaces() }
        return try quotedCell()
      }
      let start = place
      while let byte = next, byte != .comma, byte != .lineFeed, byte != .carriageReturn {
        if byte == .quote {
          throw fault("a quote inside a cell: put the cell in quotes, and double the quotes in it")
        }
        place += 1
      }
      var end = place
      while end > start, bytes[end - 1].isSpace { end -= 1 }
      return try text(bytes[start..<end])
    }

    private mutating func skipSpaces() {
      while let byte = next, byte.isSpace { place += 1 }
    }

    private mutating func quotedCell() throws(WhiskerError) -> String {
      let first = line
      var content: [UInt8] = []
      place += 1
      while let byte = next {
        place += 1
        if byte == .lineFeed { line += 1 }
        if byte != .quote {
          content.append(byte)
        } else if next == .quote {
          content.append(byte)
          place += 1
        } else {
          return try text(content[...])
        }
      }
      throw WhiskerError(.badTable, "line \(first)", "a quoted cell that doesn't end")
    }

    private mutating func endLine() throws(WhiskerError) {
      guard let byte = next else { return }
      if byte == .carriageReturn { place += 1 }
      guard next == .lineFeed || (byte == .carriageReturn && next == nil) else {
        throw fault(
          byte == .carriageReturn
            ? "expected a line feed after a carriage return" : "expected a comma after a quoted cell")
      }
      place = min(place + 1, bytes.count)
      line += 1
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(WhiskerError) -> String {
      guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
        throw WhiskerError(.badTable, "line \(line)", expected: "UTF-8 text", got: "other bytes")
      }
      return text
    }

    private func fault(_ message: String) -> WhiskerError { WhiskerError(.badTable, "line \(line)", message) }
  }
}

extension UInt8 {
  fileprivate static let comma = UInt8(ascii: ",")
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let lineFeed = UInt8(ascii: "\n")
  fileprivate var isSpace: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
  fileprivate static let carriageReturn = UInt8(ascii: "\r")
}
