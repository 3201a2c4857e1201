public import Foundation
public import WhiskerSystem

/// What `.whisker-sketches.json` in a folder of sketches says: how they were drawn.
///
/// ```json
/// { "format": "whisker-sketches", "perClass": 2000, "seed": 0, "size": 200, "version": 1 }
/// ```
public struct SketchManifest: Hashable, Sendable, Codable, FolderManifest {
  package static let command = "sketches"
  /// The name of the file.
  public static let fileName = ".whisker-sketches.json"
  static let format = "whisker-sketches"
  static let newestVersion = 1

  /// Always `whisker-sketches`.
  public let format: String
  /// The version of the file's layout.
  public let version: Int
  /// What the sketches were drawn from.
  public let seed: UInt64
  /// Pixels along a side.
  public let size: Int
  /// How many there are of each animal.
  public let perClass: Int

  init(generator: SketchGenerator, perClass: Int) {
    format = Self.format
    version = Self.newestVersion
    seed = generator.seed
    size = generator.size
    self.perClass = perClass
  }

  /// Reads the manifest of a folder.
  ///
  /// - Returns: nil if there is none.
  /// - Throws: ``WhiskerSystem/WhiskerError`` with code `notOurs` if the file is damaged or of a newer Whisker.
  public init?(in folder: URL) throws(WhiskerError) {
    let path = folder.path.appendingPath(Self.fileName)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path, isDirectory: false))
      self = try JSONDecoder().decode(SketchManifest.self, from: data)
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

  /// Whether a file of this name is one of the sketches: `cat.0.jpg` to `dog.<perClass − 1>.jpg`.
  func lists(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, Animal(rawValue: String(parts[0])) != nil, parts[2] == "jpg" else { return false }
    guard let index = Int(parts[1]), (0..<perClass).contains(index) else { return false }
    return parts[1] == String(index)
  }

  package var contents: FolderContents { FolderContents(holdsFile: lists, holdsFolder: { _ in false }) }

  /// The bytes of the file; the same manifest always gives the same bytes.
  package var encoded: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      return try encoder.encode(self)
    }
  }
}
