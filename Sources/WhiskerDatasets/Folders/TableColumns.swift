import Foundation
import WhiskerSystem

/// Which column of a table holds what.
struct TableColumns: Hashable {
  /// What a row says.
  struct Entry {
    let file: String
    let className: String
    let weight: Float?
    let split: SplitName
    /// What the row calls its split; nil without a column for it.
    let splitName: String?
    /// The row's line.
    let line: Int
  }

  /// A row that makes no sense.
  struct InvalidRow: Error {
    /// The split that it belongs to; nil if that is unknown.
    let split: SplitName?
    let reason: String
  }

  let file: Int
  let className: Int?
  let weight: Int?
  let split: Int?
  private let count: Int

  /// Beyond this a loss means nothing any more.
  private static let largestWeight: Float = 1_000_000

  /// What a photo's class is called where the table names none.
  private static let onlyClass = "photos"

  /// What tables call the column of the files.
  static let fileNames: [String] = [
    "file", "filename", "file_name", "filepath", "file_path", "filepaths", "path", "image", "image_path",
    "image_name", "image_id", "img", "img_path",
  ]
  /// What tables call the column of the classes.
  static let classNames: [String] = [
    "class", "class_name", "label", "labels", "category", "target",
  ]
  /// What else tables call the column of the parts; only where all its cells are names of parts.
  static let otherSplitNames: [String] = ["subset", "data_set", "partition"]

  /// - Parameters:
  ///   - rows: The rows that follow.
  ///   - needsClass: Whether there must be a column for the classes.
  init(
    _ header: CSVRows.Row, of url: URL, rows: some Sequence<CSVRows.Row>, needsClass: Bool
  ) throws(WhiskerError) {
    // `Data set` and `data-set` are `data_set`.
    let names = header.cells.map { cell in
      cell.trimmingCharacters(in: .whitespaces).lowercased()
        .replacing(" ", with: "_").replacing("-", with: "_")
    }
    func column(_ purpose: String, _ wanted: [String]) throws(WhiskerError) -> Int? {
      let places = names.indices.filter { wanted.contains(names[$0]) }
      guard places.count <= 1 else {
        throw WhiskerError(
          .badTable, url.path,
          "line \(header.line): expected one column \(purpose), got \(places.count): "
            + "\(places.map { header.cells[$0] }.listed()); rename all but one")
      }
      return places.first
    }
    let columns = (
      file: try column("of files", Self.fileNames), className: try column("of classes", Self.classNames)
    )
    guard let file = columns.file, columns.className != nil || !needsClass else {
      throw WhiskerError(
        .badTable, url.path,
        "line \(header.line): expected the names of columns, \"file\"\(needsClass ? " and \"class\"" : "") among them "
          + "(or other common names of these) with commas or tabs between, got \(header.cells.listed())")
    }
    self.file = file
    className = columns.className
    weight = try column("of weights", ["weight"])
    self.count = names.count
    let (count, cells) = (names.count, rows.map(\.cells))
    let others = names.indices.filter { place in
      Self.otherSplitNames.contains(names[place])
        && cells.allSatisfy { $0.count != count || SplitName(commonName: $0[place]) != nil }
    }
    split = try column("of parts", ["split"]) ?? (others.count == 1 ? others[0] : nil)
  }

  func entry(of row: CSVRows.Row) throws(InvalidRow) -> Entry {
    guard row.cells.count == count else {
      throw InvalidRow(split: nil, reason: "expected \(count) cells, got \(row.cells.count)")
    }
    let named = split.map { row.cells[$0] }
    guard let split = named.map(SplitName.init(commonName:)) ?? .train else {
      throw InvalidRow(
        split: nil, reason: "expected the split train, validation or test, got \((named ?? "").quoted)")
    }
    for case (let name, let place?) in [("file", file), ("class", className)] where row.cells[place].isEmpty {
      throw InvalidRow(split: split, reason: "expected a \(name), got an empty cell")
    }
    var number: Float?
    // An empty cell means a weight of 1.
    if let weight, !row.cells[weight].isEmpty {
      number = Float(row.cells[weight])
      guard let number, number >= 0, number <= Self.largestWeight else {
        throw InvalidRow(
          split: split,
          reason: "expected a weight from 0 to \(Int(Self.largestWeight)), got \(row.cells[weight].quoted)")
      }
    }
    return Entry(
      file: row.cells[file], className: className.map { row.cells[$0] } ?? Self.onlyClass, weight: number,
      split: split, splitName: named, line: row.line)
  }
}
