public import Foundation
public import WhiskerSystem

/// Photos that a CSV file lists with their classes.
///
///     file,class,weight,split
///     photos/cat.0.jpg,cats,1,train
///     "photos/dog, asleep.jpg",dogs,2.5,validation
///
/// The first row names the columns, in any order: `file` and `class`, or one each of their other common names
/// (``fileColumns``, ``classColumns``), and optionally `weight` (how much the photo counts in the loss, at least 0, and 1
/// where the cell is empty) and `split` (`train`, `validation` or `test`, or another common name of these,
/// ``SplitName/init(commonName:)``) and `group` (photos
/// with the same text there belong together, ``PhotoGroups``); others are skipped. A column `subset`, `data set` or `partition` is taken for `split`
/// where all its cells name parts. Without any of them every photo is for training. Where no column has a name for
/// classes, it is the only one that is left; and `id`, `name` or `uid` may name the files where no other does. Files are
/// relative to the table's folder; where more than half of them aren't there, a name stands for the photo below the folder
/// whose path ends with it, with or without its ending. A backslash in a path is a slash, unless there is a file with a
/// backslash in its name. Classes are numbered in
/// the order of their names by code point, as folders are. The format is RFC 4180's: UTF-8, commas, double quotes; spaces
/// around a cell that isn't quoted don't count. Cells may be separated by tabs or semicolons instead of commas, as the first
/// row shows; UTF-16 with a byte order mark is read too.
///
/// A row that makes no sense is skipped with its reason, like an unreadable photo; a missing file is noticed
/// when photos are decoded.
public struct PhotoTable: Hashable, Sendable {
  /// The file.
  public let url: URL
  /// The names of the classes; a class's label is its place in this list.
  public let classNames: [String]
  /// Whether the table divides its photos into splits.
  public let hasSplits: Bool
  /// What is read as something that the table doesn't say, in words: a column of another name, photos in another folder.
  package let readings: [String]
  /// What the table calls its splits, those that rows are of; empty without a column for them.
  package let named: [NamedPart]
  /// The photos that belong together by the column `group`, whatever their split; nil without such a column.
  public let groups: PhotoGroups?
  private let photos: [SplitName: [LabeledPhoto]]
  /// The rows that make no sense, in order.
  private let invalidRows: [InvalidRow]

  /// A row that makes no sense, with its split; nil if that is unknown.
  private struct InvalidRow: Hashable {
    let split: SplitName?
    let row: UnreadablePhoto
  }

  /// Reads a table.
  ///
  /// - Parameters:
  ///   - url: The file.
  ///   - classNames: The classes to expect, in the order of their labels, when a model or the training data has fixed
  ///     them; nil takes what is found. Names match whatever their Unicode form.
  ///   - minimumClasses: How many classes there must be when `classNames` is nil; below 2 the column `class` may be
  ///     missing, and all photos are then of the one class `photos`.
  /// - Throws: ``WhiskerSystem/WhiskerError``: `missingFile`, `cannotRead`, `badTable` (with the line), `oneClassOnly`,
  ///   `classMismatch`; `ambiguousParts` if a split goes by two names.
  public init(
    contentsOf url: URL, expecting classNames: [String]? = nil, minimumClasses: Int = 2
  ) throws(WhiskerError) {
    try self.init(
      contentsOf: url, expecting: classNames, minimumClasses: minimumClasses, needsClass: minimumClasses > 1)
  }

  /// The same.
  ///
  /// - Parameter needsClass: Whether there must be a column for the classes.
  init(
    contentsOf url: URL, expecting classNames: [String]?, minimumClasses: Int, needsClass: Bool
  ) throws(WhiskerError) {
    let rows = try Self.rows(of: url)
    guard let header = rows.first else {
      throw WhiskerError(
        .badTable, url.path, expected: "a first row with the names of columns", got: "nothing")
    }
    let columns = try TableColumns(header, of: url, rows: rows.dropFirst(), needsClass: needsClass)
    var entries: [TableColumns.Entry] = []
    var invalid: [InvalidRow] = []
    for row in rows.dropFirst() {
      do throws(TableColumns.InvalidRow) {
        entries.append(try columns.entry(of: row))
      } catch {
        let row = UnreadablePhoto(row: row.line, of: url.lastPathComponent, reason: error.reason)
        invalid.append(InvalidRow(split: error.split, row: row))
      }
    }
    if entries.isEmpty, let first = invalid.first?.row {
      let rest = invalid.count > 1 ? " (and \((invalid.count - 1).counted("row")) more)" : ""
      throw WhiskerError(
        .badTable, url.path, "no row of it can be used; \(first.path): \(first.reason)\(rest)")
    }
    if let weights = Self.weights(of: entries), !weights.contains(where: { $0 > 0 }) {
      throw WhiskerError(
        .badTable, url.path,
        expected: "a weight above 0 in some row for training", got: "\(weights.count) times 0")
    }
    let names = try Self.classNames(of: entries, in: url, expected: classNames, minimum: minimumClasses)
    let labels = Dictionary(zip(names, names.indices)) { first, _ in first }
    let places = TablePlaces(
      of: entries.map(\.file), below: url.deletingLastPathComponent().path,
      table: url.deletingPathExtension().lastPathComponent)
    var photos: [SplitName: [LabeledPhoto]] = [:]
    var groups: [String: [String]] = [:]
    for (entry, path) in zip(entries, places.paths) {
      guard let label = labels[entry.className] else { continue }
      photos[entry.split, default: []].append(
        LabeledPhoto(path: path, classIndex: label, weight: entry.weight, line: entry.line))
      if let group = entry.group { groups[group, default: []].append(path) }
    }
    self.url = url
    self.classNames = names
    hasSplits = columns.split != nil
    self.groups = columns.group.map { _ in PhotoGroups(groups.values) }
    readings = columns.readings + (places.reading.map { [$0] } ?? [])
    named = try Self.named(entries, in: url)
    self.photos = photos
    invalidRows = invalid
  }

