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
  /// Which columns are read as something that their names don't say, in words: `the column "breed" as the classes`.
  let readings: [String]
  private let count: Int

  /// Beyond this a loss means nothing any more.
  private static let largestWeight: Float = 1_000_000

  /// What a photo's class is called where the table names none.
  private static let onlyClass = "photos"

  /// What tables call the column of the files.
  static let fileNames: [String] = [
    "file", "filename", "file_name", "filepath", "file_path", "filepaths", "path", "image", "image_path",
    "image_name", "image_id", "img", "img_path", "photo", "filenames", "images",
  ]
  /// What tables call it that have none of these: often a name without its ending.
  static let otherFileNames: [String] = ["id", "name", "uid"]
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
    let (count, cells) = (names.count, rows.map(\.cells))
    let parts = names.indices.filter { place in
      Self.otherSplitNames.contains(names[place])
        && cells.allSatisfy { $0.count != count || SplitName(commonName: $0[place]) != nil }
    }
    let split = try column("of parts", ["split"]) ?? (parts.count == 1 ? parts[0] : nil)
    let weight = try column("of weights", ["weight"])
    let group = try column("of groups", ["group"])
    let usual = try column("of files", Self.fileNames)
    let other = try usual == nil ? column("of files", Self.otherFileNames) : nil
    let found = usual ?? other
    // pandas writes the numbers of rows in a column without a name.
    let left = names.indices.filter { place in
      ![found, weight, split, group].contains(place) && !["", "unnamed:_0"].contains(names[place])
    }
    // Where no class is needed, the column that is left may be one of notes; classes come again and again.
    let only = left.count == 1 ? left.first : nil
    let guess = only.flatMap { only in
      let values = cells.compactMap { $0.count == count ? $0[only] : nil }
      return needsClass || Set(values).count * 2 <= values.count ? only : nil
    }
    let className = try column("of classes", Self.classNames) ?? guess
    guard let file = found, className != nil || !needsClass else {
      throw Self.unknownColumns(header, of: url, needsClass: needsClass)
    }
    var readings: [String] = []
    func read(_ place: Int?, as meaning: String, unless known: [String]) {
      guard let place, !known.contains(names[place]) else { return }
      readings.append("the column \(header.cells[place].quoted) as \(meaning)")
    }
    read(file, as: "the files", unless: Self.fileNames)
    read(className, as: "the classes", unless: Self.classNames)
    read(split, as: "split", unless: ["split"])
    (self.file, self.className, self.weight, self.split) = (file, className, weight, split)
    self.group = group
    self.readings = readings
    self.count = count
  }

  private static func unknownColumns(_ header: CSVRows.Row, of url: URL, needsClass: Bool) -> WhiskerError {
    let needed = "\"file\"\(needsClass ? " and \"class\"" : "")"
    let advice =
      header.cells.contains { PhotoFolder.isPhoto($0) } ? "; add a first line such as file,class" : ""
    return WhiskerError(
      .badTable, url.path,
      "line \(header.line): expected the names of columns, \(needed) (or other common names of these) among them, "
        + "got \(header.cells.listed())\(advice)")
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
      split: split, splitName: named, line: row.line,
      group: group.map { row.cells[$0] }.flatMap { $0.isEmpty ? nil : $0 })
  }
}
