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
    /// The group of photos that belong together; nil without one.
    let group: String?
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
  let group: Int?
  private let count: Int

  /// Beyond this a loss means nothing any more.
  private static let largestWeight: Float = 1_000_000

  /// What a photo's class is called where the table names none.
  private static let onlyClass = "photos"

  /// - Parameter needsClass: Whether there must be a column for the classes.
  init(_ header: CSVRows.Row, of url: URL, needsClass: Bool) throws(WhiskerError) {
    let names = header.cells.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    func column(_ wanted: String...) throws(WhiskerError) -> Int? {
      let places = names.indices.filter { wanted.contains(names[$0]) }
      guard places.count <= 1 else {
        throw WhiskerError(
          .badTable, url.path,
          "line \(header.line): expected one column \(wanted.map(\.quoted).joined(separator: " or ")), "
            + "got \(places.count)")
      }
      return places.first
    }
    let columns = (file: try column("file", "filename"), className: try column("class"))
    guard let file = columns.file, columns.className != nil || !needsClass else {
      throw WhiskerError(
        .badTable, url.path,
        "line \(header.line): expected the names of columns, \"file\"\(needsClass ? " and \"class\"" : "") among them "
          + "with commas between, got \(header.cells.listed())")
    }
    self.file = file
    className = columns.className
    weight = try column("weight")
    split = try column("split")
    group = try column("group")
    count = names.count
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
      split: split, splitName: named, group: group.map { row.cells[$0] }.flatMap { $0.isEmpty ? nil : $0 })
  }
}