  /// The names that the column of the files may have, whatever their case, with `_`, a space or a hyphen between words.
  public static let fileColumns = TableColumns.fileNames
  /// The names that the column of the classes may have.
  public static let classColumns = TableColumns.classNames

  /// Whether a file's name ends like a table's, in `.csv` or `.tsv` of either case.
  public static func isTable(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.hasSuffix(".csv") || name.hasSuffix(".tsv")
  }

  /// The photos of one split; nil if no row is of it.
  ///
  /// A split whose rows all make no sense has no photos; its rows are among the unreadable ones like any other such
  /// row. Rows whose split is unknown count as training rows.
  public func photos(of split: SplitName) -> PhotoFolder? {
    photos(of: split, namingStrays: split == .train)
  }

  /// The photos of one split, at least one; nil if no row is of it.
  ///
  /// - Parameter namingStrays: Whether rows whose split is unknown are among the unreadable ones.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `badTable` if all rows of the split make no sense, naming the first.
  func usablePhotos(of split: SplitName, namingStrays: Bool) throws(WhiskerError) -> PhotoFolder? {
    guard let found = photos(of: split, namingStrays: namingStrays) else { return nil }
    guard found.photos.isEmpty else { return found }
    throw WhiskerError(
      .badTable, url.path,
      "no row of the split \(split.rawValue.quoted) can be used: \(found.unreadable.described)")
  }

  private func photos(of split: SplitName, namingStrays: Bool) -> PhotoFolder? {
    let invalid = invalidRows.filter { $0.split == split || ($0.split == nil && namingStrays) }
    let valid = photos[split] ?? []
    guard !valid.isEmpty || !invalid.isEmpty else { return nil }
    return PhotoFolder(
      root: url.deletingLastPathComponent(), classNames: classNames, photos: valid,
      unreadable: invalid.map(\.row))
  }

  /// The weights of the training photos, if there are any.
  private static func weights(of entries: [TableColumns.Entry]) -> [Float]? {
    let trained = entries.filter { $0.split == .train }
    return trained.contains { $0.weight != nil } ? trained.map { $0.weight ?? 1 } : nil
  }

  /// What the splits are called.
  ///
  /// Two names may well be two sets of photos, such as `dev` and `eval`; how a name is capitalised doesn't matter.
  private static func named(
    _ entries: [TableColumns.Entry], in url: URL
  ) throws(WhiskerError) -> [NamedPart] {
    var parts: [NamedPart] = []
    for split in SplitName.allCases {
      var names: [String: String] = [:]
      for entry in entries where entry.split == split {
        guard let name = entry.splitName else { continue }
        names[name.lowercased()] = names[name.lowercased()] ?? name
      }
      guard names.count < 2 else {
        throw WhiskerError(
          .ambiguousParts, url.path, expected: "one name for the split \(split.rawValue)",
          got: "\(names.count): \(names.values.sorted { $0.precedesByCodePoint($1) }.listed())")
      }
      parts += names.values.map { NamedPart(split: split, name: $0) }
    }
    return parts
  }

  private static func rows(of url: URL) throws(WhiskerError) -> [CSVRows.Row] {
    guard let kind = FileKind(of: url.path) else {
      throw WhiskerError(.missingFile, url.path, expected: "a CSV file", got: "nothing of this name")
    }
    guard kind == .file else {
      throw WhiskerError(.cannotRead, url.path, expected: "a CSV file", got: "a folder")
    }
    let bytes: Data
    do {
      bytes = try Data(contentsOf: url)
    } catch {
      throw WhiskerError(.cannotRead, url.path, "can't be read: \(systemReason(of: error))")
    }
    if let error = DataFile(url.path, beginning: Array(bytes.prefix(512))).notCSV { throw error }
    do {
      return try CSVRows(bytes, preferring: url.path.lowercased().hasSuffix(".tsv") ? .tab : .comma).rows
    } catch {
      throw error.inside(url.path).with(.badTable)
    }
  }

  /// The classes in the order of their labels.
  private static func classNames(
    of entries: [TableColumns.Entry], in url: URL, expected: [String]?, minimum: Int
  ) throws(WhiskerError) -> [String] {
    let found = Set(entries.map(\.className))
    let names = found.sorted { $0.precedesByCodePoint($1) }
    guard let expected else {
      guard names.count >= minimum else {
        throw WhiskerError(
          .oneClassOnly, url.path,
          expected: "rows of at least 2 classes", got: "\(names.isEmpty ? "none" : names.listed())")
      }
      return names
    }
    guard Set(expected).count == expected.count else {
      throw WhiskerError(
        .ambiguousClasses, url.path, expected: "classes of different names", got: "\(expected.listed())")
    }
    guard found.isSubset(of: expected) else {
      throw WhiskerError(
        .classMismatch, url.path, expected: "the classes \(expected.listed())", got: "\(names.listed())")
    }
    return expected
  }
}
