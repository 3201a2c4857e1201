import Foundation
import WhiskerImages
package import WhiskerSystem

extension FolderListing {
  /// Reads the folder that somebody gave as data; a file in its place is named as what it is, with what to do.
  package init(ofData path: String, takesTables: Bool = true) throws(WhiskerError) {
    do {
      try self.init(of: path)
    } catch  where error.code == .notAFolder {
      throw DataFile(path).error(
        expected: takesTables ? "a folder of photos or a CSV file" : "a folder of photos")
    }
  }
}

/// A file that was given where photos were expected, known by its first bytes.
struct DataFile {
  private let path: String
  private let bytes: [UInt8]

  /// Reads the beginning of a file.
  init(_ path: String) {
    self.init(path, beginning: (try? FileBeginning.read(path, upTo: 512).get()) ?? [])
  }

  /// A file whose beginning was read before.
  init(_ path: String, beginning bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }

  /// What the file is, and what to do with it.
  func error(expected: String) -> WhiskerError {
    if PhotoTable.isTable(path) {
      return WhiskerError(.notAFolder, path, expected: expected, got: "a CSV file")
    }
    guard !bytes.isEmpty else {
      return WhiskerError(.notAFolder, path, expected: expected, got: "an empty file or a device")
    }
    let found =
      foreign
      ?? (isText
        ? (text: "a text file", advice: "give the folder of the photos, or \(Self.saveAsCSV)")
        : (text: "a file of another kind", advice: Self.saveAsCSV))
    return WhiskerError(.notAFolder, path, expected: expected, got: found.text, note: found.advice)
  }

  /// The error about a table whose name says that it is CSV, and whose bytes say that it isn't; nil for text.
  var notCSV: WhiskerError? {
    foreign.map { WhiskerError(.badTable, path, expected: "a CSV file", got: $0.text, note: $0.advice) }
  }

  private static let saveAsCSV = "save the table as CSV, as a file whose name ends in .csv"
  private static let unpack = "unpack it, and give the folder"

  private static let signatures: [(start: [UInt8], text: String, advice: String)] = [
    ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old Excel or Office file", saveAsCSV),
    (Array("PAR1".utf8), "a Parquet file", saveAsCSV), (Array("ARROW1".utf8), "an Arrow file", saveAsCSV),
    (Array("SQLite format 3".utf8), "an SQLite database", saveAsCSV),
    ([0x89, 0x48, 0x44, 0x46], "an HDF5 file", saveAsCSV),
    (Array("%PDF".utf8), "a PDF", saveAsCSV), ([0x80, 0x02], "a pickle file", saveAsCSV),
    ([0x80, 0x03], "a pickle file", saveAsCSV), ([0x80, 0x04], "a pickle file", saveAsCSV),
    ([0x80, 0x05], "a pickle file", saveAsCSV),
    ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "a NumPy file", saveAsCSV),
    ([0x1F, 0x8B], "a gzip archive", unpack), (Array("BZh".utf8), "a bzip2 archive", unpack),
    ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "an xz archive", unpack),
    ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard archive", unpack),
    ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7-Zip archive", unpack),
    (Array("Rar!".utf8), "a RAR archive", unpack),
  ]

  /// What isn't a table in text; nil where nothing speaks against it.
  private var foreign: (text: String, advice: String)? {
    if bytes.starts(with: [0x50, 0x4B, 3, 4]) || bytes.starts(with: [0x50, 0x4B, 5, 6]) { return zip }
    if let known = Self.signatures.first(where: { bytes.starts(with: $0.start) }) {
      return (known.text, known.advice)
    }
    if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) {
      return ("a tar archive", Self.unpack)
    }
    if bytes.withUnsafeBytes({ PhotoFormat(startOf: $0) }) != nil, !isText {
      return ("a photo", "give the folder that it lies in")
    }
    let text = String(decoding: bytes, as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }
      .lowercased()
    if text.hasPrefix("{") || text.hasPrefix("[") { return ("a JSON file", Self.saveAsCSV) }
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") { return ("an HTML page", Self.saveAsCSV) }
    if text.hasPrefix("<?xml") { return ("an XML file", Self.saveAsCSV) }
    if text.hasPrefix("version https://git-lfs") {
      return ("a Git LFS pointer", "fetch the file itself with git lfs pull")
    }
    return nil
  }

  /// A ZIP archive holds the parts of newer Office files, the first of which gives it away.
  private var zip: (text: String, advice: String) {
    func holds(_ name: String) -> Bool { bytes.firstRange(of: Array(name.utf8)) != nil }
    if holds("opendocument") { return ("an OpenDocument file", Self.saveAsCSV) }
    if holds("[Content_Types].xml") || holds("xl/") || holds("_rels/") || path.lowercased().hasSuffix(".xlsx")
    {
      return ("an Excel or Office file", Self.saveAsCSV)
    }
    return ("a ZIP archive", Self.unpack)
  }

  /// Whether there are only characters of text.
  private var isText: Bool {
    // The last character may be cut off.
    let isValid = (0..<4).contains { String(validating: bytes.dropLast($0), as: UTF8.self) != nil }
    return isValid && !bytes.contains { $0 < 0x20 && ![0x09, 0x0A, 0x0C, 0x0D].contains($0) }
  }
}
