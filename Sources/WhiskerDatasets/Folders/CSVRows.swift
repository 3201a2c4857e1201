package import WhiskerSystem

/// The rows of a CSV file, as in RFC 4180: cells between commas, in double quotes where they hold commas,
/// quotes (doubled) or line breaks.
///
/// Cells may be separated by tabs (TSV) or semicolons instead of commas; Excel's first line `sep=;` may say so. UTF-8, with
/// or without a byte order mark, or UTF-16 with one; lines end in LF or CRLF. Empty lines are skipped. Spaces, and tabs
/// where they don't separate cells, are dropped around a cell, those between quotes are kept.
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

  /// What lies between cells.
  package enum Separator: UInt8, CaseIterable {
    case comma = 0x2C
    case tab = 0x09
    case semicolon = 0x3B

    /// As messages call it.
    fileprivate var name: String {
      switch self {
      case .comma: "comma"
      case .tab: "tab"
      case .semicolon: "semicolon"
      }
    }

    /// The one of a table, by its first line that isn't empty.
    ///
    /// - Parameter preferred: The one that it is where the line has several, or none.
    fileprivate init(of bytes: ArraySlice<UInt8>, preferring preferred: Separator) {
      let first = bytes.drop { $0 == .lineFeed || $0 == .carriageReturn }.prefix { $0 != .lineFeed }
      let found = Self.allCases.filter { first.contains($0.rawValue) }
      self = found.contains(preferred) ? preferred : found.first ?? preferred
    }
  }

  /// Reads a file's bytes.
  ///
  /// - Parameter preferred: What separates cells where the first line leaves it open.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `badTable` and the line.
  package init(_ bytes: some Collection<UInt8>, preferring preferred: Separator = .comma) throws(WhiskerError)
  {
    var scanner = try Scanner(bytes: Self.utf8(of: Array(bytes)), preferring: preferred)
    while let row = try scanner.nextRow() {
      if row.cells != [""] { rows.append(row) }
    }
  }

  /// The text in UTF-8, without a byte order mark.
  private static func utf8(of bytes: [UInt8]) throws(WhiskerError) -> [UInt8] {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return Array(bytes.dropFirst(3)) }
    let isLittleEndian = bytes.starts(with: [0xFF, 0xFE])
    guard isLittleEndian || bytes.starts(with: [0xFE, 0xFF]) else { return bytes }
    let units = stride(from: 2, to: bytes.count - 1, by: 2).map { place in
      let (first, second) = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
      return isLittleEndian ? second << 8 | first : first << 8 | second
    }
    guard bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self) else {
      throw WhiskerError(
        .badTable, "", expected: "text in UTF-16, as its first bytes say", got: "other bytes")
    }
    return Array(text.utf8)
  }

  private struct Scanner {
    private let bytes: [UInt8]
    private let separator: Separator
    private var place = 0
    private var line = 1

    init(bytes: [UInt8], preferring preferred: Separator) {
      self.bytes = bytes
      for separator in Separator.allCases {
        let announcement = Array("sep=".utf8) + [separator.rawValue]
        let end = bytes.dropFirst(announcement.count).prefix { $0 != .lineFeed }
        guard bytes.starts(with: announcement), end.allSatisfy({ $0 == .carriageReturn }) else { continue }
        place = min(announcement.count + end.count + 1, bytes.count)
        line = 2
        self.separator = separator
        return
      }
      separator = Separator(of: bytes[...], preferring: preferred)
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    mutating func nextRow() throws(WhiskerError) -> Row? {
      guard next != nil else { return nil }
      let first = line
      var cells: [String] = []
      while true {
        cells.append(try nextCell())
        guard next == separator.rawValue else { break }
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
      while let byte = next, byte != separator.rawValue, byte != .lineFeed, byte != .carriageReturn {
        if byte == .quote {
          throw fault("a quote inside a cell: put the cell in quotes, and double the quotes in it")
        }
        place += 1
      }
      var end = place
      while end > start, isSpace(bytes[end - 1]) { end -= 1 }
      return try text(bytes[start..<end])
    }

    private mutating func skipSpaces() {
      while let byte = next, isSpace(byte) { place += 1 }
    }

    private func isSpace(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") && separator != .tab
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
            ? "expected a line feed after a carriage return"
            : "expected a \(separator.name) after a quoted cell")
      }
      place = min(place + 1, bytes.count)
      line += 1
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(WhiskerError) -> String {
      guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
        throw WhiskerError(
          .badTable, "line \(line)", expected: "UTF-8 text", got: "other bytes",
          note: "save the table as \"CSV UTF-8\"")
      }
      return text
    }

    private func fault(_ message: String) -> WhiskerError { WhiskerError(.badTable, "line \(line)", message) }
  }
}

extension UInt8 {
  fileprivate static let quote = UInt8(ascii: "\"")
  fileprivate static let lineFeed = UInt8(ascii: "\n")
  fileprivate static let carriageReturn = UInt8(ascii: "\r")
}
