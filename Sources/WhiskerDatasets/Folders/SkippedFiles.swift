package import WhiskerSystem

/// Files that aren't used, counted by the reason and by the endings of their names.
public struct SkippedFiles: Hashable, Sendable {
  /// Why a file isn't used; the raw values are the keys that `--json` has for them.
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// It lies in a class folder, and its first bytes are no photo's.
    case notAPhoto
    /// It is a photo by its name or by its first bytes, but can't be read; each is named with what is wrong.
    case unreadable
    /// A photo next to the class folders, or a folder next to those of the split.
    case outsideClasses
    /// A row of a table that makes no sense; each is named with its line.
    case invalidRow
    /// It is hidden, or a system's own (`Thumbs.db`, `@eaDir`).
    case litter
  }

  /// What stands for the ending of a name that has none.
  public static let noEnding = "none"
  /// What stands for the ending of a folder.
  public static let folder = "folder"

  /// How many there are of each reason and ending; endings are in lower case, with their dot.
  public private(set) var counts: [Reason: [String: Int]] = [:]

  /// No files.
  public init() {}

  /// How many there are, litter left out.
  public var count: Int { counts.reduce(0) { $1.key == .litter ? $0 : $0 + $1.value.values.reduce(0, +) } }

  /// Whether there are files that are only counted, and named nowhere; litter doesn't matter.
  public var hasUnnamed: Bool { counts[.notAPhoto] != nil }

  /// Counts one more entry of a folder.
  package mutating func add(_ reason: Reason, _ entry: FolderListing.Entry) {
    add(reason, ending: entry.kind == .folder ? Self.folder : Self.ending(of: entry.name))
  }

  /// Counts one more file of an ending.
  package mutating func add(_ reason: Reason, ending: String) {
    counts[reason, default: [:]][ending, default: 0] += 1
  }

  /// Counts what a folder holds that nobody misses.
  package mutating func add(litterOf listing: FolderListing) {
    for entry in listing.litter { add(.litter, entry) }
  }

  /// Counts further files.
  package mutating func add(_ others: SkippedFiles) {
    for (reason, endings) in others.counts {
      counts[reason, default: [:]].merge(endings, uniquingKeysWith: +)
    }
  }

  /// The same with photos that can't be read, and rows that make no sense.
  package func adding(_ unreadable: [UnreadablePhoto]) -> SkippedFiles {
    var skipped = self
    for photo in unreadable {
      skipped.add(photo.isRow ? .invalidRow : .unreadable, ending: Self.ending(of: photo.fileName))
    }
    return skipped
  }

  /// How a name ends: `.jpg` for `cat.1.JPG`.
  static func ending(of name: String) -> String {
    let name =
      name.utf8.lastIndex(of: UInt8(ascii: "/")).map { name[name.utf8.index(after: $0)...] } ?? name[...]
    // A dot at the beginning hides a file.
    guard let dot = name.utf8.dropFirst().lastIndex(of: UInt8(ascii: ".")) else { return noEnding }
    let ending = name[dot...].lowercased()
    // What follows a dot within a sentence is no ending.
    let isOne = (2...longestEnding).contains(ending.utf8.count) && !ending.contains { $0.isWhitespace }
    return isOne ? ending : noEnding
  }

  private static let longestEnding = 12
}

extension SkippedFiles: CustomStringConvertible {
  /// How many and of which endings, litter left out; the reasons too where they differ, or where it isn't the usual one.
  ///
  /// `12 skipped: 10 .mp4, 2 .txt`; `5 skipped: 3 that are no photos (3 .txt), 2 that can't be read (2 .jpg)`.
  public var description: String {
    let found = Reason.allCases.filter { $0 != .litter && counts[$0] != nil }
    guard !found.isEmpty else { return "none skipped" }
    let parts = found.map { reason in
      let endings = counts[reason, default: [:]]
      let list = Self.list(endings)
      if found == [.notAPhoto] { return list }
      let number = endings.values.reduce(0, +)
      return "\(number) \(number == 1 ? reason.ofOne : reason.ofMany) (\(list))"
    }
    return "\(count) skipped: \(parts.joined(separator: ", "))"
  }

  /// `10 .mp4, 2 .txt`, the most first.
  private static func list(_ endings: [String: Int]) -> String {
    endings.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ending, count in
      switch ending {
      case noEnding: "\(count) without an ending"
      case folder: count.counted("folder")
      default: "\(count) \(ending.onOneLine)"
      }
    }
    .joined(separator: ", ")
  }
}

extension SkippedFiles.Reason {
  fileprivate var ofOne: String {
    switch self {
    case .notAPhoto: "that is no photo"
    case .invalidRow: "row that makes no sense"
    case .unreadable, .outsideClasses, .litter: ofMany
    }
  }

  fileprivate var ofMany: String {
    switch self {
    case .notAPhoto: "that are no photos"
    case .unreadable: "that can't be read"
    case .outsideClasses: "next to the folders that are used"
    case .invalidRow: "rows that make no sense"
    case .litter: "hidden or a system's own"
    }
  }
}

extension SkippedFiles: Encodable {
  /// Writes `{"notAPhoto": {".mp4": 10, ".txt": 2}}`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Dictionary(counts.map { ($0.key.rawValue, $0.value) }) { first, _ in first })
  }
}
