public import Foundation
public import WhiskerSystem

/// What `.whisker-split.json` in a split's folder says: how the split was made, and every file of it.
///
/// ```json
/// {
///   "format": "whisker-split", "version": 1,
///   "source": "/photos/train", "layout": "flat",
///   "settings": { "train": {"count": 1000}, … },
///   "table": { … },
///   "files": { "train/cats/cat.0.jpg": "cat.0.jpg", … }
/// }
/// ```
public struct SplitManifest: Hashable, Sendable, Codable, FolderManifest {
  package static let command = "split"
  /// The name of the file.
  public static let fileName = ".whisker-split.json"
  static let format = "whisker-split"
  static let newestVersion = 1

  /// Always `whisker-split`.
  public let format: String
  /// The version of the file's layout.
  public let version: Int
  /// The absolute path of the folder that was split.
  public let source: String
  /// How its classes were found.
  public let layout: SplitSource.Layout
  /// Amounts, order with its seed, renames and placement.
  public let settings: SplitSettings
  /// How many photos of each class went where.
  public let table: SplitTable
  /// The path of each file below the split's folder, with that of its original below the source.
  public let files: [String: String]

  init(of plan: SplitPlan) {
    format = Self.format
    version = Self.newestVersion
    source = plan.source.root.absoluteURL.path
    layout = plan.source.layout
    settings = plan.settings
    table = plan.table
    files = Dictionary(plan.moves.map { ($0.destination, $0.source) }) { first, _ in first }
  }

  /// Reads the manifest of a split.
  ///
  /// - Returns: nil if there is none.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `notOurs` if the file is damaged or of a newer Whisker.
  public init?(in folder: URL) throws(WhiskerError) {
    let path = folder.path.appendingPath(Self.fileName)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path, isDirectory: false))
      self = try JSONDecoder().decode(SplitManifest.self, from: data)
    } catch {
      throw WhiskerError(.notOurs, path, "the file can't be read, so it is unknown what it made")
    }
    if format != Self.format || version > Self.newestVersion {
      throw WhiskerError(
        .notOurs, path,
        expected: "\(Self.format) up to version \(Self.newestVersion)",
        got: "\(format.quoted) version \(version)"
      )
    }
  }

  /// Finds photos of the source that are one file, through links or hard links, and are now in different parts,
  /// so that the model would be measured on photos that it was trained on.
  ///
  /// - Returns: For each such file its paths below the split's folder, in natural order.
  public func leaksThroughLinks() -> [[String]] {
    var paths: [FileIdentity: [String]] = [:]
    for (path, original) in files {
      if let file = FileIdentity(of: source.appendingPath(original)) { paths[file, default: []].append(path) }
    }
    return paths.values.filter { Set($0.map { $0.prefix { $0 != "/" } }).count > 1 }
      .map { NaturalOrder.sorted($0) }.sorted { $0[0].precedesByCodePoint($1[0]) }
  }

  /// Compared by their bytes, since Swift treats names in NFC and NFD as equal and the disk doesn't.
  package var contents: FolderContents {
    var known: Set<[UInt8]> = []
    var knownFolders: Set<[UInt8]> = []
    for file in files.keys {
      known.insert(Array(file.utf8))
      var folder = file[...]
      while let slash = folder.lastIndex(of: "/") {
        folder = folder[..<slash]
        if !knownFolders.insert(Array(folder.utf8)).inserted { break }
      }
    }
    return FolderContents(
      holdsFile: { [known] in known.contains(Array($0.utf8)) },
      holdsFolder: { [knownFolders] in knownFolders.contains(Array($0.utf8)) })
  }

  /// The bytes of the file; the same manifest always gives the same bytes.
  package var encoded: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return try encoder.encode(self)
    }
  }
}
